"""Carry out what people and machines do to the cluster at given times.

Every act is a row without a cause: outside acts are where explanations end. A
kubectl command that a real API server would refuse is recorded with its error text
(``reason``) and changes nothing; the timeline goes on, as a person's shell would.
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.node_pool import NodePool
from sim.cluster.objects import Pod
from sim.cluster.registry import Registries
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


class Timeline:
    """The dated actions of a scenario, in order of time, then of the file."""

    __slots__ = ("_api", "_env", "_log", "_nodes", "_registries")

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        *,
        api: APIServer,
        nodes: NodePool,
        registries: Registries,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._nodes = nodes
        self._registries = registries

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
            case model.Scale():
                self._scale(action)
            case model.RolloutRestart():
                row = self._kubectl(action, _workload(action))
                self._api.rollout_restart(
                    action.namespace, action.kind, action.name, row
                )
            case model.SetImage():
                self._set_image(action)
            case model.DeletePod():
                self._delete_pod(action)
            case model.Drain():
                self._drain(action)
            case model.NodeDies():
                self._nodes.die(action.node)
            case model.Crash():
                self._crash(action)
            case model.RegistryDown():
                self._stop_registry(action)
            case model.RegistryUp():
                self._registries.start(action.host)
            case model.ApplySecret() | model.DeleteSecret():
                self._change_secret(action)
            case model.ChangeNode():
                for node in action.nodes:
                    self._nodes.change(node, action)

    def _act(self, kind: Kind, about: str, **columns: int) -> int:
        return self._log.append(kind, object=self._log.names.id(about), **columns)

    def _change_secret(self, action: model.ApplySecret | model.DeleteSecret) -> None:
        if isinstance(action, model.ApplySecret):
            secret = action.secret
            name = _secret(secret.namespace, secret.name)
            self._api.apply_secret(secret, self._act(Kind.SECRET_APPLIED, name))
        else:
            name = _secret(action.namespace, action.name)
            row = self._act(Kind.SECRET_DELETED, name)
            self._api.delete_secret(action.namespace, action.name, row)

    def _kubectl(
        self,
        action: Command,
        about: str,
        error: str = "",
    ) -> int:
        names = self._log.names
        return self._act(
            Kind.KUBECTL,
            about,
            text=names.id(action.command),
            reason=names.id(error),
        )

    def _scale(self, action: model.Scale) -> None:
        if action.kind in UNSCALABLE:
            self._kubectl(action, _workload(action), NO_SCALE)
            return
        row = self._kubectl(action, _workload(action))
        self._api.scale(
            action.namespace, action.kind, action.name, action.replicas, row
        )

    def _set_image(self, action: model.SetImage) -> None:
        where = (action.namespace, action.kind, action.name)
        unknown = self._api.unknown_containers(*where, action.images)
        if unknown:
            error = f'error: unable to find container named "{unknown[0]}"'
            self._kubectl(action, _workload(action), error)
            return
        row = self._kubectl(action, _workload(action))
        self._api.set_image(*where, action.images, row)

    def _delete_pod(self, action: model.DeletePod) -> None:
        found = self._find(action.namespace, action.name)
        if len(found) == 1:
            row = self._kubectl(action, f"{found[0].namespace}/pod/{found[0].name}")
            self._api.delete_pod(found[0], row)
            return
        error = f'Error from server (NotFound): pods "{action.name}" not found'
        if found:
            error = f"{action.name!r} is the beginning of {len(found)} pods' names"
        self._kubectl(action, f"{action.namespace}/pod/{action.name}", error)

    def _find(self, namespace: str, prefix: str) -> list[Pod]:
        """The pod of that name, or else all whose names begin with it."""
        exact = self._api.pods.get(f"{namespace}/{prefix}")
        if exact is not None:
            return [exact]
        return [
            pod
            for pod in self._api.pods.values()
            if pod.namespace == namespace and pod.name.startswith(prefix)
        ]

    def _drain(self, action: model.Drain) -> None:
        if action.node in self._api.nodes:
            self._api.drain(action.node, self._kubectl(action, f"node/{action.node}"))
            return
        error = f'Error from server (NotFound): nodes "{action.node}" not found'
        self._kubectl(action, f"node/{action.node}", error)

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
        self._registries.stop(action.host)
        if action.up_at_us is not None:
            up_us = action.up_at_us

            def later() -> Generator[simpy.Event, Any, None]:
                yield self._env.timeout(up_us - self._env.now)
                self._registries.start(action.host)

            self._env.process(later())


def _workload(action: model.Scale | model.RolloutRestart | model.SetImage) -> str:
    return f"{action.namespace}/{action.kind}/{action.name}"


def _secret(namespace: str, name: str) -> str:
    return f"{namespace}/secret/{name}"
