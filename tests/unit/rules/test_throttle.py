"""The pull throttle refuses when its bucket is empty, and rounds as Go does."""

from sim.rules.throttle import TokenBucket
from sim.units import SECOND


def test_a_burst_passes_and_the_next_pull_does_not() -> None:
    """With the defaults ten pulls start in an instant, the eleventh is refused."""
    bucket = TokenBucket(5, 10)

    accepted = [bucket.try_accept(7 * SECOND) for _ in range(11)]

    assert accepted == [True] * 10 + [False]


def test_a_token_comes_back_at_its_time() -> None:
    """At 5 a second an empty bucket has a token after exactly 200 ms."""
    bucket = TokenBucket(5, 1)
    bucket.try_accept(SECOND)

    assert not bucket.try_accept(SECOND + 199_999)
    assert bucket.try_accept(SECOND + 200_000)


def test_a_shortage_by_rounding_is_overlooked() -> None:
    """Less than a nanosecond's worth of a token missing is none missing.

    At 2 a second, asked every 200 ms, a bucket of three has 0.2 + 0.4 * 2 tokens at
    the sixth time: in floats a little less than the one that is wanted.
    """
    bucket = TokenBucket(2, 3)

    accepted = [bucket.try_accept(i * 200_000) for i in range(6)]

    assert accepted == [True, True, True, True, False, True]


def test_rates_are_in_single_precision() -> None:
    """A ten-thousandth a second is a little less than that: 10,000 s are too few."""
    bucket = TokenBucket(0.0001, 1)
    bucket.try_accept(0)

    assert not bucket.try_accept(10_000 * SECOND)
    assert bucket.try_accept(10_000 * SECOND + 253)


def test_no_rate_is_no_limit() -> None:
    """A rate of 0 switches the throttle off, whatever the burst."""
    bucket = TokenBucket(0, 0)

    assert all(bucket.try_accept(0) for _ in range(100))


def test_no_burst_lets_nothing_through() -> None:
    """A bucket that holds nothing never gives a token."""
    bucket = TokenBucket(5, 0)

    assert not any(bucket.try_accept(i * SECOND) for i in range(10))


def test_a_bucket_can_be_left_and_taken_up() -> None:
    """Another one goes on from its state."""
    bucket, other = TokenBucket(5, 2), TokenBucket(5, 2)
    assert bucket.limit == (5.0, 2)
    assert bucket.try_accept(SECOND)

    other.restore(*bucket.state)

    times = (SECOND, SECOND, SECOND + 200_000)
    assert [other.try_accept(t) for t in times] == [bucket.try_accept(t) for t in times]
