"""What the clients of one registry have used of its limit, and who used it up."""

from sim.record.rows import NONE
from sim.rules.rate_limit import (
    Allowance,
    RateLimit,
    client,
    counts,
    full,
    header,
    spend,
)
from sim.value import value


@value
class Admission:
    """Whether a request is admitted, and what the header says is ``left``.

    ``used_up_by`` is the row that asked for the last pull admitted before, -1 if
    there was none.
    """

    admitted: bool
    left: str
    used_up_by: int


class RateLimiter:
    """Counts the pulls of one registry's clients."""

    __slots__ = ("_allowances", "_last_rows", "_limit")

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._allowances: dict[str, Allowance] = {}
        self._last_rows: dict[str, int] = {}

    def counts(self, what: str) -> bool:
        """Whether a request counts at all."""
        return counts(self._limit, what)

    def admit(self, node: str, username: str, row: int, now_us: int) -> Admission:
        """Count one request; ``row`` is what asked for the pull."""
        key = client(self._limit, node, username)
        before = self._allowances.get(key) or full(self._limit, now_us)
        admitted, left = spend(self._limit, before, now_us)
        self._allowances[key] = left
        used_up_by = self._last_rows.get(key, NONE)
        if admitted:
            self._last_rows[key] = row
        text = header(self._limit, left)
        return Admission(admitted=admitted, left=text, used_up_by=used_up_by)
