"""Which pods of a ReplicaSet go first."""

import pytest

from sim.rules.deletion_order import Candidate, deletion_age, first_to_go

NOW_S = 1000


def order(*candidates: Candidate) -> list[str]:
    return [one.name for one in first_to_go(candidates, NOW_S)]


def pod(name: str, **facts: int) -> Candidate:
    return Candidate(name=name, uid=name, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pod("b", assigned=False), pod("a")),
        (pod("b", phase=0), pod("a", phase=1)),
        (pod("b", phase=1), pod("a", phase=2)),
        (pod("b", ready=False), pod("a")),
        (pod("b", on_node=2), pod("a", on_node=1)),
        # Ready for 1 s and for 100 s; the one that restarted more is older.
        (pod("b", ready_s=999), pod("a", ready_s=900, restarts=9)),
        (pod("b", restarts=2), pod("a", restarts=1)),
        (pod("b", created_s=999), pod("a", created_s=900)),
    ],
)
def test_the_first_rule_that_differs_decides(
    first: Candidate, second: Candidate
) -> None:
    """Whatever the UIDs, and in whatever order the pods come."""
    assert order(first, second) == order(second, first) == ["b", "a"]


def test_the_uid_decides_between_ages_that_are_nearly_equal() -> None:
    """Then neither restarts nor creation count; equal times leave it to them."""
    longer = pod("a", ready_s=996)
    shorter = pod("b", ready_s=997, restarts=9)

    assert order(shorter, longer) == order(longer, shorter) == ["a", "b"]
    assert order(pod("b", created_s=996), pod("a", created_s=997)) == ["a", "b"]
    assert order(pod("a"), pod("b", restarts=1)) == ["b", "a"]


def test_pods_that_are_equal_keep_their_order() -> None:
    """Nothing tells them apart, not even the UID."""
    assert order(pod("b"), pod("a")) == ["b", "a"]


@pytest.mark.parametrize("count", [12, 13, 40])
def test_any_number_of_pods_is_sorted(count: int) -> None:
    """By insertion or by merging; equal ones keep their order."""
    pods = [pod(f"{n:02}", restarts=n * 7 % count // 2) for n in range(count)]

    expected = sorted(pods, key=lambda one: -one.restarts)
    assert first_to_go(pods, NOW_S) == expected


def test_ages_are_compared_on_a_logarithmic_scale() -> None:
    """Ages within a factor of two may count as equal; none counts as youngest."""
    assert deletion_age(0) == deletion_age(-3) == -1
    assert deletion_age(3) == deletion_age(4)
    assert deletion_age(2) < deletion_age(3)
