"""Replay deployment_rollout through the Deployment and ReplicaSet controllers.

Stand-ins, as in the recordings: a pod is bound when it is created, and a kubelet that
makes it ready, or gone, after the trace's times. The nodes are not in the traces: some
take turns. How many, and which of several equal pods goes first (arbitrary upstream),
is tried out.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.deployment import DeploymentController
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.replica_set_state import ReplicaSet
from sim.cluster.objects import Node, Phase, Pod, PodStatus
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.scenario.model import Container, Deployment, PodSpec, PodTemplate
from sim.units import MILLISECOND, SECOND
from tests.conformance.harness import Adapter, Step

NAME = "default/deployment/web"
NODES = 5
CHOICES = 40
PodEvent = tuple[Any, ...]


class StubKubelet:
    """Makes pods ready and gone when the trace says."""

    def __init__(self, env: Clock, api: APIServer, config: dict[str, Any]) -> None:
        self.env = env
        self.api = api
        self.config = config
        self.events: list[PodEvent] = []
        self._made: Counter[str] = Counter()

    def after(self, delay_ms: float, call: Callable[[], None]) -> None:
        self.env.call_after(round(delay_ms * MILLISECOND), call)

    def _note(self, what: str, pod: Pod) -> None:
        version = pod.spec.containers[0].image
        self.events.append((self.env.now / MILLISECOND, what, version))

    def pod_created(self, pod: Pod, row: int) -> None:
        self._note("create", pod)
        version = pod.spec.containers[0].image
        number = self._made[version]
        self._made[version] += 1
        pod.node = self._node_of(pod)
        self.api.nodes[pod.node].pods.append(pod)
        ready_ms = self._ready_ms(pod)
        if ready_ms is not None:
            stagger = self.config.get("stagger_ms", 0) * (number % 7)
            self.after(ready_ms + stagger, partial(self._ready, pod, row))

    def _node_of(self, pod: Pod) -> str:
        """Nodes take turns: they are not in the traces."""
        del pod
        nodes = list(self.api.nodes)
        return nodes[(self._made.total() - 1) % len(nodes)]

    def _ready_ms(self, pod: Pod) -> float | None:
        """How long a pod takes to get ready, None = for ever."""
        after: float | None = self.config["ready_ms"].get(pod.spec.containers[0].image)
        return after

    def _ready(self, pod: Pod, row: int) -> None:
        if not pod.terminating and not pod.gone:
            self._note("ready", pod)
            status = PodStatus(phase=Phase.RUNNING, ready=True)
            self.api.update_pod_status(pod, status, row)

    def pod_deleted(self, pod: Pod) -> None:
        self._note("delete", pod)
        kind = "term_ms" if pod.ready else "term_not_ready_ms"
        self.after(self.config[kind], partial(self._gone, pod))

    def _gone(self, pod: Pod) -> None:
        self._note("gone", pod)
        self.api.remove_pod(pod, pod.deleted_row)

    def pod_updated(self, pod: Pod, row: int) -> None: ...

    def pod_gone(self, pod: Pod, row: int) -> None: ...

    def pod_added(self, pod: Pod) -> None: ...

    def pod_changed(self, pod: Pod) -> None: ...


class Rollout:
    """One trace on our controllers."""

    def __init__(self, config: dict[str, Any], seed: int) -> None:
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        streams = Streams(seed)
        self.api = APIServer(self.env, self.log, streams)
        self.controller = DeploymentController(
            self.env,
            self.log,
            self.api,
            config["start_subsecond_ms"] * MILLISECOND,
            draw=streams.stream("replicaset", "ties"),
        )
        self.api.workloads["deployment"] = self.controller
        self.kubelet = StubKubelet(self.env, self.api, config)
        for number in range(NODES - seed % NODES):
            name = f"node-{number}"
            node = Node(name=name, labels={}, max_pods=10**6, id=0, joined_row=-1)
            self.api.register_node(node, self.kubelet)
        self.api.pod_watchers.insert(0, self.kubelet)
        self._labels: dict[str, str] = {}
        self.states: list[list[Any]] = []
        self.api.apply(_deployment(config), -1)

    def step(self, step: dict[str, Any]) -> None:
        """Carry one step of the trace out."""
        match step["op"]:
            case "set_image":
                template = self.deployment.spec.template
                spec = pod_template(step["image"]).spec
                changed = replace(template, spec=spec)
                self.controller.set_template(NAME, changed, -1)
            case "scale":
                self.controller.scale(NAME, step["replicas"], -1)
            case "restart":
                self.controller.rollout_restart(NAME, -1)
            case "pause" | "resume" as op:
                self.controller.pause(NAME, -1, paused=op == "pause")
            case op:
                raise ValueError(f"no such step: {op}")

    @property
    def deployment(self) -> DeploymentState:
        return self.controller.deployments[NAME]

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
        deployment = self.deployment
        sets = [
            [
                self._label(s),
                s.replicas,
                s.current,
                s.ready,
                s.available,
                str(s.revision),
            ]
            for s in deployment.sets
        ]
        numbers = [deployment.spec.replicas, *deployment.status]
        return [sorted(sets), numbers, dict(deployment.conditions)]

    def _label(self, one: ReplicaSet) -> str:
        if one.name not in self._labels:
            version = one.template.spec.containers[0].image
            same = [x for x in self._labels.values() if x.split("#")[0] == version]
            number = len(same) + 1
            self._labels[one.name] = version if number == 1 else f"{version}#{number}"
        return self._labels[one.name]


def pod_template(image: str) -> PodTemplate:
    container = Container(name="c", image=image, image_pull_policy="Always")
    spec = PodSpec(containers=(container,))
    return PodTemplate(labels={"app": "web"}, annotations={}, spec=spec)


def _deployment(config: dict[str, Any]) -> Deployment:
    return Deployment(
        namespace="default",
        name="web",
        replicas=config["replicas"],
        template=pod_template(config["image"]),
        strategy=config["strategy"],
        max_surge=config.get("max_surge") or 0,
        max_unavailable=config.get("max_unavailable") or 0,
        min_ready_us=config["min_ready_s"] * SECOND,
        progress_deadline_us=config["progress_deadline_s"] * SECOND,
    )


def _fits(data: dict[str, Any], variant: dict[str, Any], seed: int) -> bool:
    """Whether our run of a trace is this one of its recorded outcomes."""
    rollout = Rollout(data["config"], seed)
    for step in data["steps"]:
        rollout.kubelet.after(step["at_ms"], partial(rollout.step, step))
    last_ms = max(x[0] for x in [*variant["states"], *variant["pods"]])
    rollout.run(round(last_ms * MILLISECOND))
    states = [[float(t), sorted(s), d, c] for t, s, d, c in variant["states"]]
    pods: Counter[PodEvent] = Counter()
    for t, what, version, count in variant["pods"]:
        pods[float(t), what, version] += count
    return rollout.states == states and Counter(rollout.kubelet.events) == pods


def deployment_rollout(data: dict[str, Any]) -> Iterator[Step]:
    """Fit one of the recorded outcomes: the real controllers race."""
    fits = any(
        _fits(data, variant, seed)
        for seed in range(CHOICES)
        for variant in data["variants"]
    )
    yield Step("one of the recorded outcomes", fits, True)


ADAPTERS: dict[str, Adapter] = {"deployment_rollout": deployment_rollout}
