"""Replay pod_timeline: one node's whole kubelet from pod creation on."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
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
from tests.conformance.harness import Adapter, Step

KUBELET_AGE_US = 5 * SECOND
SOON_US = 12 * MILLISECOND
GUESSED_RUNS = 0.2
BURST_MS = 200
NOT_COMPARED = ("StopPodSandbox", "RemoveContainer", "RemovePodSandbox")
Call = tuple[float, str, str, str, str]
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
        tie: Callable[[], float],
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
        self.kubelet = self._kubelet(pleg_phase_ms, requeue, coin, tie)

    def _kubelet(
        self,
        pleg_phase_ms: int,
        requeue: Callable[[int, float], int],
        coin: Callable[[], float],
        tie: Callable[[], float],
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
                tie=tie,
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

    def cri(self) -> list[Call]:
        """All calls: (t_ms, call, pod, container or image, result)."""
        out: list[Call] = [(self._ms(t), *rest) for t, *rest in self.calls]  # type: ignore[misc]
        for t, call, image, _, result in self.runtime.calls:
            out.append((self._ms(t), CRI_NAMES[call], "", image, result))
        for row in self.log.rows(Kind.EXITED):
            if row.amount != KILLED:
                pod = row.pod.split("/")[1]
                code = str(row.amount)
                out.append((self._ms(row.time_us), "exit", pod, row.container, code))
        return out

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
        str(reason),
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

    def tie(self) -> float:
        """Return 0.0 (listed) if the run shows something right after this list."""
        index = bisect_right(self.marks_us, self.now())
        later = self.marks_us[index : index + 1]
        return 0.0 if later and later[0] - self.now() <= SOON_US else 1.0


def pod_timeline(data: dict[str, Any]) -> Iterator[Step]:
    """Replay every recorded run with its own jitter: equal to the millisecond.

    A jitter that the run does not show (a sync without any trace of its own) is
    guessed, so a few runs come out otherwise; of bursts (``qps``) the order in which
    many pods queue for a relist is not given at all.
    """
    if data["kind"] == "qps":
        yield from _burst(data)
        return
    wrong = [n for n, run in enumerate(data["runs"]) if not _equal(data, run)]
    total = len(data["runs"])
    few = len(wrong) <= total * GUESSED_RUNS
    yield Step("runs equal to the millisecond", few or f"not {wrong} of {total}", True)


def _replay(data: dict[str, Any], run: dict[str, Any]) -> Replay:
    origin_us = KUBELET_AGE_US + run["offset_ms"] * MILLISECOND
    chance = RecordedChance(run, origin_us)
    replay = Replay(
        data["config"],
        offset_ms=run["offset_ms"],
        pleg_phase_ms=run["pleg_phase_ms"],
        requeue=chance.requeue,
        coin=chance.coin,
        tie=chance.tie,
    )
    chance.now = lambda: replay.env.now
    replay.run()
    return replay


def _equal(data: dict[str, Any], run: dict[str, Any]) -> bool:
    replay = _replay(data, run)
    calls = [_recorded_call(data["cri_dict"], x) for x in run["cri"]]
    events = [
        (float(x[0]), *(data["event_dict"][j][k] for k in (0, 2, 3, 4)))
        for x in run["events"]
        for j in x[1:]
    ]
    statuses = [(float(x[0]), data["status_dict"][x[1]]) for x in run["status"]]
    return (
        sorted(replay.cri()) == sorted(c for c in calls if c[1] not in NOT_COMPARED)
        and sorted(replay.events()) == sorted(events)
        and sorted(map(str, replay.statuses())) == sorted(map(str, statuses))
    )


def _recorded_call(words: list[list[str]], entry: list[int]) -> Call:
    call, pod, what, result = words[entry[1]]
    # Our stand-in's image calls do not say for which pod they were made.
    return (float(entry[0]), call, "" if call == "PullImage" else pod, what, result)


def _burst(data: dict[str, Any]) -> Iterator[Step]:
    """Hold the medians of the k-th pull of the whole node against the recorded ones."""
    ours = [_pull_times(_replay(data, run).cri()) for run in data["runs"]]
    theirs = [
        _pull_times([_recorded_call(data["cri_dict"], x) for x in run["cri"]])
        for run in data["runs"]
    ]
    for k in range(min(map(len, [*ours, *theirs]))):
        distance = abs(median(t[k] for t in ours) - median(t[k] for t in theirs))
        yield Step(f"pull {k}", distance <= BURST_MS or distance, True)


def _pull_times(calls: list[Call]) -> list[float]:
    return sorted(t for t, call, *_ in calls if call == "PullImage")


ADAPTERS: dict[str, Adapter] = {"pod_timeline": pod_timeline}
