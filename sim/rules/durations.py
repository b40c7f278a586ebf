"""Durations as Go and kubectl write them."""

import re

from sim.units import HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND

_UNITS = {
    "ns": MICROSECOND / 1000,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_DAY_S = 86_400
_YEAR_S = 365 * _DAY_S


def parse_go_duration(text: str) -> int:
    """Return microseconds for ``1h30m``, ``1.5s`` or ``0``; no sign is allowed.

    Raises ``ValueError`` for anything else. Source: Go's time.ParseDuration.
    """
    if text == "0":
        return 0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("expected a duration such as 30s, 5m or 1h30m")
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def format_go_duration(duration_us: int) -> str:
    """Return a duration, cut to milliseconds, as Go prints it: ``1m2.5s``, ``950ms``.

    Source: Go's time.Duration.String after Truncate(time.Millisecond).
    """
    milliseconds = duration_us // MILLISECOND
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def human_duration(seconds: int) -> str:
    """Return an age as kubectl prints it; always cut, at most two units.

    Source: k8s.io/apimachinery pkg/util/duration, HumanDuration.
    """
    if seconds < 2 * 60:
        return f"{max(0, seconds)}s"
    if seconds < 10 * 60:
        return _two(seconds, 60, "m", 1, "s")
    if seconds < 3 * 3600:
        return f"{seconds // 60}m"
    if seconds < 8 * 3600:
        return _two(seconds, 3600, "h", 60, "m")
    if seconds < 2 * _DAY_S:
        return f"{seconds // 3600}h"
    if seconds < 8 * _DAY_S:
        return _two(seconds, _DAY_S, "d", 3600, "h")
    if seconds < 2 * _YEAR_S:
        return f"{seconds // _DAY_S}d"
    if seconds < 8 * _YEAR_S:
        return _two(seconds, _YEAR_S, "y", _DAY_S, "d")
    return f"{seconds // _YEAR_S}y"


def _two(seconds: int, big_s: int, big: str, small_s: int, small: str) -> str:
    whole, rest = divmod(seconds, big_s)
    part = rest // small_s
    return f"{whole}{big}{part}{small}" if part else f"{whole}{big}"
