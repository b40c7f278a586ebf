"""The arithmetic of rolling updates."""

import pytest

from sim.rules.rollout import (
    Fenceposts,
    Proportion,
    SetSize,
    deletion_age,
    fenceposts,
    new_set_size,
    old_set_sizes,
    proportional_sizes,
    scaled_value,
)


@pytest.mark.parametrize(
    ("value", "total", "up", "pods"),
    [
        (3, 10, True, 3),
        ("25%", 10, True, 3),
        ("25%", 10, False, 2),
        ("50%", 10, True, 5),
        ("0%", 10, True, 0),
        ("100%", 7, False, 7),
        ("1%", 1, True, 1),
        ("99%", 1, False, 0),
    ],
)
def test_percentages_are_rounded_as_asked(
    value: str | int, total: int, up: bool, pods: int
) -> None:
    """A plain number stands for itself."""
    assert scaled_value(value, total, up=up) == pods


@pytest.mark.parametrize(
    ("surge", "unavailable", "replicas", "expected"),
    [
        ("25%", "25%", 10, (3, 2)),
        ("25%", "25%", 1, (1, 0)),
        (0, 0, 4, (0, 1)),
        (0, "10%", 4, (0, 1)),
        (1, 0, 4, (1, 0)),
        (0, 9, 4, (0, 4)),
        (0, 0, 0, (0, 0)),
    ],
)
def test_an_update_can_always_go_on(
    surge: str | int, unavailable: str | int, replicas: int, expected: tuple[int, int]
) -> None:
    """Surge is rounded up, unavailability down; both zero would be a deadlock."""
    posts = Fenceposts(surge=expected[0], unavailable=expected[1])

    assert fenceposts(surge, unavailable, replicas) == posts


@pytest.mark.parametrize(
    ("new_spec", "total", "size"),
    [
        (0, 4, 1),
        (0, 5, 0),
        (2, 5, 2),
        (2, 3, 4),
        (1, 1, 4),
        (4, 9, 4),
        (6, 6, 4),
        (1, 7, 1),
    ],
)
def test_the_new_set_grows_into_the_room(new_spec: int, total: int, size: int) -> None:
    """Four replicas and a surge of one: at most five pods, four of them new."""
    assert new_set_size(new_spec, total, replicas=4, surge=1) == size


@pytest.mark.parametrize(
    ("old", "new", "sizes"),
    [
        ([(4, 4)], (0, 0), [3]),
        ([(4, 3)], (1, 0), [3]),
        ([(3, 3)], (2, 0), [3]),
        ([(3, 3)], (2, 1), [2]),
        ([(2, 2), (2, 0)], (1, 1), [2, 0]),
        ([(2, 0), (3, 3)], (1, 1), [0, 2]),
        ([(3, 3), (3, 3)], (0, 0), [0, 3]),
        ([(1, 1)], (4, 4), [0]),
        ([(0, 0), (1, 1)], (4, 4), [0, 0]),
    ],
)
def test_old_sets_shrink_as_far_as_availability_allows(
    old: list[tuple[int, int]], new: tuple[int, int], sizes: list[int]
) -> None:
    """Four replicas, one may be unavailable: what does not serve goes first."""
    before = [SetSize(spec=spec, available=available) for spec, available in old]
    newest = SetSize(spec=new[0], available=new[1])

    assert old_set_sizes(before, newest, replicas=4, unavailable=1) == sizes


@pytest.mark.parametrize(
    ("sets", "replicas", "sizes"),
    [
        ([], 5, []),
        ([(10, 13), (3, 13)], 10, [10, 3]),
        ([(10, 13), (3, 13)], 20, [18, 5]),
        ([(10, 13), (3, 13)], 5, [6, 2]),
        ([(10, 13), (3, 13)], 0, [0, 0]),
        ([(5, 10), (5, 10), (0, 10)], 8, [6, 5, 0]),
        ([(1, 3), (1, 3), (1, 3)], 0, [0, 0, 0]),
    ],
)
def test_scaling_in_the_middle_of_an_update_keeps_proportions(
    sets: list[tuple[int, int]], replicas: int, sizes: list[int]
) -> None:
    """A surge of three: every set gets its share, the first what rounding leaves."""
    given = [Proportion(spec=spec, noted_max=noted) for spec, noted in sets]

    assert proportional_sizes(given, replicas, surge=3) == sizes


def test_ages_of_pods_are_compared_by_their_magnitude() -> None:
    """Each step doubles the age; a pod of no age comes before all."""
    assert deletion_age(0) == -1
    assert deletion_age(-5) == -1
    assert [deletion_age(s) for s in (1, 2, 3, 4)] == [29, 30, 31, 31]
