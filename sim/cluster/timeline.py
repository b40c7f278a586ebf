"""Carry out what people and machines do to the cluster at given times.

Every act is a row without a cause: outside acts are where explanations end. A
command that fails is recorded with its error text (``reason``) and changes nothing;
the timeline goes on, as a person's shell would.
"""

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.kubectl import Kubectl
from sim.cluster.nodes.node_pool import NodePool
from sim.cluster.nodes.node_shell import NodeShell
from sim.cluster.registry.registries import Registries
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario import model

Command = (
    model.Scale | model.RolloutRestart | model.SetImage | model.DeletePod | model.Drain
)
# Kinds without a scale subresource, and what the API server says of it.
UNSCALABLE = ("daemonset",)
NO_SCALE = (
    "Error from server (NotFound): the server could not find the requested resource"
)


def acts_us(actions: Sequence[model.Action]) -> list[int]:
    """Return when something is done to a cluster from outside, or ceases to be."""
    times = [action.at_us for action in actions]
    for action in actions:
        match action:
            case model.RegistryDown(up_at_us=int(end_us)):
                times.append(end_us)
            case model.RegistrySlow(until_us=int(end_us)):
                times.append(end_us)
    return times


class Timeline:
    """The dated actions of a scenario, in order of time, then of the file."""

    __slots__ = (
        "_api",
        "_env",
        "_kubectl",
        "_log",
        "_nodes",
        "_registries",
        "_shell",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        *,
        api: APIServer,
        nodes: NodePool,
        registries: Registries,
        kubectl: Kubectl,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._nodes = nodes
        self._registries = registries
        self._kubectl = kubectl
        self._shell = NodeShell(env, log, nodes, registries)

    def play(
        self, actions: tuple[model.Action, ...]
    ) -> Generator[simpy.Event, Any, None]:
        """Wait for each action's time and carry it out."""
        for action in sorted(actions, key=lambda action: action.at_us):
            if action.at_us > self._env.now:
                yield self._env.timeout(action.at_us - self._env.now)
            self._apply(action)

    def _apply(self, action: model.Action) -> None:  # noqa: C901, PLR0912 - one case a verb
        match action:
            case model.Push():
                self._registries.push(action.image, action.tag, action.build)
            case model.DeleteTag():
                self._registries.delete_tag(action.image, action.tag)
            case model.DeleteManifest():
                self._registries.delete_manifest(action.image, action.digest)
            case model.RegistryDown():
                self._stop_registry(action)
            case model.RegistryUp():
                self._registries.start(action.host)
            case model.RegistrySlow():
                self._slow_registry(action)
            case model.NodeDies():
                self._nodes.die(action.node)
            case model.Crash():
                self._crash(action)
            case model.ApplySecret():
                secret = action.secret
                row = self._act(
                    Kind.SECRET_APPLIED, _secret(secret.namespace, secret.name)
                )
                self._api.secrets.apply(secret, row)
            case model.DeleteSecret(command=""):
                name = _secret(action.namespace, action.name)
                row = self._act(Kind.SECRET_DELETED, name)
                self._api.secrets.delete(action.namespace, action.name, row)
            case model.ChangeNode():
                for node in action.nodes:
                    self._nodes.change(node, action)
            case (
                model.DockerLogin()
                | model.CopyFile()
                | model.CrictlPull()
                | model.CrictlRemove()
            ):
                self._shell.run(action)
            case _:
                self._kubectl.run(action)

    def _act(self, kind: Kind, about: str) -> int:
        return self._log.append(kind, object=self._log.names.id(about))

    def _crash(self, action: model.Crash) -> None:
        owner = f"{action.namespace}/{action.kind}/{action.name}"
        pods = [
            pod
            for pod in self._api.pods.values()
            if (
                pod.namespace == action.namespace and pod.name.startswith(action.pod)
                if action.pod
                else pod.owner == owner
            )
            and action.node in ("", pod.node)
        ]
        for pod in sorted(pods, key=lambda pod: pod.name)[: action.count]:
            self._nodes.crash(pod, action.container, action.exit_code)

    def _stop_registry(self, action: model.RegistryDown) -> None:
        host = action.host
        row = self._registries.stop(host, silent=action.silent)
        if action.up_at_us is not None:
            after_us = action.up_at_us - self._env.now
            self._env.call_after(
                after_us, lambda: self._registries.end_outage(host, row)
            )

    def _slow_registry(self, action: model.RegistrySlow) -> None:
        host = action.host
        before = self._registries.slow(host, action.latency_us, action.bandwidth)
        if action.until_us is not None:
            after_us = action.until_us - self._env.now
            self._env.call_after(
                after_us, lambda: self._registries.restore(host, *before)
            )


def _secret(namespace: str, name: str) -> str:
    return f"{namespace}/secret/{name}"
