"""How many pulls a registry admits in a time, and to whom it counts them.

Docker Hub counts requests for a manifest's content, not those that only ask what a
tag means (HEAD); it names what is left in the header ``ratelimit-remaining``. Its
window is "sliding-like": here a bucket that is full at first, and is filled again
evenly, all of it in the time of the window. A ``fixed`` window starts with the first
counted request and gives everything back at its end.

Source: Docker documentation, docker-hub/usage/pulls (counted requests, headers).
"""

from dataclasses import dataclass
from enum import StrEnum

from sim.units import SECOND


class CountedBy(StrEnum):
    """To whom pulls are counted."""

    NODE = "node"  # every node has an address of its own
    ADDRESS = "address"  # the cluster leaves by one address (NAT)
    ACCOUNT = "account"  # by user name; who comes without one, by that one address


class Window(StrEnum):
    """How what was used comes back."""

    SLIDING = "sliding"
    FIXED = "fixed"


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """``pulls`` in ``per_us`` microseconds for each client.

    ``counts_head`` counts also what only asks for a manifest's digest.
    """

    pulls: int
    per_us: int
    by: CountedBy = CountedBy.ADDRESS
    counts_head: bool = False
    window: Window = Window.SLIDING


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What one client has left; one pull is ``per_us`` parts, so nothing is rounded.

    ``since_us`` is when it was looked at last, or when a fixed window began.
    """

    parts: int
    since_us: int


def full(limit: RateLimit, now_us: int) -> Allowance:
    """Return the allowance of a client that comes for the first time."""
    return Allowance(parts=limit.pulls * limit.per_us, since_us=now_us)


def spend(
    limit: RateLimit, allowance: Allowance, now_us: int
) -> tuple[bool, Allowance]:
    """Tell whether one more pull is admitted, and what is left after it.

    What is refused takes nothing.
    """
    now = _renewed(limit, allowance, now_us)
    if now.parts < limit.per_us:
        return False, now
    return True, Allowance(parts=now.parts - limit.per_us, since_us=now.since_us)


def remaining(limit: RateLimit, allowance: Allowance) -> int:
    """Return the whole pulls that are left."""
    return allowance.parts // limit.per_us


def header(limit: RateLimit, allowance: Allowance) -> str:
    """Return the value of the header ``ratelimit-remaining``."""
    return f"{remaining(limit, allowance)};w={limit.per_us // SECOND}"


def counts(limit: RateLimit, what: str) -> bool:
    """Whether a request counts: ``GET manifest``, perhaps ``HEAD manifest``."""
    return what == "GET manifest" or (limit.counts_head and what == "HEAD manifest")


def client(limit: RateLimit, node: str, username: str) -> str:
    """Return the name under which a request is counted; ``username`` may be ""."""
    if limit.by is CountedBy.NODE:
        return f"node {node}"
    if limit.by is CountedBy.ACCOUNT and username:
        return f"account {username}"
    return "address"


def _renewed(limit: RateLimit, allowance: Allowance, now_us: int) -> Allowance:
    passed_us = now_us - allowance.since_us
    if limit.window is Window.FIXED:
        return full(limit, now_us) if passed_us >= limit.per_us else allowance
    most = limit.pulls * limit.per_us
    parts = min(most, allowance.parts + limit.pulls * passed_us)
    return Allowance(parts=parts, since_us=now_us)
