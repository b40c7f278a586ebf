"""Durations as Go writes and reads them, and ages as kubectl prints them."""

import re

from sim.units import HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND

_UNITS_NS = {
    "ns": 1,
    "us": 1_000 * MICROSECOND,
    "µs": 1_000 * MICROSECOND,  # U+00B5, micro sign
    "μs": 1_000 * MICROSECOND,  # U+03BC, Greek mu
    "ms": 1_000 * MILLISECOND,
    "s": 1_000 * SECOND,
    "m": 1_000 * MINUTE,
    "h": 1_000 * HOUR,
}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(f"(?:{_PART.pattern})+")
_LONGEST_NS = 2**63 - 1

_MINUTE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
_YEAR_S = 365 * _DAY_S


def parse_go_duration(text: str) -> int:
    """Return microseconds for ``1h30m``, ``1.5s`` or ``0``; the rest is cut.

    Signs are refused: no field of ours may be negative. Raises ``ValueError`` for
    anything else that is no Go duration, also for one over 292 years.

    Source: Go's time.ParseDuration.
    """
    if text == "0":
        return 0
    if not _WHOLE.fullmatch(text):
        raise ValueError("expected a duration such as 30s, 5m or 1h30m")
    nanoseconds = sum(_nanoseconds(*part) for part in _PART.findall(text))
    if nanoseconds > _LONGEST_NS:
        raise ValueError("expected a duration of less than 292 years")
    return nanoseconds // 1_000


def _nanoseconds(number: str, unit: str) -> int:
    """Return one part exactly; floats would lose the last digits of long ones."""
    whole, _, fraction = number.partition(".")
    denominator: int = 10 ** len(fraction)
    return int(whole + fraction) * _UNITS_NS[unit] // denominator


def format_go_duration(duration_us: int) -> str:
    """Return a duration as Go prints it: ``1m2.5s``, ``1h0m0s``, ``950ms``, ``0s``.

    Source: Go's time.Duration.String.
    """
    if duration_us < 0:
        return f"-{format_go_duration(-duration_us)}"
    if duration_us == 0:
        return "0s"
    if duration_us < MILLISECOND:
        return f"{duration_us}µs"
    if duration_us < SECOND:
        return f"{_decimal(duration_us, MILLISECOND)}ms"
    minutes, rest_us = divmod(duration_us, MINUTE)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest_us, SECOND)}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}}".rstrip("0").rstrip(".")


def truncate_to_ms(duration_us: int) -> int:
    """Return a duration cut to whole milliseconds, towards zero.

    Source: Go's time.Duration.Truncate(time.Millisecond).
    """
    cut = abs(duration_us) // MILLISECOND * MILLISECOND
    return -cut if duration_us < 0 else cut


def human_duration(seconds: int) -> str:
    """Return an age as kubectl prints it: ``95s``, ``5m50s``, ``2y238d``; always cut.

    A moment up to a second ahead counts as now, further ahead is ``<invalid>``.

    Source: k8s.io/apimachinery pkg/util/duration, HumanDuration.
    """
    if seconds < -1:
        return "<invalid>"
    if seconds < 2 * _MINUTE_S:
        return f"{max(0, seconds)}s"
    if seconds < 10 * _MINUTE_S:
        return _two(seconds, _MINUTE_S, "m", 1, "s")
    if seconds < 3 * _HOUR_S:
        return f"{seconds // _MINUTE_S}m"
    if seconds < 8 * _HOUR_S:
        return _two(seconds, _HOUR_S, "h", _MINUTE_S, "m")
    if seconds < 2 * _DAY_S:
        return f"{seconds // _HOUR_S}h"
    if seconds < 8 * _DAY_S:
        return _two(seconds, _DAY_S, "d", _HOUR_S, "h")
    if seconds < 2 * _YEAR_S:
        return f"{seconds // _DAY_S}d"
    if seconds < 8 * _YEAR_S:
        return _two(seconds, _YEAR_S, "y", _DAY_S, "d")
    return f"{seconds // _YEAR_S}y"


def _two(seconds: int, big_s: int, big: str, small_s: int, small: str) -> str:
    whole, rest = divmod(seconds, big_s)
    part = rest // small_s
    return f"{whole}{big}{part}{small}" if part else f"{whole}{big}"


def human_age(since_us: int, now_us: int) -> str:
    """Return how long ago a moment was, as kubectl prints it.

    Source: kubectl's translateTimestampSince.
    """
    span_us = now_us - since_us
    seconds = abs(span_us) // SECOND
    return human_duration(seconds if span_us >= 0 else -seconds)
