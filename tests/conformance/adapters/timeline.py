"""Replay pod_timeline: one node's whole kubelet from pod creation on."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import simpy
from sim.analysis.events import kubernetes_events

from sim.cluster.clock import Clock
from sim.cluster.image_pull_manager import ImagePullManager
from sim.cluster.kubelet import Kubelet
from sim.cluster.node_agent import Clockwork, make_kubelet
from sim.cluster.objects import ContainerStatus, Pod, PodStatus, State
from sim.cluster.runtime_service import KILLED
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
    StatusBook,
    TableRuntime,
)

KUBELET_AGE_US = 5 * SECOND
CRI_NAMES = {"status": "ImageStatus", "pull": "PullImage"}


@dataclass
class Timings:
    """The trace's durations; writes each call of the runtime service down."""

    config: dict[str, Any]
    note: Callable[[str, str, str, str], None]

    def sandbox_us(self, pod: Pod) -> int:
        self.note("RunPodSandbox", pod.name, "", "ok")
        return int(self.config["sandbox_ms"] * MILLISECOND)

    def create_us(self, pod: Pod, container: str) -> int:
        self.note("CreateContainer", pod.name, container, "ok")
        return int(self.config["create_ms"] * MILLISECOND)

    def start_us(self, pod: Pod, container: str) -> int:
        self.note("StartContainer", pod.name, container, "ok")
        return int(self.config["start_ms"] * MILLISECOND)

    def stop_us(self, pod: Pod, container: str) -> int:
        self.note("StopContainer", pod.name, container, "ok")
        return 0

    def run(self, pod: Pod, container: Container) -> tuple[int, int] | None:
        for given in self.config["pods"]:
            for c in given["containers"]:
                if (given["name"], c["name"]) == (pod.name, container.name):
                    if c.get("run_ms") is None:
                        return None
                    return c["run_ms"] * MILLISECOND, c.get("exit_code", 0)
        raise AssertionError(container.name)


