"""Microseconds and bytes: the only two units inside, and how people write them.

Durations in Kubernetes' own fields are Go durations; ``sim.rules.durations`` reads
and prints those. Here are the constants, the sizes and rates of a scenario, and the
short forms that tables and sentences use.
"""

import re

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(Ki|Mi|Gi|Ti|k|K|M|G|T)?(B)?")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(Ki|Mi|Gi|Ti|k|K|M|G|T)?(bit|B)(?:/s|ps)?")


def parse_size(text: str) -> int:
    """Return whole bytes for ``74MB``, ``100Gi``, ``1.5GiB`` or a bare number.

    Raises ``ValueError`` when the text is none of these.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected a size such as 74MB, 512Ki or 1.5GiB")
    return _scaled(match[1], match[2])


def parse_rate(text: str) -> int:
    """Return whole bytes per second for ``1Gbit``, ``200Mbit/s`` or ``125MB/s``.

    Raises ``ValueError`` when the text is none of these, or less than a byte a second.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected a bandwidth such as 1Gbit, 200Mbit or 125MB/s")
    rate = _scaled(match[1], match[2]) // (8 if match[3] == "bit" else 1)
    if rate < 1:
        raise ValueError("a bandwidth is at least one byte a second")
    return rate


def _scaled(number: str, prefix: str | None) -> int:
    factor = (_BINARY | _DECIMAL)[prefix or ""]
    whole, _, fraction = number.partition(".")
    denominator: int = 10 ** len(fraction)
    return int(whole + fraction) * factor // denominator


def format_size(size_bytes: int) -> str:
    """Return a short decimal size for people: ``127 MB``, ``1.3 GB``, ``412 B``."""
    for prefix, factor in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if size_bytes >= factor:
            value = size_bytes / factor
            digits = 0 if value >= 100 or value == int(value) else 1
            return f"{value:.{digits}f} {prefix}B"
    return f"{size_bytes} B"


def format_time(time_us: int) -> str:
    """Return a moment or span for people: ``14m``, ``5m 2.35s``, ``950ms``, ``0s``."""
    if 0 < time_us < SECOND:
        return f"{max(1, round(time_us / MILLISECOND))}ms"
    hours, rest = divmod(time_us, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest // (10 * MILLISECOND) / 100:.2f}".rstrip("0").rstrip(".")
    parts = [f"{hours}h"] if hours else []
    parts += [f"{minutes}m"] if minutes else []
    parts += [f"{seconds}s"] if seconds != "0" or not parts else []
    return " ".join(parts)
