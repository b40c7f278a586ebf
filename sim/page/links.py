"""Rows that a page can show: sentences and links, followed to their outside acts."""

from collections.abc import Iterable
from typing import Any

from sim.analysis.explain import UNSAID, is_outside_act
from sim.analysis.sentences import sentence
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, Row
from sim.units import format_time

OUTSIDE, LEFT_OUT, FAULT = 1, 2, 4
_FAULTS = (
    Kind.PULL_FAILED,
    Kind.NEVER_PULL,
    Kind.INSPECT_FAILED,
    Kind.PROVIDER_FAILED,
)


class Links:
    """Collects rows on demand; whatever a row goes back to comes along."""

    __slots__ = ("_language", "_log", "_meta", "_rows")

    def __init__(self, log: EventLog, meta: dict[str, Any], language: str) -> None:
        self._log = log
        self._meta = meta
        self._language = language
        self._rows: dict[int, list[Any]] = {}

    def add(self, number: int) -> int:
        """Take a row and its chain in, and return its number."""
        first = number
        while number != NONE and number not in self._rows:
            row = self._log[number]
            follows = row.source if row.source != NONE else row.cause
            self._rows[number] = [
                row.time_us,
                format_time(row.time_us),
                sentence(row, self._meta, self._language),
                follows,
                _flags(row),
                row.pod,
            ]
            number = follows
        return first

    def add_all(self, numbers: Iterable[int]) -> list[int]:
        """Take several rows in."""
        return [self.add(number) for number in numbers]

    def table(self) -> dict[str, list[Any]]:
        """Return all rows taken, in the order of the record."""
        return {str(number): self._rows[number] for number in sorted(self._rows)}


def _flags(row: Row) -> int:
    return (
        OUTSIDE * is_outside_act(row)
        + LEFT_OUT * (row.kind in UNSAID)
        + FAULT * _is_fault(row)
    )


def _is_fault(row: Row) -> bool:
    """Whether a row says what went wrong; of an answer, its status does."""
    if row.kind is not Kind.REQUEST:
        return row.kind in _FAULTS
    status = row.text.rpartition(" ")[2]
    return not status.isdecimal() or int(status) >= 400