class Replay:
    """One run: the given configuration on our kubelet, with the given chance."""

    def __init__(
        self,
        config: dict[str, Any],
        *,
        offset_ms: int,
        pleg_phase_ms: int,
        requeue: Callable[[int, float], int],
        coin: Callable[[], float],
    ) -> None:
        self.config = config
        self.origin_us = KUBELET_AGE_US + offset_ms * MILLISECOND
        self.env = Clock()
        self.log = EventLog(lambda: int(self.env.now))
        self.book = StatusBook(now=lambda: int(self.env.now) - self.origin_us)
        self.calls: list[tuple[int, str, str, str, str]] = []
        self.runtime = TableRuntime(
            env=self.env,
            table={n: _entry(e) for n, e in config["registry"].items()},
            present_pull_us=PRESENT_PULL_US,
            unknown_pull_us=UNKNOWN_PULL_US,
        )
        for name in config["present"]:
            self.runtime.store(name, self.runtime.table[name])
        self.pods: dict[str, Pod] = {}
        self.kubelet = self._kubelet(pleg_phase_ms, requeue, coin)

    def _kubelet(
        self,
        pleg_phase_ms: int,
        requeue: Callable[[int, float], int],
        coin: Callable[[], float],
    ) -> Kubelet:
        limit = self.config["max_parallel"]
        return make_kubelet(
            self.env,
            self.log,
            self.log.names.id("node-1"),
            api=self.book,
            config=KubeletConfiguration(
                serialize_image_pulls=self.config["serialize"],
                max_parallel_image_pulls=limit,
            ),
            images=self.runtime,
            credentials=Anonymous(),
            pull_manager=ImagePullManager(),
            timings=Timings(self.config, self._note),
            clockwork=Clockwork(
                start_us=0,
                pleg_phase_us=pleg_phase_ms * MILLISECOND,
                requeue=requeue,
                coin=coin,
            ),
        )

    def _note(self, call: str, pod: str, container: str, result: str) -> None:
        self.calls.append((self.env.now, call, pod, container, result))

    def run(self) -> None:
        """Create the pods, carry the changes out, run to the end."""
        for number, pod in enumerate(self.config["pods"]):
            self._at(pod["at_ms"], partial(self._create, pod, number))
        for change in self.config["changes"]:
            self._at(change["at_ms"], partial(self._change, change))
        end_us = self.origin_us + self.config["duration_s"] * SECOND
        self.env.run(until=end_us)

    def _at(self, at_ms: float, call: Callable[[], None]) -> None:
        def wait() -> Iterator[simpy.Event]:
            yield self.env.timeout(self.origin_us + round(at_ms * MILLISECOND))
            call()

        self.env.process(wait())  # type: ignore[arg-type]

    def _create(self, given: dict[str, Any], number: int) -> None:
        containers = [_container(c) for c in given["containers"]]
        init = [
            c
            for c, g in zip(containers, given["containers"], strict=True)
            if g.get("init")
        ]
        pod = Pod(
            namespace="default",
            name=given["name"],
            uid=f"uid-{number + 1}",
            spec=PodSpec(
                containers=tuple(c for c in containers if c not in init),
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

    def _change(self, change: dict[str, Any]) -> None:
        if change["op"] == "set_registry":
            entry = self.runtime.table[change["image"]]
            self.runtime.table[change["image"]] = replace(
                entry,
                error=change["pull_error"],
                id=change.get("id", entry.id),
                digest=change.get("digest", entry.digest),
            )
            return
        pod = self.pods[change["pod"]]
        if change["op"] == "delete_pod":
            pod.deleted_us = self.env.now
            self.kubelet.pod_deleted(pod)
            return
        spec = pod.spec
        pod.spec = replace(
            spec,
            containers=tuple(
                replace(c, image=change["image"])
                if c.name == change["container"]
                else c
                for c in spec.containers
            ),
        )
        self.kubelet.pod_changed(pod)

    # --- what came out, in the trace's words ---

    def cri(self) -> list[tuple[float, str, str, str, str]]:
        """All calls: (t_ms, call, pod, container or image, result)."""
        out = [(self._ms(t), *rest) for t, *rest in self.calls]
        out += [
            (self._ms(t), CRI_NAMES[call], "", image, result)
            for t, call, image, _, result in self.runtime.calls
        ]
        out += [
            (
                self._ms(row.time_us),
                "exit",
                row.pod.split("/")[1],
                row.container,
                str(row.amount),
            )
            for row in self.log.rows(Kind.EXITED)
            if row.amount != KILLED
        ]
        return [(t, call, pod, what, result) for t, call, pod, what, result in out]

    def events(self) -> list[tuple[float, str, str, str, str]]:
        """All events: (t_ms, pod, type, reason, message)."""
        meta = {"profile": {"new_container_wording": True}}
        return [
            (self._ms(e.time_us), e.object.split("/")[-1], e.type, e.reason, e.message)
            for e in kubernetes_events(self.log, meta)
        ]

    def statuses(self) -> list[tuple[float, list[Any]]]:
        """All statuses that differ from the one before."""
        out: list[tuple[float, list[Any]]] = []
        last: dict[str, list[Any]] = {}
        for t, pod, status in self.book.writes:
            shown = [pod, *_shown(status)]
            if last.get(pod) != shown:
                out.append((t / MILLISECOND, shown))
            last[pod] = shown
        return out

    def _ms(self, time_us: int) -> float:
        return (time_us - self.origin_us) / MILLISECOND


def _entry(given: dict[str, Any]) -> Entry:
    return Entry(
        id=given["id"],
        size=given["size"],
        pull_us=given["pull_ms"] * MILLISECOND,
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
        reason,
        message,
        last,
        c.restart_count,
        c.ready,
        c.started,
        c.image,
        c.image_id,
    ]


class RecordedChance:
    """Jitter and coin tosses read off a recorded run's own times.

    A requeue takes the jitter that makes the next sync start at the tick at which the
    run shows something of a pod; the coin falls as the run's 2 ms say.
    """

    def __init__(self, run: dict[str, Any], origin_us: int) -> None:
        marks = {x[0] for part in ("cri", "events", "status") for x in run[part]}
        self.marks_us = sorted(int(m * MILLISECOND) + origin_us for m in marks)
        self.now: Callable[[], int] = lambda: 0

    def requeue(self, base_us: int, factor: float) -> int:
        """Return the delay, within its bounds, that leads to the recorded tick."""
        now = self.now()
        low, high = now + base_us, now + int(base_us * (1 + factor))
        index = bisect_right(self.marks_us, low)
        for mark in self.marks_us[index:]:
            tick = mark // SECOND * SECOND
            if tick > high + SECOND:
                break
            if mark - tick in (0, 2000) and low <= tick:
                return min(tick, high - 1) - now
        return high - 1 - now

    def coin(self) -> float:
        """Return 0.0 (housekeeping first) if the run shows a start 2 ms late."""
        return 0.0 if self.now() + 2000 in self.marks_us else 1.0
