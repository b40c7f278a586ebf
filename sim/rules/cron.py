"""When a CronJob is due: the five fields of a schedule, in whole minutes.

Time 0 of a run is taken to be midnight, UTC, of Thursday, 1 January 1970.

Source: github.com/robfig/cron/v3 (parser.go, spec.go), as
pkg/controller/cronjob uses it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sim.units import MINUTE

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HORIZON = timedelta(days=5 * 366)
_PART = re.compile(r"(\*|\?|[0-9a-z]+)(?:-([0-9a-z]+))?(?:/([0-9]+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field(name="minute", low=0, high=59),
    _Field(name="hour", low=0, high=23),
    _Field(name="day of month", low=1, high=31),
    _Field(name="month", low=1, high=12, names=("", *_MONTHS)),
    _Field(name="day of week", low=0, high=7, names=tuple(_DAYS)),
)


class CronError(ValueError):
    """A text is no schedule; the text says which part is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """The values of every field; ``any_day`` says which day fields are stars."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: tuple[bool, bool]

    def after(self, time_us: int) -> int | None:
        """Return the first time after this one that fits; None within five years.

        Times are microseconds since the start of the run.
        """
        at = _EPOCH + timedelta(minutes=time_us // MINUTE + 1)
        last = at + _HORIZON
        while at <= last:
            if at.month not in self.months or not self._fits_day(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at += timedelta(minutes=1)
            else:
                return (at - _EPOCH) // timedelta(microseconds=1)
        return None

    def last(self, since_us: int, now_us: int) -> int | None:
        """Return the last time after the one and not after the other that fits."""
        found, at_us = None, self.after(since_us)
        while at_us is not None and at_us <= now_us:
            found, at_us = at_us, self.after(at_us)
        return found

    def _fits_day(self, at: datetime) -> bool:
        """Where both day fields are restricted, either is enough."""
        in_month = at.day in self.days
        in_week = at.isoweekday() % 7 in self.weekdays
        if any(self.any_day):
            return in_month and in_week
        return in_month or in_week


def parse_schedule(text: str) -> Schedule:
    """Return a schedule; raises ``CronError``."""
    words = MACROS.get(text.strip(), text).split()
    if len(words) != len(_FIELDS):
        raise CronError(f"expected exactly 5 fields, found {len(words)}: {text!r}")
    minutes, hours, days, months, weekdays = (
        _values(word.lower(), field) for word, field in zip(words, _FIELDS, strict=True)
    )
    return Schedule(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        any_day=(words[2][0] in "*?", words[4][0] in "*?"),
    )


def _values(word: str, field: _Field) -> frozenset[int]:
    return frozenset(v for part in word.split(",") for v in _range(part, field))


def _range(part: str, field: _Field) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise CronError(f"{field.name}: {part!r} is not a value, a range or a step")
    first, last, step = match.groups()
    if first in "*?":
        low, high = field.low, field.high
    else:
        low = _number(first, field)
        high = _number(last, field) if last else field.high if step else low
    if not field.low <= low <= high <= field.high:
        raise CronError(
            f"{field.name}: {part!r} is not within {field.low} to {field.high}"
        )
    if step == "0":
        raise CronError(f"{field.name}: the step of {part!r} must be positive")
    return range(low, high + 1, int(step or 1))


def _number(word: str, field: _Field) -> int:
    if word in field.names[1:] or (field.names and word == field.names[0]):
        return field.names.index(word)
    if not word.isdecimal():
        raise CronError(f"{field.name}: {word!r} is not a number")
    return int(word)
