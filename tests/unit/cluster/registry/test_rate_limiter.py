"""Counting for a registry's clients."""

from sim.cluster.registry.rate_limiter import Admission, RateLimiter
from sim.record.rows import NONE
from sim.rules.rate_limit import CountedBy, RateLimit
from sim.units import HOUR


def test_every_client_has_its_own_allowance_and_its_own_last_pull() -> None:
    """One node's pulls are not another's."""
    limiter = RateLimiter(RateLimit(pulls=1, per_us=HOUR, by=CountedBy.NODE))

    first = limiter.admit("a", "", 5, 0)
    other = limiter.admit("b", "", 6, 0)
    refused = limiter.admit("a", "", 7, 0)

    assert first == Admission(admitted=True, left="0;w=3600", used_up_by=NONE)
    assert other.admitted
    assert refused == Admission(admitted=False, left="0;w=3600", used_up_by=5)
