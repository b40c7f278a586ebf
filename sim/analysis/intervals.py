"""Intervals from changes: what holds, from when to when.

A change is a row with a key, which is a group (a pod, a node) and a member (a
container, an image), and a value, such as the reason for waiting. A row that starts
what holds already changes nothing; one that starts something else ends what held.
"""

from dataclasses import dataclass

import numpy as np

from sim.analysis.columns import Flags, Ints

ENDS = -2  # the value of a row that ends what holds
ALWAYS_NEW = -3  # a value that is never the one that holds already


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """Rows that start or end what holds, in any order; ``values`` may be ``ENDS``."""

    rows: Ints
    groups: Ints
    members: Ints
    values: Ints

    @staticmethod
    def joined(*parts: "Changes") -> "Changes":
        """Return several as one."""
        return Changes(
            rows=np.concatenate([one.rows for one in parts]),
            groups=np.concatenate([one.groups for one in parts]),
            members=np.concatenate([one.members for one in parts]),
            values=np.concatenate([one.values for one in parts]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Intervals:
    """The row that began each interval, when that was, when it ended, if it did."""

    rows: Ints
    start_us: Ints
    end_us: Ints
    open: Flags


def intervals(
    changes: Changes,
    times_us: Ints,
    until_us: int,
    *,
    ends: tuple[Ints, Ints] | None = None,
) -> Intervals:
    """Return every interval in order of its start; open ones end with the run.

    ``times_us`` are those of all rows. ``ends`` are rows, and the groups of which
    they end all that holds. Of intervals that start together those come first that
    ended first; then come the open ones, by when something of their group began.
    """
    if not len(changes.rows):
        none = np.zeros(0, dtype=np.int64)
        return Intervals(
            rows=none, start_us=none, end_us=none, open=none.astype(np.bool_)
        )
    # The spans of a group between its ends are as good as groups of their own.
    spans, last_rows = _spans(changes, ends)
    order = np.lexsort((changes.rows, changes.members, spans))
    values = changes.values[order]
    follows = _follows(spans[order], changes.members[order])
    goes_on = (values[1:] == values[:-1]) & (values[1:] != ALWAYS_NEW)
    kept = np.r_[True, ~(follows[1:] & goes_on)]
    order, values = order[kept], values[kept]
    spans, rows, last_rows = spans[order], changes.rows[order], last_rows[order]
    starts = values != ENDS
    closed = np.r_[_follows(spans, changes.members[order])[1:], False]
    ended_by = np.where(closed, np.r_[rows[1:], 0], last_rows)
    began, ended_by = rows[starts], ended_by[starts]
    still = ended_by < 0
    rank = np.where(still, _first(spans[starts], began), ended_by)
    start_us = times_us[began]
    placed = np.lexsort((began, rank, still, start_us))
    end_us = np.where(still, until_us, times_us[np.maximum(ended_by, 0)])
    return Intervals(
        rows=began[placed],
        start_us=start_us[placed],
        end_us=end_us[placed],
        open=still[placed],
    )


def _follows(groups: Ints, members: Ints) -> Flags:
    """Whether each has the group and the member of the one before."""
    same = (groups[1:] == groups[:-1]) & (members[1:] == members[:-1])
    return np.concatenate([[False], same])


def _spans(changes: Changes, ends: tuple[Ints, Ints] | None) -> tuple[Ints, Ints]:
    """Return, for each change, a number of its group's span and the row that ends it.

    -1 where nothing ends it.
    """
    if ends is None or not len(ends[0]):
        return changes.groups, np.full(len(changes.rows), -1)
    end_rows, end_groups = ends
    order = np.lexsort((end_rows, end_groups))
    end_rows, end_groups = end_rows[order], end_groups[order]
    size = int(max(changes.rows.max(initial=0), end_rows.max())) + 1
    place = np.searchsorted(
        end_groups * size + end_rows, changes.groups * size + changes.rows
    )
    known = np.minimum(place, len(end_rows) - 1)
    ended = (place < len(end_rows)) & (end_groups[known] == changes.groups)
    spans = changes.groups * (len(end_rows) + 1) + place
    return spans, np.where(ended, end_rows[known], -1)


def _first(groups: Ints, rows: Ints) -> Ints:
    """Return, for each row, the first row of its group."""
    _, inverse = np.unique(groups, return_inverse=True)
    first = np.full(int(inverse.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, inverse, rows)
    return first[inverse]
