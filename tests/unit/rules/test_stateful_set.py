"""A StatefulSet's pass: what is created and deleted, in which order, and why not."""

import pytest

from sim.rules.stateful_set import (
    Act,
    Create,
    Delete,
    Member,
    Order,
    Status,
    is_complete,
    next_acts,
    revision_of_new,
    status_of,
)

OLD, NEW = "web-old", "web-new"
UP = Member(revision=OLD, ready=True, available=True)
READY = Member(revision=OLD, ready=True)
BROKEN = Member(revision="web-bad")
LEAVING = Member(revision=OLD, ready=True, available=True, terminating=True)
ENDED = Member(revision=OLD, ended=True)
UPDATED = Member(revision=NEW, ready=True, available=True)


def acts(order: Order, *members: Member | None) -> list[Act]:
    """What a pass does; the members have the ordinals from 0 on, None is missing."""
    present = {n: pod for n, pod in enumerate(members) if pod is not None}
    return next_acts(order, present, OLD, NEW)


THREE = Order(replicas=3)
PARALLEL = Order(replicas=3, ordered=False)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ((), [Create(ordinal=0, revision=NEW)]),
        ((UPDATED,), [Create(ordinal=1, revision=NEW)]),
        ((Member(revision=NEW),), []),
        ((READY,), []),
        ((LEAVING, UPDATED, UPDATED), []),
        ((UPDATED, None, UPDATED), [Create(ordinal=1, revision=NEW)]),
        ((ENDED, None, None), [Delete(ordinal=0)]),
        ((Member(revision=OLD, ended=True, terminating=True),), []),
        ((UPDATED, UPDATED, UPDATED), []),
    ],
)
def test_ordered_ready_takes_one_step_at_a_time(
    members: tuple[Member | None, ...], expected: list[Act]
) -> None:
    """An ordinal is made, or waited for, before anything happens to the next."""
    assert acts(THREE, *members) == expected


def test_parallel_makes_all_that_is_missing_at_once() -> None:
    """Nobody waits for the pod before."""
    made = acts(PARALLEL, BROKEN, None, None)

    assert made == [Create(ordinal=1, revision=NEW), Create(ordinal=2, revision=NEW)]


def test_parallel_replaces_pods_that_ended() -> None:
    """A pod that ended goes, whatever the others do."""
    assert acts(PARALLEL, UPDATED, ENDED, UPDATED)[0] == Delete(ordinal=1)


def test_an_update_begins_with_the_highest_ordinal() -> None:
    """One pod of another revision at a time."""
    assert acts(THREE, UP, UP, UP) == [Delete(ordinal=2)]
    assert acts(THREE, UP, UP, UPDATED) == [Delete(ordinal=1)]


def test_a_broken_update_stays_stuck_in_order() -> None:
    """The broken pod is waited for, so its replacement is never reached."""
    assert acts(THREE, UP, UP, BROKEN) == []


def test_a_broken_update_heals_in_parallel() -> None:
    """Without the gate the broken pod is simply one of another revision."""
    assert acts(PARALLEL, UP, UP, BROKEN) == [Delete(ordinal=2)]


def test_with_the_gate_a_broken_pod_uses_the_allowance_up() -> None:
    """A broken pod counts as away, so nothing more may go."""
    gated = Order(replicas=3, ordered=False, max_unavailable=1)

    assert acts(gated, UP, UP, BROKEN) == []


@pytest.mark.parametrize(
    ("value", "members", "expected"),
    [
        (2, (UP, UP, UP, UP), [3, 2]),
        ("50%", (UP, UP, UP, UP), [3, 2]),
        ("49%", (UP, UP, UP, UP), [3]),
        ("10%", (UP, UP, UP, UP), [3]),
        (2, (UP, UP, UP, LEAVING), [2]),
        (2, (UP, BROKEN, UP, UPDATED), [2]),
        (1, (LEAVING, LEAVING, UP, UP), []),
    ],
)
def test_with_the_gate_several_may_be_away(
    value: str | int, members: tuple[Member, ...], expected: list[int]
) -> None:
    """Percentages are cut, at least one; who is away already counts."""
    gated = Order(replicas=4, ordered=False, max_unavailable=value)

    assert acts(gated, *members) == [Delete(ordinal=n) for n in expected]


def test_an_update_waits_for_the_pod_that_it_replaced() -> None:
    """The next one goes when the last one is available again."""
    coming = Member(revision=NEW, ready=True)

    assert acts(PARALLEL, UP, UP, coming) == []
    assert acts(PARALLEL, UP, UP, LEAVING) == []


def test_below_the_partition_nothing_is_replaced() -> None:
    """The partition keeps the low ordinals at the old revision."""
    parted = Order(replicas=3, partition=2)

    assert acts(parted, UP, UP, UP) == [Delete(ordinal=2)]
    assert acts(parted, UP, UP, UPDATED) == []


def test_on_delete_leaves_the_replacing_to_people() -> None:
    """Only what is missing is made, of the new revision."""
    manual = Order(replicas=3, rolling=False, partition=3)

    assert acts(manual, UP, UP, UP) == []
    assert acts(manual, UP, UP) == [Create(ordinal=2, revision=NEW)]


@pytest.mark.parametrize(
    ("ordinal", "revision"), [(4, OLD), (5, OLD), (6, NEW), (7, NEW)]
)
def test_the_partition_counts_from_the_start_ordinal(
    ordinal: int, revision: str
) -> None:
    """A pod that is made again below the partition has the current revision."""
    parted = Order(replicas=4, start=4, partition=2)

    assert revision_of_new(parted, ordinal, OLD, NEW) == revision


def test_a_start_ordinal_moves_the_set() -> None:
    """Pods below the start are surplus, as those above the end are."""
    moved = Order(replicas=1, start=1)

    assert acts(moved, UPDATED, UPDATED, UPDATED) == [Delete(ordinal=2)]
    assert acts(moved, UPDATED, UPDATED) == [Delete(ordinal=0)]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ((UPDATED, UPDATED, UPDATED), [Delete(ordinal=2)]),
        ((UPDATED, UPDATED, LEAVING), []),
        ((UPDATED, UPDATED, BROKEN), [Delete(ordinal=2)]),
        ((UPDATED, BROKEN, BROKEN), []),
        ((UPDATED, READY, READY), []),
        ((BROKEN, UPDATED, UPDATED), []),
    ],
)
def test_ordered_ready_scales_down_from_the_top(
    members: tuple[Member, ...], expected: list[Act]
) -> None:
    """A surplus pod that is away blocks, unless it is the lowest of such."""
    assert acts(Order(replicas=1), *members) == expected


def test_parallel_scales_down_at_once() -> None:
    """All surplus pods go, the highest ordinal first."""
    down = Order(replicas=1, ordered=False)

    assert acts(down, UPDATED, BROKEN, LEAVING, UP) == [
        Delete(ordinal=3),
        Delete(ordinal=1),
    ]


def test_the_status_counts_leaving_pods_as_replicas_only() -> None:
    """A pod that is being deleted is ready still, but neither current nor updated."""
    members = dict(enumerate((UP, READY, LEAVING, UPDATED, BROKEN)))

    counted = status_of(members, OLD, NEW)

    assert counted == Status(replicas=5, ready=4, current=2, updated=1, available=3)


def test_an_update_is_over_when_all_are_ready() -> None:
    """Readiness decides; nobody waits for availability."""
    done = Status(replicas=3, ready=3, updated=3, available=0)

    assert is_complete(THREE, done)
    assert not is_complete(THREE, Status(replicas=3, ready=2, updated=3))
    assert not is_complete(Order(replicas=3, rolling=False), done)
