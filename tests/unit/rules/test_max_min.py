"""Shares of links between groups of equal nodes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from sim.rules.max_min import water_levels


@dataclass(frozen=True, eq=False)
class Out:
    """A registry's link."""

    rate: int | None


@dataclass(frozen=True)
class Takes:
    """What each node of a group takes from a registry."""

    source: Out
    weight: int = 1
    limit: int | None = None


@dataclass(frozen=True)
class Nodes:
    """Equal nodes."""

    rate: int | None
    members: int
    parts: Sequence[Takes]


def test_equal_nodes_share_a_link_equally() -> None:
    """Four nodes get a quarter each; what they could take more does not matter."""
    out = Out(100)

    assert water_levels([Nodes(1000, 4, [Takes(out)])]) == [25.0]


def test_what_a_slow_node_cannot_take_goes_to_the_others() -> None:
    """One node of 10, one of 20: the two without limit share the other 70."""
    out = Out(100)
    groups = [
        Nodes(10, 1, [Takes(out)]),
        Nodes(20, 1, [Takes(out)]),
        Nodes(None, 2, [Takes(out)]),
    ]

    assert water_levels(groups) == [10.0, 20.0, 35.0]


def test_a_link_that_an_equal_share_would_fill_may_have_room_for_all() -> None:
    """One node takes less than its share, so the other gets all that it can take."""
    out = Out(71)
    groups = [Nodes(60, 1, [Takes(out)]), Nodes(10, 1, [Takes(out)])]

    assert water_levels(groups) == [60.0, 10.0]


@pytest.mark.parametrize(("weight", "levels"), [(1, [40.0, 40.0]), (3, [20.0, 20.0])])
def test_weights_grow_faster(weight: int, levels: list[float]) -> None:
    """A node with three transfers has the weight of one, or of three."""
    out = Out(80)
    groups = [Nodes(None, 1, [Takes(out)]), Nodes(None, 1, [Takes(out, weight)])]

    assert water_levels(groups) == levels


def test_a_limit_of_its_own_stops_a_part() -> None:
    """A connection's limit leaves the rest of the node's link to another registry."""
    slow, fast = Out(None), Out(None)
    groups = [Nodes(100, 1, [Takes(slow, limit=30), Takes(fast)])]

    assert water_levels(groups) == [30.0, 70.0]


def test_a_node_between_two_registries_couples_them() -> None:
    """What is full at one registry frees a node's link for the other."""
    crowded, wide = Out(30), Out(1000)
    groups = [
        Nodes(100, 1, [Takes(crowded), Takes(wide)]),
        Nodes(100, 2, [Takes(crowded)]),
        Nodes(500, 1, [Takes(wide)]),
    ]

    assert water_levels(groups) == [10.0, 90.0, 10.0, 500.0]


def test_a_link_without_limit_holds_nobody_back() -> None:
    """Nodes of an unlimited registry get their own links, or their connections'."""
    out = Out(None)
    groups = [
        Nodes(100, 3, [Takes(out)]),
        Nodes(None, 2, [Takes(out, limit=40)]),
        Nodes(10, 2, [Takes(out, limit=40)]),
    ]

    assert water_levels(groups) == [100.0, 40.0, 10.0]


def test_nobody_is_nobody() -> None:
    """Without groups there is nothing to share."""
    assert water_levels([]) == []
