"""What a DaemonSet does to the pods of its nodes."""

import pytest

from sim.rules.daemon_set import (
    Acts,
    DaemonPod,
    Live,
    MissingNodeError,
    NodePods,
    PodState,
    Standing,
    Status,
    Update,
    allows_surge,
    ended,
    limits,
    manage,
    node_status,
    old_pod,
    rolling_update,
    standing,
)
from sim.rules.rollout import Fenceposts

NEW = DaemonPod(name="new", ready=True, available=True)
NEW_BROKEN = DaemonPod(name="new")
OLD = DaemonPod(name="old", updated=False, ready=True, available=True)
OLD_BROKEN = DaemonPod(name="old", updated=False)
ENDING = DaemonPod(name="ending", state=PodState.TERMINATING, ready=True)
FAILED = DaemonPod(name="failed", state=PodState.FAILED)
SUCCEEDED = DaemonPod(name="done", state=PodState.SUCCEEDED)


def node(*pods: DaemonPod, eligible: bool = True, exists: bool = True) -> NodePods:
    return NodePods(node="n", pods=pods, eligible=eligible, exists=exists)


@pytest.mark.parametrize(
    ("strategy", "surge", "unavailable", "desired", "expected"),
    [
        ("RollingUpdate", 0, 1, 10, (0, 1)),
        ("RollingUpdate", 0, "25%", 9, (0, 3)),
        ("RollingUpdate", "25%", 0, 9, (3, 0)),
        ("RollingUpdate", "0%", "0%", 9, (0, 1)),
        ("RollingUpdate", 0, 0, 0, (0, 0)),
        ("OnDelete", 3, 2, 9, (0, 0)),
    ],
)
def test_limits_are_rounded_up(
    strategy: str,
    surge: str | int,
    unavailable: str | int,
    desired: int,
    expected: tuple[int, int],
) -> None:
    """Both percentages are rounded up; without either, one pod may be unavailable."""
    posts = limits(strategy, surge, unavailable, desired)

    assert (posts.surge, posts.unavailable) == expected


def test_any_surge_allows_two_pods_on_a_node() -> None:
    """One per cent of one node is one pod; OnDelete never surges."""
    assert allows_surge("RollingUpdate", "1%")
    assert not allows_surge("RollingUpdate", "0%")
    assert not allows_surge("OnDelete", 1)


@pytest.mark.parametrize(
    ("given", "surge", "expected"),
    [
        (node(), False, Acts(create=True)),
        (node(eligible=False), False, Acts()),
        (node(ENDING), False, Acts()),
        (node(ENDING), True, Acts(create=True)),
        (node(FAILED), False, Acts()),
        (node(FAILED), True, Acts(create=True)),
        (node(NEW), False, Acts()),
        (node(NEW), True, Acts()),
        (node(NEW, ENDING, eligible=False), False, Acts(delete=("new",))),
        (node(NEW, eligible=False, exists=False), False, Acts()),
        (node(OLD, NEW_BROKEN), True, Acts()),
        (node(OLD_BROKEN, NEW_BROKEN), True, Acts(delete=("old",))),
        (node(OLD, NEW), True, Acts(delete=("old",))),
    ],
)
def test_every_eligible_node_has_one_pod(
    given: NodePods, surge: bool, expected: Acts
) -> None:
    """A pod on its way out blocks the next one, unless the set surges."""
    assert manage(given, surge=surge) == expected


def test_the_oldest_of_several_pods_stays() -> None:
    """Pods that are on the node first, then the older, then by name."""
    late = DaemonPod(name="late", created_s=2)
    early = DaemonPod(name="early", created_s=1)
    waiting = DaemonPod(name="waiting", created_s=0, assigned=False)
    twin = DaemonPod(name="a-twin", created_s=1, updated=False, ready=True)

    assert manage(node(waiting, late, early), surge=False).delete == ("late", "waiting")
    assert manage(node(late, early, twin), surge=True).delete == ("late",)


def test_a_pod_for_a_node_that_is_gone_goes_too() -> None:
    """It is on no node yet, and its node will not come."""
    lost = node(DaemonPod(name="p", assigned=False), eligible=False, exists=False)

    assert manage(lost, surge=False) == Acts(delete=("p",))


def test_ended_pods_are_found_on_wanted_nodes() -> None:
    """Failed and succeeded ones alike; a node that is not wanted loses all anyway."""
    assert ended(node(FAILED, SUCCEEDED, NEW, ENDING)) == [FAILED, SUCCEEDED]
    assert ended(node(FAILED, eligible=False)) == []


