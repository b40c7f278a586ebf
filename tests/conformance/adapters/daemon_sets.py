"""Replay daemonset_rollout through the DaemonSet controller.

Stand-ins as for Deployments: pods are bound when they are created, and a kubelet
makes them ready, or gone, after the trace's times. Upstream walks through maps of
nodes, so several orders of nodes are tried.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.daemon_set import DaemonSetController
from sim.cluster.objects import Node, Pod
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.scenario.model import DaemonSet
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.rollouts import StubKubelet, pod_template
from tests.conformance.harness import Adapter, Step

NAME = "default/daemonset/web"
ORDERS = 150
SLACK_MS = 10
VANISH_MS = 20_000

Sequence = list[tuple[float, Any]]
Timed = dict[Any, Sequence]


class DaemonKubelet(StubKubelet):
    """Binds pods where they belong; some never get ready on some nodes."""

    def _node_of(self, pod: Pod) -> str:
        return pod.target_node

    def _ready_ms(self, pod: Pod) -> float | None:
        version = pod.spec.containers[0].image
        never = pod.node in self.config["never_ready_on"].get(version, [])
        return None if never else super()._ready_ms(pod)

    def unready(self, pod: Pod) -> None:
        if pod.ready:
            self._note("unready", pod)
            status = replace(pod.status, ready=False)
            self.api.update_pod_status(pod, status, NONE)

    def vanish(self, pod: Pod) -> None:
        """The pod's node is gone, and so is the pod a while later."""
        self.after(VANISH_MS, partial(self._gone, pod))

    def _gone(self, pod: Pod) -> None:
        if not pod.gone:
            super()._gone(pod)


class Rollout:
    """One trace on our controller, with one order of nodes."""

    def __init__(self, config: dict[str, Any], seed: int) -> None:
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        streams = Streams(seed)
        self.api = APIServer(self.env, self.log, streams)
        self.controller = DaemonSetController(
            self.env,
            self.log,
            self.api,
            config["start_subsecond_ms"] * MILLISECOND,
            draw=streams.stream("daemonset", "order"),
        )
        self.api.workloads["daemonset"] = self.controller
        self.kubelet = DaemonKubelet(self.env, self.api, config)
        self.api.pod_watchers.insert(0, self.kubelet)
        for number in range(config["nodes"]):
            self._add_node(f"node-{number}")
        self.states: Sequence = []
        self.api.apply(_daemon_set(config), NONE)

    def _add_node(self, name: str) -> None:
        node = Node(name=name, labels={}, max_pods=10**6, id=0, joined_row=NONE)
        self.api.register_node(node, self.kubelet)

    def step(self, step: dict[str, Any]) -> None:
        """Carry one step of the trace out."""
        node = step.get("node", "")
        pods = [pod for pod in self.api.pods.values() if pod.node == node]
        match step["op"]:
            case "set_image":
                template = self.controller.sets[NAME].spec.template
                spec = pod_template(step["image"]).spec
                changed = replace(template, spec=spec)
                self.controller.set_template(NAME, changed, NONE)
            case "add_node":
                self._add_node(node)
            case "remove_node":
                self.api.nodes.delete(node)
                self._each(pods, self.kubelet.vanish)
            case "delete_pod":
                self._each(pods, partial(self.api.delete_pod, cause=NONE))
            case "unready":
                self._each(pods, self.kubelet.unready)
            case op:
                raise ValueError(f"no such step: {op}")

    @staticmethod
    def _each(pods: list[Pod], call: Callable[[Pod], None]) -> None:
        for pod in pods:
            call(pod)

    def run(self, until_us: int) -> None:
        """Run, noting the state after everything of an instant is done."""
        while self.env.peek() <= until_us:
            now = self.env.peek()
            while self.env.peek() == now:
                self.env.step()
            pods = Counter(_shown(pod) for pod in self.api.pods.values())
            state = [dict(pods), list(self.controller.sets[NAME].status)]
            if not self.states or self.states[-1][1] != state:
                self.states.append((now / MILLISECOND, state))


def _shown(pod: Pod) -> str:
    state = "terminating" if pod.terminating else "ready" if pod.ready else "pending"
    return f"{pod.spec.containers[0].image} {state}"


def _daemon_set(config: dict[str, Any]) -> DaemonSet:
    return DaemonSet(
        namespace="default",
        name="web",
        template=pod_template(config["image"]),
        strategy=config["strategy"],
        max_surge=config["max_surge"] or 0,
        max_unavailable=config["max_unavailable"] or 0,
        min_ready_us=config["min_ready_s"] * SECOND,
    )


def _fits(data: dict[str, Any], seed: int) -> bool:
    """Whether our run of a trace is one of its recorded outcomes."""
    rollout = Rollout(data["config"], seed)
    for step in data["steps"]:
        rollout.kubelet.after(step["at_ms"], partial(rollout.step, step))
    ends = [
        max(x[0] for x in [*variant["states"], *variant["pods"]])
        for variant in data["variants"]
    ]
    rollout.run(round((max(ends) + SLACK_MS) * MILLISECOND))
    states = {"states": rollout.states}
    ours = states | _times((t, (what, of), 1) for t, what, of in rollout.kubelet.events)
    return any(
        _same(ours, _recorded(variant), end)
        for variant, end in zip(data["variants"], ends, strict=True)
    )


def _recorded(variant: dict[str, Any]) -> Timed:
    states = {"states": [(t, what) for t, *what in variant["states"]]}
    return states | _times((t, (what, of), n) for t, what, of, n in variant["pods"])


def _times(events: Iterable[tuple[float, tuple[str, str], int]]) -> Timed:
    found: Timed = defaultdict(list)
    for t, key, count in events:
        found[key] += [(t, None)] * count
    return found


def _same(ours: Timed, theirs: Timed, end_ms: float) -> bool:
    """Whether all sequences agree; a recording says nothing of later times."""
    return all(
        _near(ours.get(key, []), theirs.get(key, []), end_ms)
        for key in {**ours, **theirs}
    )


def _near(ours: Sequence, theirs: Sequence, end_ms: float) -> bool:
    """Whether they agree, times within the slack of a write conflict."""
    if len(ours) < len(theirs) or any(t <= end_ms for t, _ in ours[len(theirs) :]):
        return False
    return all(
        what == recorded and abs(t - at) <= SLACK_MS
        for (t, what), (at, recorded) in zip(ours, theirs, strict=False)
    )


def daemonset_rollout(data: dict[str, Any]) -> Iterator[Step]:
    """Fit one of the recorded outcomes with one of several orders of nodes."""
    if data["distinct"] > len(data["variants"]):
        return  # samples of too many outcomes: not a test
    fits = any(_fits(data, seed) for seed in range(ORDERS))
    yield Step("one of the recorded outcomes", fits, True)


ADAPTERS: dict[str, Adapter] = {"daemonset_rollout": daemonset_rollout}
