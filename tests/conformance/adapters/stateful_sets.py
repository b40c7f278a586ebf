"""Replay statefulset_rollout through the StatefulSet controller.

Stand-ins as for Deployments: pods are bound when they are created, and a kubelet
makes them ready, or gone, after the trace's times.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.stateful_set import StatefulSetController, ordinal_of
from sim.cluster.objects import Node, Pod
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.scenario.model import StatefulSet
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.rollouts import StubKubelet, pod_template
from tests.conformance.harness import Adapter, Step

NAME = "default/statefulset/web"


class OrdinalKubelet(StubKubelet):
    """Tells pods apart by their ordinals; nothing is staggered."""

    def _note(self, what: str, pod: Pod) -> None:
        version = pod.spec.containers[0].image
        now_ms = self.env.now / MILLISECOND
        self.events.append((now_ms, what, version, str(ordinal_of(pod))))


class Rollout:
    """One trace on our controller."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.env = Clock()
        log = EventLog(lambda: self.env.now)
        self.api = APIServer(self.env, log, Streams(1))
        self.controller = StatefulSetController(
            self.env,
            log,
            self.api,
            config["start_subsecond_ms"] * MILLISECOND,
            max_unavailable=config["gate_max_unavailable"],
        )
        self.api.workloads["statefulset"] = self.controller
        self.kubelet = OrdinalKubelet(self.env, self.api, config | {"stagger_ms": 0})
        node = Node(name="node", labels={}, max_pods=10**6, id=0, joined_row=-1)
        self.api.register_node(node, self.kubelet)
        self.api.pod_watchers.insert(0, self.kubelet)
        self.states: list[list[Any]] = []
        self.api.apply(_stateful_set(config), -1)

    def step(self, step: dict[str, Any]) -> None:
        """Carry one step of the trace out."""
        one = self.controller.sets[NAME]
        match step["op"]:
            case "set_image":
                spec = pod_template(step["image"]).spec
                changed = replace(one.spec.template, spec=spec)
                self.controller.set_template(NAME, changed, -1)
            case "scale":
                self.controller.scale(NAME, step["replicas"], -1)
            case "set_partition":
                changed_set = replace(one.spec, partition=step["partition"])
                self.controller.apply(changed_set, -1)
            case "delete_pod":
                pod = self.api.pods.get(f"default/web-{step['ordinal']}")
                if pod is not None:
                    self.api.delete_pod(pod, -1)
            case op:
                raise ValueError(f"no such step: {op}")

    def run(self, until_us: int) -> None:
        """Run, noting the state after everything of an instant is done."""
        while self.env.peek() <= until_us:
            now = self.env.peek()
            while self.env.peek() == now:
                self.env.step()
            state = self._state()
            if not self.states or self.states[-1][1:] != state:
                self.states.append([now / MILLISECOND, *state])

    def _state(self) -> list[Any]:
        one = self.controller.sets[NAME]
        pods = [_shown(ordinal, pod) for ordinal, pod in one.pods.items()]
        status = one.status
        counts = [status.replicas, status.ready, status.current]
        counts += [status.updated, status.available]
        return [
            sorted(pods),
            [one.spec.replicas, *counts],
            one.current == one.update,
        ]


def _shown(ordinal: int, pod: Pod) -> list[str]:
    state = "ready" if pod.ready else "pending"
    if pod.terminating:
        state = "terminating"
    return [str(ordinal), pod.spec.containers[0].image, state]


def _stateful_set(config: dict[str, Any]) -> StatefulSet:
    return StatefulSet(
        namespace="default",
        name="web",
        replicas=config["replicas"],
        template=pod_template(config["image"]),
        strategy=config["strategy"],
        partition=config["partition"],
        max_unavailable=config["max_unavailable"] or 1,
        pod_management=config["pod_management"],
        min_ready_us=config["min_ready_s"] * SECOND,
    )


def _fits(data: dict[str, Any], variant: dict[str, Any]) -> bool:
    """Whether our run of a trace is this one of its recorded outcomes."""
    rollout = Rollout(data["config"])
    for step in data["steps"]:
        rollout.kubelet.after(step["at_ms"], partial(rollout.step, step))
    last_ms = max(x[0] for x in [*variant["states"], *variant["pods"]])
    rollout.run(round(last_ms * MILLISECOND))
    states = [[float(t), sorted(p), c, e] for t, p, c, e in variant["states"]]
    pods = [(float(t), *rest) for t, *rest in variant["pods"]]
    return rollout.states == states and sorted(rollout.kubelet.events) == sorted(pods)


def statefulset_rollout(data: dict[str, Any]) -> Iterator[Step]:
    """Fit one of the recorded outcomes: status writes may conflict upstream."""
    fits = any(_fits(data, variant) for variant in data["variants"])
    yield Step("one of the recorded outcomes", fits, True)


ADAPTERS: dict[str, Adapter] = {"statefulset_rollout": statefulset_rollout}
