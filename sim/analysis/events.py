"""Kubernetes events of a run: texts from rows, and as ``kubectl get events`` shows.

The engine records facts; the words are made here, from a row's columns and its cause.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sim.analysis.columns import Columns, Ints
from sim.analysis.event_table import event_rows, event_table, pod_uids
from sim.record.log import EventLog
from sim.record.rows import NONE
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


def kubernetes_events(
    log: EventLog, meta: dict[str, Any], rows: Ints | None = None
) -> Iterator[KubernetesEvent]:
    """Yield the events of a run in order, or those that some of ``event_rows`` are."""
    columns = Columns(log)
    rows = event_rows(columns) if rows is None else rows
    table = event_table(columns, meta, rows)
    table["container"] = columns.texts("container", rows)
    table["uid"] = pod_uids(columns, rows)
    del columns  # a live record grows while its events are read
    names = [str(name) for name in table.columns]
    cells = [table[name].tolist() for name in names]
    for one in zip(*cells, strict=True):
        yield KubernetesEvent(**dict(zip(names, one, strict=True)))


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
