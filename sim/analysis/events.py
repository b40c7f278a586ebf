"""Kubernetes events of a run: texts from rows, and as ``kubectl get events`` shows.

The engine records facts; the words are made here, from a row's columns and its cause.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from sim.analysis import event_texts
from sim.analysis.columns import Columns, Ints
from sim.analysis.event_texts import Words
from sim.record.kinds import SHAPES, Kind
from sim.record.log import NONE, EventLog, Row
from sim.rules.event_correlator import (
    Event,
    EventCorrelator,
    InvolvedObject,
    StoredEvent,
)
from sim.rules.kubectl_events import EVENT_COLUMNS, get_events_rows, sorted_events
from sim.rules.kubectl_get import format_table
from sim.units import HOUR, SECOND

# How long the API server keeps an Event that nobody writes to (--event-ttl).
TTL_US = HOUR
# Of a pod that was there when the state was saved.
_BEFORE_THE_RUN = (Kind.POD_CREATED, Kind.SCHEDULED, Kind.STARTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class KubernetesEvent:
    """One event as its component sent it, before any counting.

    ``object`` is ``kind/name``; ``container`` stands for the field path, empty where
    the event is about the whole object. ``uid`` tells pods of one name apart; ``row``
    is the row of the record that it was made of.
    """

    time_us: int
    type: str
    reason: str
    namespace: str
    object: str
    component: str
    node: str
    message: str
    container: str = ""
    uid: str = ""
    row: int = NONE


class _Wording:
    """The words of each kind of event, looked up once."""

    __slots__ = ("about", "component", "message", "reason", "type")

    def __init__(self, kind: Kind, meta: dict[str, Any]) -> None:
        self.about = event_texts.about(kind)
        self.component = event_texts.component(kind)
        self.message = event_texts.message(kind, meta)
        self.reason = event_texts.reason(kind)
        self.type = event_type(kind)


def event_type(kind: Kind) -> str:
    """Return whether events of a kind are warnings."""
    return "Warning" if SHAPES[kind].warning else "Normal"


def event_rows(columns: Columns) -> Ints:
    """Return the rows of a record that are events.

    Bare pods are made and deleted without an event of a controller. What had happened
    before a cluster's state was saved is no event of the run.
    """
    rows = columns.rows(*event_texts.EVENTS)
    kinds, causes = columns.kinds(rows), columns.numbers("cause", rows)
    has_text = columns.numbers("text", rows) >= 0
    owners = columns.numbers("object", rows)
    by_itself = columns.mapped(owners, lambda owner: bool(event_texts.maker(owner)))
    told = has_text | (kinds != Kind.POD_CREATED) | by_itself.astype(np.bool_)
    told &= has_text | (kinds != Kind.POD_DELETED)
    saved = (causes >= 0) & (columns.kinds(causes) == Kind.POD_SAVED)
    return rows[np.where(saved, ~np.isin(kinds, _BEFORE_THE_RUN), told)]


def kubernetes_events(
    log: EventLog, meta: dict[str, Any], rows: Iterable[int] | None = None
) -> Iterator[KubernetesEvent]:
    """Yield the events of a run in order, or those that some of ``event_rows`` are."""
    columns = Columns(log)
    made: dict[int, list[int]] = {}  # pod -> when one of its name was made
    created = columns.rows(Kind.POD_CREATED)
    names = columns.numbers("pod", created).tolist()
    for name, number in zip(names, created.tolist(), strict=True):
        made.setdefault(name, []).append(number)
    wanted = event_rows(columns).tolist() if rows is None else rows
    pods = log.columns["pod"]
    del columns  # a live record grows while its events are read
    wordings = {kind: _Wording(kind, meta) for kind in event_texts.EVENTS}
    for number in wanted:
        row = log[number]
        times = bisect_right(made.get(pods[number], ()), number)
        yield _event(log, row, wordings[row.kind], times)


def _event(log: EventLog, row: Row, words: _Wording, made: int) -> KubernetesEvent:
    namespace, _, name = _said(log, row, words.about).partition("/")
    return KubernetesEvent(
        time_us=row.time_us,
        type=words.type,
        reason=_said(log, row, words.reason),
        namespace=namespace if name else "default",
        object=name or namespace,
        component=_said(log, row, words.component),
        node=row.node,
        container=row.container,
        message=_said(log, row, words.message),
        uid=str(made) if row.kind not in event_texts.OF_PODS else "",
        row=row.row,
    )


def _said(log: EventLog, row: Row, words: Words) -> str:
    return words.say(*(_value(log, row, column) for column in words.columns))


def _value(log: EventLog, row: Row, column: str) -> Any:
    if column == event_texts.SINCE_CAUSE:
        return row.time_us - log[row.cause].time_us
    return getattr(row, column)


def stored_events(
    events: Iterable[KubernetesEvent], now_us: int
) -> Iterator[StoredEvent]:
    """Yield the Event objects that the API holds at a moment, in order of creation.

    Every component correlates what it sends on its own, a kubelet on every node.
    """
    kept: dict[str, StoredEvent] = {}
    past = takewhile(lambda event: event.time_us <= now_us, events)
    for _, stored in event_writes(past):
        kept[stored.name] = stored
    yield from (one for one in kept.values() if now_us - one.last_s * SECOND < TTL_US)


def event_writes(
    events: Iterable[KubernetesEvent],
) -> Iterator[tuple[KubernetesEvent, StoredEvent]]:
    """Yield every write of an Event object to the API, with what it was made of."""
    correlators: dict[tuple[str, str], EventCorrelator] = {}
    for event in events:
        source = (event.component, event.node)
        correlator = correlators.setdefault(source, EventCorrelator())
        write = correlator.correlate(_sent(event))
        if write is not None:
            yield event, write.event


def _sent(event: KubernetesEvent) -> Event:
    kind, _, name = event.object.partition("/")
    return Event(
        component=event.component,
        host=event.node,
        object=InvolvedObject(
            kind=kind, namespace=event.namespace, name=name, uid=event.uid
        ),
        field_path=event.container,
        type=event.type,
        reason=event.reason,
        message=event.message,
        time_us=event.time_us,
    )


def get_events(log: EventLog, meta: dict[str, Any], now_us: int) -> str:
    """Return ``kubectl get events -A --sort-by=.lastTimestamp`` at a moment."""
    stored = stored_events(kubernetes_events(log, meta), now_us)
    events = sorted_events(stored)
    rows = zip(events, get_events_rows(events, now_us), strict=True)
    return format_table(
        [
            ("NAMESPACE", *EVENT_COLUMNS),
            *((event.object.namespace, *row) for event, row in rows),
        ]
    )