def groups(*nodes: NodePods) -> dict[Standing, list[str]]:
    found: dict[Standing, list[str]] = {}
    for number, one in enumerate(nodes):
        found.setdefault(standing(one), []).append(f"n{number}")
    return found


def replaced(unavailable: int, *nodes: NodePods) -> set[str]:
    posts = Fenceposts(surge=0, unavailable=unavailable)
    update = rolling_update(groups(*nodes), posts)
    assert update.create == ()
    return set(update.replace)


def test_available_old_pods_go_within_the_allowance() -> None:
    """What is unavailable, new or on its way, uses the allowance up."""
    assert replaced(2, node(OLD), node(OLD), node(OLD)) == {"n0", "n1"}
    assert replaced(2, node(OLD), node(NEW_BROKEN), node(OLD)) == {"n0"}
    assert replaced(2, node(ENDING), node(OLD), node()) == set()
    assert replaced(1, node(NEW), node(OLD)) == {"n1"}
    assert replaced(2, node(OLD), node(OLD, eligible=False)) == {"n0", "n1"}


def test_broken_old_pods_go_whatever_the_allowance() -> None:
    """But each counts as unavailable, so a healthy one stays."""
    assert replaced(1, node(OLD_BROKEN), node(OLD_BROKEN), node(OLD)) == {"n0", "n1"}


def test_a_node_with_too_many_pods_is_left_to_the_main_loop() -> None:
    """It counts as unavailable, or as surging."""
    crowded = node(NEW, DaemonPod(name="more", available=True))

    assert replaced(1, crowded, node(OLD)) == set()
    assert surged(1, crowded, node(OLD)) == Update()


def surged(surge: int, *nodes: NodePods) -> Update:
    return rolling_update(groups(*nodes), Fenceposts(surge=surge, unavailable=0))


def test_surging_puts_the_new_pod_beside_the_old() -> None:
    """As many as the surge; nodes whose old pod is broken do not wait for it."""
    assert surged(1, node(OLD), node(OLD)) == Update(create=("n0",))
    assert surged(1, node(OLD, NEW_BROKEN), node(OLD)) == Update()
    assert surged(1, node(OLD, NEW), node(OLD)) == Update(
        create=("n1",), replace=("n0",)
    )
    assert set(surged(1, node(OLD_BROKEN), node(OLD_BROKEN), node(OLD)).create) == {
        "n0",
        "n1",
        "n2",
    }
    assert surged(1, node(NEW), node(NEW_BROKEN)) == Update()


def test_a_node_no_longer_wanted_keeps_its_pod_until_another_is_available() -> None:
    """Only what is available beyond the desired number goes; broken ones at once."""
    moved = node(OLD, eligible=False)
    broken = node(OLD_BROKEN, eligible=False)

    assert surged(1, moved, node(NEW_BROKEN)) == Update()
    assert surged(1, moved, node(NEW)) == Update(replace=("n0",))
    assert surged(1, broken, node(NEW)) == Update(replace=("n0",))


def test_surging_gives_up_on_an_old_pod_whose_node_is_gone() -> None:
    """As upstream: it looks the node up and fails."""
    with pytest.raises(MissingNodeError):
        surged(1, node(OLD, eligible=False, exists=False))


def test_the_old_pod_of_a_node_is_the_one_not_on_its_way_out() -> None:
    """Terminating pods of the old revision do not count."""
    leaving = DaemonPod(name="leaving", updated=False, state=PodState.TERMINATING)

    assert old_pod(node(leaving, NEW, OLD)) == "old"
    assert standing(node(leaving, OLD)) == Standing(Live.NONE, Live.AVAILABLE)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (node(exists=False, eligible=False), Status()),
        (node(eligible=False), Status()),
        (node(NEW, eligible=False), Status(misscheduled=1)),
        (node(), Status(desired=1, unavailable=1)),
        (
            node(NEW),
            Status(desired=1, current=1, ready=1, updated=1, available=1),
        ),
        (
            node(ENDING, NEW),
            Status(desired=1, current=1, ready=1, updated=1, unavailable=1),
        ),
        (node(OLD_BROKEN), Status(desired=1, current=1, unavailable=1)),
    ],
)
def test_the_oldest_pod_of_a_node_counts(given: NodePods, expected: Status) -> None:
    """Terminating or not."""
    assert node_status(given) == expected
