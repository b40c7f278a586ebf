"""One recorded scenario on our kubelet, and what came out in the trace's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sim.analysis.events import kubernetes_events
from sim.cluster.clock import Clock
from sim.cluster.kubelet.image_pull_manager import ImagePullManager
from sim.cluster.nodes.clockwork import Clockwork
from sim.cluster.nodes.kubelet_parts import Dependencies, make_kubelet
from sim.cluster.objects import ContainerStatus, Pod, PodStatus, State
from sim.cluster.runtime.runtime_service import KILLED
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.pull_policy import default_pull_policy
from sim.scenario.model import Container, KubeletConfiguration, PodSpec
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.kubelet_stand_ins import (
    PRESENT_PULL_US,
    UNKNOWN_PULL_US,
    Anonymous,
    Entry,
    FixedTimings,
    StatusBook,
    TableRuntime,
)

Raw = dict[str, Any]
Words = tuple[str, ...]
Seen = tuple[int, str, Words]
"""When (microseconds from the first pod's creation), of which pod, what."""
IMAGE_CALLS = {"status": "ImageStatus", "pull": "PullImage"}
EVENT_META = {"profile": {"new_container_wording": True}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """All calls, events and changes of status of one run, each in order."""

    calls: list[Seen]
    events: list[Seen]
    statuses: list[Seen]


def recorded(data: Raw, run: Raw) -> Run:
    """Return what a recorded run says."""
    calls: list[Seen] = []
    events: list[Seen] = []
    statuses: list[Seen] = []
    for at_ms, number, *_ in run["cri"]:
        call, pod, *rest = data["cri_dict"][number]
        calls.append((_us(at_ms), pod, (call, *rest)))
    for at_ms, *numbers in run["events"]:
        for number in numbers:
            pod, *rest = data["event_dict"][number]
            events.append((_us(at_ms), pod, tuple(rest)))
    for at_ms, number in run["status"]:
        pod, *rest = data["status_dict"][number]
        statuses.append((_us(at_ms), pod, tuple(map(str, rest))))
    return Run(calls=calls, events=events, statuses=statuses)


def _us(given_ms: float) -> int:
    """Milliseconds may have decimals, a clock has whole microseconds."""
    return round(given_ms * MILLISECOND)


class Replay:
    """One run of a scenario on our kubelet.

    ``shows_us`` is when the first pod is created, on the kubelet's clock.
    """

    def __init__(self, config: Raw, *, shows_us: int, clockwork: Clockwork) -> None:
        self.config = config
        self.origin_us = shows_us
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        self.book = StatusBook(now=lambda: self.env.now)
        self.runtime = TableRuntime(
            env=self.env,
            table={n: _entry(e) for n, e in config["registry"].items()},
            present_pull_us=PRESENT_PULL_US,
            unknown_pull_us=UNKNOWN_PULL_US,
        )
        for name in config["present"]:
            self.runtime.store(name, self.runtime.table[name])
        self.pods: dict[str, Pod] = {}
        self.kubelet = make_kubelet(
            self.env,
            self.log,
            self.log.names.id("node-1"),
            Dependencies(
                api=self.book,
                config=KubeletConfiguration(
                    serialize_image_pulls=config["serialize"],
                    max_parallel_image_pulls=config["max_parallel"],
                ),
                images=self.runtime,
                credentials=Anonymous(),
                pull_manager=ImagePullManager(),
                timings=Timings(
                    sandbox=_us(config["sandbox_ms"]),
                    create=_us(config["create_ms"]),
                    start=_us(config["start_ms"]),
                    config=config,
                ),
                clockwork=clockwork,
                called=self._called,
            ),
        )

    def _called(self, call: str, pod: Pod, container: str) -> None:
        # In the list of the image calls, so that the order of all is kept.
        self.runtime.note(call, container, pod.name, "ok")

    def run(self) -> Run:
        """Create the pods, carry the changes out, run to the end."""
        for number, pod in enumerate(self.config["pods"]):
            self._at(pod["at_ms"], partial(self._create, pod, number))
        for change in self.config["changes"]:
            self._at(change["at_ms"], partial(self._change, change))
        self.env.run(until=self.origin_us + self.config["duration_s"] * SECOND)
        return Run(
            calls=sorted(self._all_calls(), key=lambda seen: seen[0]),
            events=list(self._events()),
            statuses=list(self._statuses()),
        )

    def _at(self, at_ms: float, call: Callable[[], None]) -> None:
        self.env.call_after(self.origin_us + _us(at_ms), call)

    def _create(self, given: Raw, number: int) -> None:
        init = [_container(c) for c in given["containers"] if c.get("init")]
        regular = [_container(c) for c in given["containers"] if not c.get("init")]
        pod = Pod(
            namespace="default",
            name=given["name"],
            uid=f"uid-{number + 1}",
            spec=PodSpec(
                containers=tuple(regular),
                init_containers=tuple(init),
                restart_policy=given["restart_policy"],
            ),
            labels={},
            owner="",
            replica_set="",
            created_us=self.env.now,
            id=self.log.names.id(f"default/{given['name']}"),
        )
        self.pods[pod.name] = pod
        self.kubelet.pod_added(pod)

    def _change(self, change: Raw) -> None:
        if change["op"] == "set_registry":
            entry = self.runtime.table[change["image"]]
            self.runtime.table[change["image"]] = replace(
                entry,
                error=change.get("pull_error", ""),
                id=change.get("id", entry.id),
                digest=change.get("digest", entry.digest),
            )
            return
        pod = self.pods[change["pod"]]
        if change["op"] == "delete_pod":
            pod.deleted_us = self.env.now
            self.kubelet.pod_deleted(pod)
            return
        pod.spec = replace(
            pod.spec,
            containers=_edited(pod.spec.containers, change),
            init_containers=_edited(pod.spec.init_containers, change),
        )
        self.kubelet.pod_changed(pod)

    # --- what came out, in the trace's words ---

    def _all_calls(self) -> Iterator[Seen]:
        """All calls that have returned: a trace has no others."""
        lasts_ms = {
            "RunPodSandbox": self.config["sandbox_ms"],
            "CreateContainer": self.config["create_ms"],
            "StartContainer": self.config["start_ms"],
        }
        for number, (t, call, what, user, result) in enumerate(self.runtime.calls):
            name = IMAGE_CALLS.get(call, call)
            pod = user if name == call else self._puller(number)
            returns_us = t + _us(lasts_ms.get(call, 0))
            if result and returns_us <= self.env.now:
                yield t - self.origin_us, pod, (name, what, result)
        for row in self.log.rows(Kind.EXITED):
            if row.amount != KILLED:
                words = ("exit", row.container, str(row.amount))
                yield row.time_us - self.origin_us, row.pod.split("/")[1], words

    def _puller(self, number: int) -> str:
        pod = self.runtime.pods.get(number)
        return "" if pod is None else self.log.names.text(pod).split("/")[1]

    def _events(self) -> Iterator[Seen]:
        for e in kubernetes_events(self.log, EVENT_META):
            path = self._field_path(e.object, e.container)
            words = (path, e.type, e.reason, e.message)
            yield e.time_us - self.origin_us, e.object.split("/")[1], words

    def _field_path(self, pod: str, container: str) -> str:
        spec = self.pods[pod.split("/")[1]].spec
        init = any(c.name == container for c in spec.init_containers)
        return f"spec.{'initContainers' if init else 'containers'}{{{container}}}"

    def _statuses(self) -> Iterator[Seen]:
        """All statuses that differ from the one before."""
        last: dict[str, Words] = {}
        for t, pod, status in self.book.writes:
            shown = tuple(map(str, _shown(status)))
            if last.get(pod) != shown:
                yield t - self.origin_us, pod, shown
            last[pod] = shown


@dataclass
class Timings(FixedTimings):
    """The trace's durations, and how long its containers run."""

    config: Raw | None = None

    def run(self, pod: Pod, container: Container) -> tuple[int, int] | None:
        """Look the container's run up."""
        assert self.config is not None
        for given in self.config["pods"]:
            for c in given["containers"]:
                if (given["name"], c["name"]) == (pod.name, container.name):
                    if c.get("run_ms") is None:
                        return None
                    return _us(c["run_ms"]), c.get("exit_code", 0)
        raise AssertionError(container.name)


def _edited(containers: tuple[Container, ...], change: Raw) -> tuple[Container, ...]:
    """Give one container another image; its policy stays."""
    return tuple(
        replace(c, image=change["image"]) if c.name == change["container"] else c
        for c in containers
    )


def _entry(given: dict[str, Any]) -> Entry:
    return Entry(
        id=given["id"],
        size=given["size"],
        pull_us=_us(given["pull_ms"]),
        digest=given["digest"],
        error=given["pull_error"],
    )


def _container(given: dict[str, Any]) -> Container:
    policy = given.get("policy") or default_pull_policy(given["image"])
    return Container(
        name=given["name"],
        image=given["image"],
        image_pull_policy=policy,
        restart_policy=given.get("restart_policy", ""),
    )


def _shown(status: PodStatus | None) -> list[Any]:
    if status is None:
        return ["gone", [], []]
    return [
        status.phase.value,
        [_shown_container(c) for c in status.containers],
        [_shown_container(c) for c in status.init_containers],
    ]


def _shown_container(c: ContainerStatus) -> list[Any]:
    reason, message = c.reason, c.message
    if c.state is State.TERMINATED and c.termination is not None:
        reason, message = c.termination.reason, str(c.termination.exit_code)
    last = c.last_termination.reason if c.last_termination else ""
    return [
        c.name,
        c.state.value,
        str(reason),
        message,
        last,
        c.restart_count,
        c.ready,
        c.started,
        c.image,
        c.image_id,
    ]
