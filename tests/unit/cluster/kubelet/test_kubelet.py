"""What the sync loop, the passes and the restart back-off do with time."""

from collections.abc import Iterator

from sim.cluster.clock import Clock
from sim.cluster.kubelet.image_pull_manager import ImagePullManager
from sim.cluster.kubelet.kubelet import Kubelet
from sim.cluster.nodes.clockwork import Clockwork
from sim.cluster.nodes.kubelet_parts import Dependencies, make_kubelet
from sim.cluster.objects import Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.model import Container, KubeletConfiguration, PodSpec
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.kubelet_stand_ins import (
    Anonymous,
    Entry,
    FixedTimings,
    StatusBook,
    TableRuntime,
)

APP = "registry.example.com/app:v1"
BAD = "registry.example.com/bad:v1"


def containers(
    letter: str, images: tuple[str, ...], policy: str = ""
) -> Iterator[Container]:
    for number, image in enumerate(images):
        yield Container(
            name=f"{letter}{number}",
            image=image,
            image_pull_policy="IfNotPresent",
            restart_policy=policy,
        )


class Node:
    """A kubelet without chance: its jitter is nil and its tick comes first."""

    def __init__(self, *, housekeeping_first: bool = False, stop_us: int = 0) -> None:
        self.clock = Clock()
        self.log = EventLog(lambda: self.clock.now)
        self.book = StatusBook(now=lambda: self.clock.now)
        self.calls: list[tuple[int, str, str]] = []
        app = Entry(id="id", size=1, pull_us=SECOND, digest="sha256:d")
        bad = Entry(id="", size=1, pull_us=300 * MILLISECOND, error="bad")
        self.timings = FixedTimings(sandbox=400 * MILLISECOND, stop=stop_us)
        self.kubelet = self._kubelet({APP: app, BAD: bad}, housekeeping_first)

    def _kubelet(self, table: dict[str, Entry], housekeeping_first: bool) -> Kubelet:
        return make_kubelet(
            self.clock,
            self.log,
            self.log.names.id("node-1"),
            Dependencies(
                api=self.book,
                config=KubeletConfiguration(),
                images=TableRuntime(env=self.clock, table=table),
                credentials=Anonymous(),
                pull_manager=ImagePullManager(),
                timings=self.timings,
                clockwork=Clockwork(
                    start_us=0,
                    pleg_phase_us=500 * MILLISECOND,
                    requeue=lambda _worker, _from, base_us, _factor: base_us,
                    coin=lambda _: 0.0 if housekeeping_first else 1.0,
                    tie=lambda: 0.0,
                ),
                called=self._called,
            ),
        )

    def _called(self, call: str, pod: Pod, container: str) -> None:
        self.calls.append((self.clock.now // MILLISECOND, call, container))

    def add(
        self,
        *images: str,
        policy: str = "Always",
        sidecars: tuple[str, ...] = (),
        inits: tuple[str, ...] = (),
    ) -> Pod:
        """Bind a pod with these containers to the node now."""
        pod = Pod(
            namespace="default",
            name="pod",
            uid="uid",
            spec=PodSpec(
                containers=tuple(containers("c", images)),
                init_containers=(
                    *containers("s", sidecars, "Always"),
                    *containers("i", inits),
                ),
                restart_policy=policy,
            ),
            labels={},
            owner="",
            replica_set="",
            created_us=self.clock.now,
            id=self.log.names.id("default/pod"),
        )
        self.kubelet.pod_added(pod)
        return pod

    def run(self, until_s: float) -> None:
        self.clock.run(until=round(until_s * SECOND))

    def times_ms(self, kind: Kind) -> list[int]:
        return [row.time_us // MILLISECOND for row in self.log.rows(kind)]


def test_a_sync_at_every_second_tick_may_wait_for_the_housekeeping() -> None:
    """It lists for 2 ms, before or after the tick's work."""
    late = Node(housekeeping_first=True)
    late.add(BAD)
    late.run(60)
    prompt = Node()
    prompt.add(BAD)
    prompt.run(60)

    assert {time % 1000 for time in prompt.times_ms(Kind.PULLING)[1:]} == {0}
    behind = [time for time in late.times_ms(Kind.PULLING)[1:] if time % 1000]
    assert {time % 2000 for time in behind} == {2}


def test_a_pod_that_ended_keeps_its_containers_until_it_is_deleted() -> None:
    """A dead container holds its image; deletion removes it 2 ms after the end."""
    node = Node()
    pod = node.add(APP, policy="Never")
    node.run(5)
    node.kubelet.crash(pod, "c0", 0)
    node.run(50)
    kept = [call for _, call, _ in node.calls]
    pod.deleted_us = node.clock.now
    node.kubelet.pod_deleted(pod)
    node.run(130)

    assert "RemoveContainer" not in kept
    assert kept[-1] == "StopPodSandbox"
    # The pass at 60 s came 3 ms late, as the first had taken that long.
    assert node.calls[-2:] == [
        (50_002, "RemoveContainer", "c0"),
        (60_006, "RemovePodSandbox", ""),
    ]


def test_a_restart_is_awaited_from_the_end_of_the_sync() -> None:
    """The failing pull beside it does not put the restart off."""
    node = Node()
    pod = node.add(APP, BAD)
    node.run(6.1)
    node.kubelet.crash(pod, "c0", 1)  # restarts at once
    node.run(11.9)
    node.kubelet.crash(pod, "c0", 1)  # restarts after 10 s
    node.run(30)

    assert len(node.times_ms(Kind.STARTED)) == 3
    assert node.times_ms(Kind.STARTED)[-1] == 22_000


def test_an_init_container_that_fails_again_is_tried_after_a_while() -> None:
    """The others wait for it, and so does the sync that comes next."""
    node = Node()
    pod = node.add(APP, inits=(APP,))
    for at_s in (4, 8):
        node.run(at_s)
        node.kubelet.crash(pod, "i0", 1)
    node.run(30)

    started = list(node.log.rows(Kind.STARTED))
    assert [row.container for row in started] == ["i0"] * 3
    assert started[2].time_us >= 18 * SECOND


def test_what_takes_whole_milliseconds_ends_at_whole_milliseconds() -> None:
    """Nothing that only follows in the same instant costs time."""
    node = Node()
    pod = node.add(APP, BAD, sidecars=(APP,))
    node.run(20)
    node.kubelet.crash(pod, "c0", 1)
    node.run(60)

    assert {row.time_us % MILLISECOND for row in node.log.rows()} == {0}


def test_the_containers_of_a_deleted_pod_stop_at_the_same_time() -> None:
    """The slowest decides; a sidecar is stopped when the others have ended."""
    node = Node(stop_us=SECOND)
    pod = node.add(APP, APP, sidecars=(APP, APP))
    node.run(20)
    pod.deleted_us = node.clock.now
    node.kubelet.pod_deleted(pod)
    node.run(23.1)

    assert [call for call in node.calls if call[0] >= 20_000] == [
        (20_000, "StopContainer", "c0"),
        (20_000, "StopContainer", "c1"),
        (21_000, "StopContainer", "s1"),
        (22_000, "StopContainer", "s0"),
        (23_000, "StopPodSandbox", ""),
    ]
    assert node.times_ms(Kind.KILLING) == [20_000] * 4
