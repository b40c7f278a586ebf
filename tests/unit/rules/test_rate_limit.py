"""Limits of pulls: what counts, for whom, and what comes back."""

import pytest

from sim.rules.rate_limit import (
    Allowance,
    CountedBy,
    RateLimit,
    Window,
    client,
    counts,
    full,
    header,
    remaining,
    spend,
)
from sim.units import HOUR, MINUTE, SECOND

HUB = RateLimit(pulls=100, per_us=6 * HOUR)


def spent(limit: RateLimit, times: int, now_us: int = 0) -> Allowance:
    allowance = full(limit, now_us)
    for _ in range(times):
        admitted, allowance = spend(limit, allowance, now_us)
        assert admitted
    return allowance


def test_the_hundred_and_first_pull_is_refused_and_takes_nothing() -> None:
    """A hundred at once are admitted."""
    admitted, left = spend(HUB, spent(HUB, 100), 0)

    assert not admitted
    assert remaining(HUB, left) == 0
    assert header(HUB, left) == "0;w=21600"


def test_a_sliding_window_gives_one_pull_back_after_its_part_of_the_time() -> None:
    """6 h / 100 = 3 m 36 s, to the microsecond."""
    empty = spent(HUB, 100)
    due_us = 3 * MINUTE + 36 * SECOND

    early, _ = spend(HUB, empty, due_us - 1)
    there, left = spend(HUB, empty, due_us)
    again, _ = spend(HUB, left, due_us + 1)

    assert (early, there, again) == (False, True, False)


def test_what_is_refused_again_and_again_loses_no_part_of_a_pull() -> None:
    """Looking often does not round anything away."""
    allowance = spent(HUB, 100)
    for second in range(1, 216):
        admitted, allowance = spend(HUB, allowance, second * SECOND)
        assert not admitted

    admitted, _ = spend(HUB, allowance, 216 * SECOND)
    assert admitted


def test_no_more_comes_back_than_the_limit() -> None:
    """A day without a pull gives a hundred, not four hundred."""
    _, left = spend(HUB, full(HUB, 0), 24 * HOUR)

    assert remaining(HUB, left) == 99


def test_a_fixed_window_gives_all_back_at_its_end() -> None:
    """It began with the first counted request."""
    limit = RateLimit(pulls=2, per_us=HOUR, window=Window.FIXED)
    empty = spent(limit, 2, now_us=5 * MINUTE)

    early, _ = spend(limit, empty, HOUR)
    there, left = spend(limit, empty, HOUR + 5 * MINUTE)

    assert (early, there) == (False, True)
    assert remaining(limit, left) == 1


@pytest.mark.parametrize(
    ("what", "counts_head", "wanted"),
    [
        ("GET manifest", False, True),
        ("HEAD manifest", False, False),
        ("HEAD manifest", True, True),
        ("GET blob", True, False),
        ("HEAD blob", True, False),
    ],
)
def test_asking_for_a_digest_is_free_unless_it_is_not(
    what: str, counts_head: bool, wanted: bool
) -> None:
    """Docker Hub counts GETs of manifests only."""
    limit = RateLimit(pulls=1, per_us=HOUR, counts_head=counts_head)

    assert counts(limit, what) is wanted


@pytest.mark.parametrize(
    ("by", "username", "wanted"),
    [
        (CountedBy.NODE, "ci", "node n"),
        (CountedBy.ACCOUNT, "ci", "account ci"),
        (CountedBy.ACCOUNT, "", "address"),
        (CountedBy.ADDRESS, "ci", "address"),
    ],
)
def test_who_a_request_is_counted_to(by: CountedBy, username: str, wanted: str) -> None:
    """By account, those without one share the cluster's address."""
    limit = RateLimit(pulls=1, per_us=HOUR, by=by)

    assert client(limit, "n", username) == wanted
