"""Kubernetes events of a run: texts from rows, and as ``kubectl get events`` shows.

The engine records facts; the words are made here, from a row's columns and its cause.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sim.analysis import compact
from sim.record.kinds import SHAPES, Kind
from sim.record.log import NONE, EventLog, Row
from sim.rules import event_messages
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


# Workloads whose pods are not made through a ReplicaSet: who makes them.
_MAKERS = {
    "statefulset": "statefulset-controller",
    "daemonset": "daemonset-controller",
    "replicationcontroller": "replication-controller",
    "job": "job-controller",
    "cronjob": "job-controller",
}
_OF_JOBS = (Kind.JOB_COMPLETED, Kind.JOB_FAILED)
_OF_CRON_JOBS = (Kind.JOB_CREATED, Kind.JOB_SKIPPED)
_OF_PODS = (Kind.POD_CREATED, Kind.POD_DELETED)
_OF_NODES = (
    Kind.NODE_READY,
    Kind.NODE_NOT_READY,
    Kind.FREE_DISK_SPACE_FAILED,
    Kind.IMAGE_GC_FAILED,
    Kind.INVALID_DISK_CAPACITY,
)
_EVENTS = frozenset(kind for kind, shape in SHAPES.items() if shape.event)


def kubernetes_events(log: EventLog, meta: dict[str, Any]) -> Iterator[KubernetesEvent]:
    """Yield the events of a run in order."""
    new_wording = bool(meta.get("profile", {}).get("new_container_wording", True))
    made: Counter[str] = Counter()  # pod -> how often one of its name was made
    for row in compact.rows(log, _EVENTS):
        made[row.pod] += row.kind is Kind.POD_CREATED
        shape = SHAPES[row.kind]
        if not _is_event(log, row):
            continue
        namespace, _, name = _about(row).partition("/")
        yield KubernetesEvent(
            time_us=row.time_us,
            type="Warning" if shape.warning else "Normal",
            reason=row.reason if row.kind is Kind.JOB_FAILED else shape.event,
            namespace=namespace if name else "default",
            object=name or namespace,
            component=_component(row),
            node=row.node,
            container=row.container,
            message=_message(log, row, new_wording=new_wording),
            uid=str(made[row.pod]) if row.kind not in _OF_PODS else "",
            row=row.row,
        )


def _is_event(log: EventLog, row: Row) -> bool:
    """Bare pods are made and deleted without an event of a controller.

    What had happened before a cluster's state was saved is no event of the run.
    """
    if row.cause != NONE and log[row.cause].kind is Kind.POD_SAVED:
        return row.kind not in (Kind.POD_CREATED, Kind.SCHEDULED, Kind.STARTED)
    if row.kind is Kind.POD_CREATED:
        return bool(row.text or _maker(row))
    return row.kind is not Kind.POD_DELETED or bool(row.text)


def _maker(row: Row) -> str:
    """Return the kind of a workload whose controller makes and deletes pods itself."""
    kind = row.object.split("/")[1] if row.kind in _OF_PODS and row.object else ""
    return kind if kind in _MAKERS else ""


def _component(row: Row) -> str:
    maker = _maker(row)
    return _MAKERS[maker] if maker else SHAPES[row.kind].component


def _about(row: Row) -> str:
    """The involved object: namespace/kind/name."""
    if row.kind in (Kind.FAILED_DAEMON_POD, Kind.SUCCEEDED_DAEMON_POD):
        return row.object
    maker = _maker(row)
    if row.kind in _OF_JOBS or maker == "cronjob":
        return f"{row.object.partition('/')[0]}/job/{row.text}"
    if row.kind in (Kind.SCALED_REPLICA_SET, *_OF_CRON_JOBS) or maker:
        return row.object
    if row.kind in _OF_PODS:
        return f"{row.pod.partition('/')[0]}/replicaset/{row.text}"
    if row.kind in _OF_NODES:
        return f"default/node/{row.node}"
    namespace, _, name = row.pod.partition("/")
    return f"{namespace}/pod/{name}"


def _message(log: EventLog, row: Row, *, new_wording: bool) -> str:  # noqa: C901, PLR0912 - one case a kind
    namespace, _, pod = row.pod.partition("/")
    match row.kind:
        case Kind.PULLING:
            return event_messages.pulling(row.image)
        case Kind.PULLED:
            waiting_us = row.time_us - log[row.cause].time_us
            return event_messages.pulled(row.image, row.span, waiting_us, row.amount)
        case Kind.PRESENT:
            return event_messages.already_present(row.image, checked=bool(row.amount))
        case Kind.PULL_FAILED:
            return event_messages.failed_to_pull(row.image, row.text)
        case Kind.BACK_OFF:
            return event_messages.back_off_pulling(row.image)
        case Kind.NEVER_PULL:
            return event_messages.never_pull(row.image)
        case Kind.START_FAILED:
            return event_messages.error(row.reason)
        case Kind.CREATED:
            return event_messages.created(row.container, new_wording=new_wording)
        case Kind.STARTED:
            return event_messages.started(row.container, new_wording=new_wording)
        case Kind.KILLING:
            return event_messages.killing(row.container, row.text)
        case Kind.RESTART_BACK_OFF:
            return event_messages.back_off_restarting(
                row.container, pod, namespace, row.text
            )
        case Kind.SECRETS_MISSING:
            return event_messages.pull_secrets_missing(row.text.split(", "))
        case Kind.SCALED_REPLICA_SET:
            return event_messages.scaled(row.text, row.span, row.amount)
        case Kind.POD_CREATED:
            return _about_pod(row, "create", event_messages.created_pod(pod))
        case Kind.POD_DELETED:
            return _about_pod(row, "delete", event_messages.deleted_pod(pod))
        case Kind.SCHEDULED:
            return event_messages.scheduled(namespace, pod, row.node)
        case Kind.NODE_READY:
            return event_messages.node_status(row.node, "NodeReady")
        case Kind.NODE_NOT_READY:
            return event_messages.node_status(row.node, "NodeNotReady")
        case Kind.JOB_COMPLETED:
            return event_messages.JOB_COMPLETED
        case Kind.JOB_FAILED:
            return event_messages.JOB_FAILED[row.reason]
        case Kind.JOB_CREATED:
            return event_messages.created_job(row.text)
        case Kind.JOB_SKIPPED:
            return event_messages.JOB_ALREADY_ACTIVE
        case Kind.FAILED_DAEMON_POD:
            return event_messages.found_failed_daemon_pod(namespace, pod, row.node)
        case Kind.SUCCEEDED_DAEMON_POD:
            return event_messages.found_succeeded_daemon_pod(namespace, pod, row.node)
        case Kind.POD_EVICTED:
            return event_messages.marking_for_deletion(namespace, pod)
    return row.text


def _about_pod(row: Row, verb: str, otherwise: str) -> str:
    """Return what a pod's maker says; a StatefulSet has words of its own."""
    if _maker(row) != "statefulset":
        return otherwise
    pod, name = row.pod.rpartition("/")[2], row.object.rpartition("/")[2]
    return event_messages.stateful_pod(verb, pod, name)


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
