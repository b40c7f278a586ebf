"""Laws of the pull throttle."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sim.rules.throttle import TokenBucket
from sim.units import SECOND

rates = st.integers(1, 50)
bursts = st.integers(1, 20)
gaps = st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=80)


@given(rates, bursts, gaps)
def test_no_span_lets_through_more_than_burst_and_rate(
    qps: int, burst: int, pauses: list[int]
) -> None:
    """Between any two moments at most ``burst`` plus the rate's share passes."""
    bucket, now, accepted = TokenBucket(qps, burst), 0, []
    for pause in pauses:
        now += pause
        if bucket.try_accept(now):
            accepted.append(now)

    for first, start in enumerate(accepted):
        for number, end in enumerate(accepted[first:], start=1):
            # The library overlooks less than a nanosecond's worth of a token.
            assert number <= burst + qps * (end - start + 1) / SECOND


@given(rates, bursts, gaps)
def test_the_bucket_agrees_with_exact_fractions(
    qps: int, burst: int, pauses: list[int]
) -> None:
    """Away from a token's very moment, floats decide as exact arithmetic does."""
    bucket, exact, now = TokenBucket(qps, burst), Fraction(burst), 0
    for pause in pauses:
        now += pause
        exact = min(Fraction(burst), exact + Fraction(pause * qps, SECOND))
        accepted = bucket.try_accept(now)
        if abs(exact - 1) > Fraction(1, SECOND):
            assert accepted is (exact > 1)
        if accepted:
            exact -= 1


@given(rates, bursts, st.integers(0, 10 * SECOND))
def test_a_full_bucket_gives_its_burst(qps: int, burst: int, start_us: int) -> None:
    """Whenever the first pulls come, exactly ``burst`` of them pass at once."""
    bucket = TokenBucket(qps, burst)

    accepted = [bucket.try_accept(start_us) for _ in range(burst + 3)]

    assert accepted == [True] * burst + [False] * 3


@given(rates, bursts, gaps)
def test_a_refused_pull_costs_nothing(qps: int, burst: int, pauses: list[int]) -> None:
    """Asking in vain again and again does not delay the next token."""
    patient, eager, now = TokenBucket(qps, burst), TokenBucket(qps, burst), 0
    for _ in range(burst):
        patient.try_accept(0)
        eager.try_accept(0)
    for pause in pauses:
        now += pause
        if eager.try_accept(now):
            assert patient.try_accept(now)
            return

    assert not patient.try_accept(now)
