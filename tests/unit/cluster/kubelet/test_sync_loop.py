"""The sync loop: when a worker looks again, and what is left out of it."""

from collections.abc import Callable
from functools import partial

import pytest

from sim.cluster.clock import Clock
from sim.cluster.kubelet.sync_loop import SERVED, SyncLoop
from sim.cluster.objects import Pod
from sim.scenario.model import PodSpec
from sim.units import MILLISECOND, SECOND

BASE_US = 60 * SECOND
ON_TIME, LATE = 0.9, 0.1  # coins of a tick that meets a housekeeping


class Worker:
    """A pod worker between two syncs; see ``sync_loop.Sleeper``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.due = 0
        self.idle = False
        self.last_sync_us = 0
        self.pod = Pod(
            namespace="default",
            name="one",
            number=1,
            spec=PodSpec(containers=()),
            labels={},
            owner="",
            replica_set="",
            target_node="",
            created_us=0,
        )
        self.rank = 0
        self.requeued_us = 0
        self.roused = False
        self.timer = SERVED
        self.syncs: list[int] = []

    def request_sync(self) -> None:
        """Note when."""
        self.syncs.append(self.clock.now)


def loop_of(
    clock: Clock,
    coin: float = ON_TIME,
    waits: Callable[[int], int] = lambda _: 0,
    start_us: int = 0,
) -> SyncLoop:
    """A loop whose requeues take the base and so many seconds more."""
    return SyncLoop(
        clock,
        start_us=start_us,
        tick_us=SECOND,
        sync_frequency_us=BASE_US,
        requeue=lambda worker, _, base_us, __: base_us + waits(worker.due) * SECOND,
        coin=lambda _: coin,
    )


def test_an_idle_worker_costs_no_event() -> None:
    """Until somebody rouses it, which makes up for the looks that have passed."""
    clock = Clock()
    loop, worker = loop_of(clock, waits=lambda due: due), Worker(clock)

    loop.look_again(worker, idle=True)
    clock.run(until=130 * SECOND)
    assert clock.events == 0
    loop.rouse(worker)

    # The first look came after 61 s, the second 62 s later; the third is to come.
    assert (worker.last_sync_us, worker.due) == (123 * SECOND, 3)
    assert not worker.idle


def test_a_look_that_comes_during_a_sync_is_found_at_its_end() -> None:
    """And one that has not come yet is not."""
    clock = Clock()
    loop, worker = loop_of(clock), Worker(clock)
    loop.look_again(worker, idle=True)
    clock.run(until=30 * SECOND)
    loop.rouse(worker)

    clock.run(until=BASE_US - 1)
    worker.roused = True
    assert not loop.came_due(worker)

    clock.run(until=BASE_US)
    worker.roused = True
    assert loop.came_due(worker)
    assert not worker.roused


def test_a_look_that_meets_a_housekeeping_has_not_come_before_its_end() -> None:
    """2 ms later."""
    clock = Clock()
    loop, worker = loop_of(clock, coin=LATE), Worker(clock)
    loop.look_again(worker, idle=True)
    loop.rouse(worker)

    clock.run(until=BASE_US + 2 * MILLISECOND - 1)
    worker.roused = True
    assert not loop.came_due(worker)

    clock.run(until=BASE_US + 2 * MILLISECOND)
    worker.roused = True
    assert loop.came_due(worker)


def test_an_idle_worker_may_be_made_to_look() -> None:
    """At the time that was drawn for it."""
    clock = Clock()
    loop, worker = loop_of(clock), Worker(clock)
    loop.look_again(worker, idle=True)
    clock.run(until=10 * SECOND)

    loop.look_in_earnest(worker)
    assert not worker.idle
    clock.run(until=200 * SECOND)

    assert worker.syncs == [BASE_US]


def test_a_look_in_earnest_is_the_next_one_not_one_that_has_passed() -> None:
    """That is made up for; and like that one, the next is 2 ms late."""
    clock = Clock()
    loop = loop_of(clock, coin=LATE, waits=lambda due: due + 1)
    worker = Worker(clock)
    loop.look_again(worker, idle=True)
    clock.run(until=100 * SECOND)

    loop.look_in_earnest(worker)
    clock.run(until=300 * SECOND)

    # The first look came after 62 s, the second at the first tick 63 s after that.
    assert worker.last_sync_us == 62 * SECOND + 2 * MILLISECOND
    assert worker.syncs == [126 * SECOND + 2 * MILLISECOND]


def test_ticks_and_housekeepings_are_counted_from_the_start() -> None:
    """The loop that began at half a second ticks at half seconds."""
    clock = Clock()
    loop = loop_of(clock, coin=LATE, start_us=SECOND // 2)
    worker = Worker(clock)

    loop.retry(worker, 10 * SECOND, 0)
    clock.run(until=20 * SECOND)

    # Ten seconds after 0 the tick at 10.5 s comes next; every second one is late.
    assert worker.syncs == [10_502 * MILLISECOND]


@pytest.mark.parametrize("coin", [ON_TIME, LATE])
def test_whose_sync_failed_goes_first_in_an_instant(coin: float) -> None:
    """By who failed first, not by who asked last; then the others as they came."""
    clock = Clock()
    loop = loop_of(clock, coin=coin)
    served: list[str] = []

    def worker(name: str) -> Worker:
        one = Worker(clock)
        one.request_sync = partial(served.append, name)  # type: ignore[method-assign]
        return one

    well, other, failed, later = map(worker, ("well", "other", "failed", "later"))
    for one in (well, other):
        loop.look_again(one, idle=False)
    for one in (failed, later, failed):
        loop.retry(one, BASE_US, 0)
    clock.run(until=2 * BASE_US)

    assert served == ["failed", "later", "well", "other"]
