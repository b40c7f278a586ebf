"""The arithmetic of rolling updates, against the tables of the fact sheet."""

import pytest

from sim.rules.rollout import (
    Proportion,
    SetSize,
    deletion_age,
    fenceposts,
    new_set_size,
    old_set_sizes,
    proportional_sizes,
)


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable"),
    [
        (0, 0, 0),
        (1, 1, 0),
        (2, 1, 0),
        (3, 1, 0),
        (4, 1, 1),
        (5, 2, 1),
        (10, 3, 2),
        (50, 13, 12),
        (100, 25, 25),
    ],
)
def test_defaults_round_surge_up_and_unavailability_down(
    replicas: int, surge: int, unavailable: int
) -> None:
    """25 % and 25 %."""
    posts = fenceposts("25%", "25%", replicas)

    assert (posts.surge, posts.unavailable) == (surge, unavailable)


def test_two_zeros_leave_one_pod_unavailable() -> None:
    """Also where a percentage is rounded to zero; never more than there are."""
    assert fenceposts(0, "10%", 3).unavailable == 1
    assert fenceposts(1, 5, 3).unavailable == 3


def test_the_new_set_grows_into_the_room_there_is() -> None:
    """Not beyond the surge, not beyond the replicas; never negative."""
    assert new_set_size(0, 10, 10, 3) == 3
    assert new_set_size(5, 8, 10, 3) == 10
    assert new_set_size(2, 15, 10, 3) == 2
    assert new_set_size(12, 12, 10, 3) == 10


def test_a_broken_image_stands_at_eight_old_and_five_new() -> None:
    """The example of the controller's own comments."""
    eight = [SetSize(spec=8, available=8)]

    assert old_set_sizes(eight, SetSize(spec=5), 10, 2) == [8]


def test_unhealthy_pods_of_any_old_set_go_first() -> None:
    """Oldest set first, then healthy ones down to the minimum."""
    old = [SetSize(spec=4, available=4), SetSize(spec=5)]

    assert old_set_sizes(old, SetSize(spec=6, available=6), 10, 2) == [2, 0]


@pytest.mark.parametrize(
    ("sets", "replicas", "surge", "expected"),
    [
        # 8 and 5 of 13 parts of 20 + 5: 15.4 and 9.6.
        ([(8, 13), (5, 13)], 20, 5, [15, 10]),
        # Halves are rounded away from zero.
        ([(5, 10), (5, 10)], 5, 0, [2, 3]),
        ([(3, 6), (3, 6)], 3, 0, [1, 2]),
        # What is left of the change limits every share.
        ([(3, 6), (3, 6)], 9, 0, [5, 4]),
        ([(3, 4), (1, 4)], 0, 1, [0, 0]),
        ([(3, 4), (1, 4)], 3, 1, [3, 1]),
        ([], 3, 1, []),
        # A set without pods takes no share; without a note the new size counts.
        ([(4, 0), (0, 5)], 5, 1, [6, 0]),
    ],
)
def test_scaling_is_spread(
    sets: list[tuple[int, int]], replicas: int, surge: int, expected: list[int]
) -> None:
    """By size, the leftover to the first."""
    proportions = [Proportion(spec=spec, noted_max=noted) for spec, noted in sets]

    assert proportional_sizes(proportions, replicas, surge) == expected


def test_ages_are_compared_on_a_logarithmic_scale() -> None:
    """Ages within a factor of two may count as equal; none counts as youngest."""
    assert deletion_age(0) == deletion_age(-3) == -1
    assert deletion_age(3) == deletion_age(4)
    assert deletion_age(2) < deletion_age(3)
