"""When relists come, what they show, and whom they wake."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from sim.cluster.clock import Clock
from sim.cluster.kubelet.pleg import PLEG, Snapshot
from sim.cluster.objects import Pod
from sim.cluster.runtime.sandbox import (
    NOTHING_SHOWN,
    ContainerRecord,
    ContainerState,
    Sandbox,
)
from sim.scenario.model import PodSpec
from sim.units import MILLISECOND, SECOND

LISTED = 0.0
NOT_LISTED = 0.9


class Worker:
    """A pod worker that only writes down what it hears."""

    def __init__(self, clock: Clock, name: str) -> None:
        pod = Pod(
            namespace="default",
            name=name,
            uid=name,
            spec=PodSpec(containers=()),
            labels={},
            owner="",
            replica_set="",
            created_us=0,
            id=0,
        )
        self.clock = clock
        self.sandbox = Sandbox(pod, self)
        self.snapshot = Snapshot()
        self.seen = NOTHING_SHOWN
        self.heard: list[tuple[int, list[str], bool]] = []

    def lifecycle_event(self, died: Sequence[ContainerRecord], *, sync: bool) -> None:
        names = [record.name for record in died]
        self.heard.append((self.clock.now, names, sync))


class Node:
    """A clock and a PLEG whose first relist comes after one second."""

    def __init__(self, tie: float = LISTED) -> None:
        self.clock = Clock()
        self.pleg = PLEG(self.clock, SECOND, lambda: tie)

    def worker(self, name: str) -> Worker:
        return Worker(self.clock, name)

    def at(self, time_ms: int, call: Callable[[], object]) -> None:
        self.clock.call_after(time_ms * MILLISECOND - self.clock.now, call)

    def set(self, worker: Worker, state: ContainerState) -> None:
        """Let the worker's container be in a state from now on."""
        record = ContainerRecord(
            name="app",
            attempt=0,
            state=state,
            asked="",
            image="",
            image_id="",
            digest=-1,
            row=-1,
        )
        worker.sandbox.put(record)
        self.pleg.changed(worker.sandbox)

    def ready(self, worker: Worker) -> None:
        """Let the worker's sandbox be up from now on."""
        worker.sandbox.is_up(up=True)
        self.pleg.changed(worker.sandbox)


def test_a_periodic_relist_lists_then_looks_at_each_changed_pod() -> None:
    """Two lists take 2 ms; a sandbox that is ready and a container 3 ms more."""
    node = Node()
    one, other = node.worker("one"), node.worker("other")
    for worker in (one, other):
        node.ready(worker)
        node.set(worker, ContainerState.RUNNING)

    node.clock.run(until=3 * SECOND)

    assert one.heard == [(1005 * MILLISECOND, [], True)]
    assert other.heard == [(1008 * MILLISECOND, [], True)]
    assert one.snapshot.stamp_us == SECOND


def test_a_relist_on_demand_looks_only_at_the_pod_that_asked() -> None:
    """The other's change waits for the next periodic relist."""
    node = Node()
    one, other = node.worker("one"), node.worker("other")
    node.at(1500, lambda: node.ready(one))
    node.at(1500, lambda: node.ready(other))
    node.at(1500, lambda: node.pleg.relist_on_demand(one))

    node.clock.run(until=3 * SECOND)

    assert one.heard == [(1504 * MILLISECOND, [], True)]
    assert one.snapshot.stamp_us == 1500 * MILLISECOND
    assert other.heard == [(2006 * MILLISECOND, [], True)]


def test_a_periodic_relist_that_is_due_goes_first_and_serves_the_rest() -> None:
    """Who waited in the queue is not listed again."""
    node = Node()
    workers = [node.worker(name) for name in ("one", "two", "three")]
    for worker in workers:
        node.at(1999, partial(node.ready, worker))
    for worker in workers:
        node.at(1999, partial(node.pleg.relist_on_demand, worker))

    node.clock.run(until=3 * SECOND)

    # One on demand until 2003 ms, then two lists and the other two pods.
    assert [w.heard[0][0] // MILLISECOND for w in workers] == [2003, 2007, 2009]
    assert [len(w.heard) for w in workers] == [1, 1, 1]


@pytest.mark.parametrize(("tie", "heard"), [(LISTED, 1), (NOT_LISTED, 2)])
def test_a_list_that_ends_in_the_instant_of_a_change_shows_one_side_of_it(
    tie: float, heard: int
) -> None:
    """It shows what came before at any rate; the change perhaps a relist later."""
    node = Node(tie)
    worker = node.worker("one")
    node.at(1002, lambda: node.set(worker, ContainerState.RUNNING))
    node.at(500, lambda: node.ready(worker))

    node.clock.run(until=5 * SECOND)

    assert worker.heard[0] == (1005 * MILLISECOND, [], True)
    assert len(worker.heard) == heard


def test_deaths_are_told_and_creation_asks_for_no_sync() -> None:
    """A container that is only created is looked at, nothing more."""
    node = Node()
    worker = node.worker("one")
    node.at(500, lambda: node.set(worker, ContainerState.CREATED))
    node.at(1500, lambda: node.set(worker, ContainerState.EXITED))
    node.at(2500, partial(worker.sandbox.drop, ("app", 0)))
    node.at(2500, partial(node.pleg.changed, worker.sandbox))

    node.clock.run(until=5 * SECOND)

    assert [(died, sync) for _, died, sync in worker.heard] == [
        ([], False),
        (["app"], True),
        ([], False),
    ]


def test_who_waits_is_content_with_an_equal_stamp() -> None:
    """Who comes later needs a newer one."""
    node = Node()
    worker = node.worker("one")
    woken: list[int] = []
    node.at(
        999,
        lambda: node.pleg.wait_newer(
            worker, SECOND, lambda: woken.append(node.clock.now)
        ),
    )

    node.clock.run(until=1500 * MILLISECOND)

    assert woken == [1002 * MILLISECOND]
    assert not node.pleg.is_newer(worker, SECOND)
    assert node.pleg.is_newer(worker, SECOND - 1)
