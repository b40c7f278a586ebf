"""Compact records: what their rows stand for.

A compact record has one row (``PULL_RETRIED``, ``BACKED_OFF``) where a full one has
one for each step of an attempt, and for each look; see the shapes of these kinds.
Counts, and the times of attempts, are those of the full record. The times of looks
are not known but for the last one; they are taken to lie as far apart as they do on
average. Rows that are unfolded have the number of the row that they were folded into.
"""

from collections import Counter
from collections.abc import Collection, Iterator

from sim.record.kinds import Kind
from sim.record.log import EventLog, Row
from sim.rules import event_messages
from sim.rules.reasons import WaitingReason
from sim.units import MILLISECOND

COMPACT = (Kind.PULL_RETRIED, Kind.BACKED_OFF)
Key = tuple[Kind, str, str]
"""A kind, the node and the pod; the pod is empty where rows of a kind name none."""

_ATTEMPT = (Kind.PULLING, Kind.PULL_FAILED, Kind.START_FAILED)
_LOOK = (Kind.BACK_OFF, Kind.START_FAILED)


def totals(log: EventLog) -> Counter[Key]:
    """Return how many rows of each kind a full record has, by node and pod."""
    columns, found = log.columns, Counter[tuple[int, int, int]]()
    compact: list[int] = []
    kinds = columns["kind"]
    cells = zip(kinds, columns["node"], columns["pod"], strict=True)
    for row, (kind, node, pod) in enumerate(cells):
        if kind in COMPACT:
            compact.append(row)
        else:
            found[kind, node, pod] += 1
    text = log.names.text
    counts = Counter(
        {
            (Kind(kind), text(node), text(pod)): n
            for (kind, node, pod), n in found.items()
        }
    )
    for number in compact:
        for key, count in _steps(log[number]):
            counts[key] += count
    return +counts


def _steps(row: Row) -> Iterator[tuple[Key, int]]:
    """Yield what one row of a compact record stands for."""
    for kind in _LOOK:
        yield (kind, row.node, row.pod), row.amount
    yield (Kind.CONTAINER_WAITING, row.node, row.pod), len(statuses(row))
    if row.kind is Kind.PULL_RETRIED:
        for kind in _ATTEMPT:
            yield (kind, row.node, row.pod), 1
        if row.object:
            yield (Kind.PULL_STARTED, row.node, row.pod), 1
            yield (Kind.REQUEST, row.node, ""), 1


def statuses(row: Row) -> list[str]:
    """Return the reasons that the API showed meanwhile, in order."""
    return row.reason.split(", ") if row.reason else []


# --- as the rows of a full record ---

# From the shortest requeue to the longest, and to the next tick.
BETWEEN_LOOKS_US = 13_000 * MILLISECOND


def rows(log: EventLog, kinds: Collection[Kind], pod: str = "") -> Iterator[Row]:
    """Yield the rows of these kinds, of one pod or all, unfolded; by time for a pod."""
    unfolding = _Unfolding()
    number = log.names.find(pod) if pod else None
    pods, wanted = log.columns["pod"], {*kinds, *COMPACT, Kind.PULL_FAILED}
    for place, kind in enumerate(log.columns["kind"]):
        if kind not in wanted or (pod and pods[place] != number):
            continue
        if kind in COMPACT:
            unfolded = unfolding.rows(log[place])
            yield from (one for one in unfolded if one.kind in kinds)
            continue
        row = log[place]
        unfolding.note(row)
        if kind in kinds:
            yield row


class _Unfolding:
    """What was last known of each container whose rows are unfolded."""

    __slots__ = ("_failures",)

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], tuple[int, str]] = {}

    def note(self, row: Row) -> None:
        """Know when a pull failed, and why."""
        if row.kind in (Kind.PULL_FAILED, Kind.PULL_RETRIED):
            self._failures[row.pod, row.container] = (row.time_us, row.text)

    def rows(self, row: Row) -> Iterator[Row]:
        """Yield what one row stands for."""
        shown = iter(self._statuses(row))
        before_us, _ = self._failures.get((row.pod, row.container), (0, ""))
        for time_us in _looks(row, before_us):
            at = row._replace(time_us=time_us, amount=0, span=0, reason="", text="")
            yield from (_status(at, one) for one in [next(shown, None)] if one)
            yield at._replace(kind=Kind.BACK_OFF, object="")
            reason = WaitingReason.IMAGE_PULL_BACK_OFF
            yield at._replace(kind=Kind.START_FAILED, object="", reason=reason)
        began = row._replace(
            time_us=row.time_us - row.span, amount=0, span=0, reason="", text=""
        )
        yield from (_status(began, one) for one in shown)
        if row.kind is Kind.PULL_RETRIED:
            yield from _attempt(began, row)
        self.note(row)

    def _statuses(self, row: Row) -> list[tuple[str, str]]:
        """Return reasons and messages that the API showed meanwhile."""
        _, error = self._failures.get((row.pod, row.container), (0, ""))
        failed = WaitingReason.ERR_IMAGE_PULL
        backing_off = event_messages.back_off_pulling(row.image)
        return [
            (reason, error if reason == failed else f"{backing_off}: {failed}: {error}")
            for reason in statuses(row)
        ]


def _looks(row: Row, before_us: int) -> list[int]:
    """Return the times of looks, none before ``before_us``."""
    last_us = row.time_us - row.span
    if row.kind is Kind.PULL_RETRIED:
        last_us -= BETWEEN_LOOKS_US
    first_us = last_us - (row.amount - 1) * BETWEEN_LOOKS_US
    times = (first_us + number * BETWEEN_LOOKS_US for number in range(row.amount))
    return [max(before_us, time_us) for time_us in times]


def _status(at: Row, shown: tuple[str, str]) -> Row:
    reason, message = shown
    kind = Kind.CONTAINER_WAITING
    return at._replace(kind=kind, object="", reason=reason, text=message)


def _attempt(began: Row, row: Row) -> Iterator[Row]:
    """Yield the steps of an attempt; its own number stands for that of its start."""
    plain = began._replace(object="", source=-1)
    yield plain._replace(kind=Kind.PULLING)
    ended = plain._replace(time_us=row.time_us, cause=row.row)
    if row.object:
        asked = began._replace(cause=row.row, container="")
        yield asked._replace(kind=Kind.PULL_STARTED, object="", text="anonymous")
        yield asked._replace(
            kind=Kind.REQUEST,
            time_us=row.time_us,
            pod="",
            object=row.object,
            text=ASKED,
        )
    yield ended._replace(kind=Kind.PULL_FAILED, text=row.text)
    yield ended._replace(kind=Kind.START_FAILED, reason=WaitingReason.ERR_IMAGE_PULL)


ASKED = "HEAD manifest 404"
