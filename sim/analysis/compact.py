"""Compact records, unfolded: what all other analysis reads.

A compact record has one row (``PULL_RETRIED``, ``BACKED_OFF``) where a full one has
one for each step of an attempt, and for each look; see the shapes of these kinds.
Counts, and the times of attempts, are those of the full record. The times of looks
are not known but for the last one; they are taken to lie evenly apart.
"""

from typing import Any

from sim.errors import PullsimError
from sim.record.kinds import FOLDED
from sim.record.log import EventLog

# A record of more rows than this has one look an attempt only; one of more than that,
# even so, is more than tables can be made of.
WHOLE = 5_000_000
MOST = 30_000_000


def unfolded(log: EventLog, meta: dict[str, Any]) -> EventLog:
    """Return the full record that a record stands for: itself if it is full.

    Of very large ones the looks are left out, but for one after each attempt (see
    ``leaves_looks_out``). Raises ``PullsimError`` where even so it is too large.
    """
    if not _is_compact(log):
        return log
    from sim.analysis.unfolded_columns import (  # noqa: PLC0415 - few records need it
        full_record,
    )

    whole, thin = _sizes(log)
    if thin > MOST:
        raise PullsimError(
            f"the compact record stands for {whole:,} rows, and for {thin:,} without "
            f"its looks; at most {MOST:,} can be read: simulate a shorter time "
            "(until), or fewer pods"
        )
    return full_record(log, meta, thin=whole > WHOLE)


def leaves_looks_out(log: EventLog) -> bool:
    """Whether a record is so large that most of its looks are left out."""
    return _is_compact(log) and _sizes(log)[0] > WHOLE


def _is_compact(log: EventLog) -> bool:
    kinds = log.columns["kind"].tobytes()
    return any(bytes([kind]) in kinds for kind in FOLDED)


def _sizes(log: EventLog) -> tuple[int, int]:
    from sim.analysis.unfolding import sizes  # noqa: PLC0415 - few records need it

    return sizes(log)
