"""Kubernetes events of a run: texts from rows, and as ``kubectl get events`` shows.

The engine records facts; the words are made here, from a row's columns and its cause.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.record.kinds import SHAPES, Kind
from sim.record.log import EventLog, Row
from sim.rules import event_messages
from sim.rules.durations import human_duration
from sim.units import SECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class KubernetesEvent:
    """One event as its component sent it, before any counting."""

    time_us: int
    type: str
    reason: str
    namespace: str
    object: str
    component: str
    node: str
    message: str


def kubernetes_events(log: EventLog, meta: dict[str, Any]) -> Iterator[KubernetesEvent]:
    """Yield the events of a run in order."""
    new_wording = bool(meta.get("profile", {}).get("new_container_wording", True))
    for number in range(len(log)):
        row = log[number]
        shape = SHAPES[row.kind]
        if not shape.event or not _is_event(row):
            continue
        namespace, _, name = _about(row).partition("/")
        yield KubernetesEvent(
            time_us=row.time_us,
            type="Warning" if shape.warning else "Normal",
            reason=shape.event,
            namespace=namespace if name else "default",
            object=name or namespace,
            component=shape.component,
            node=row.node,
            message=_message(log, row, new_wording=new_wording),
        )


def _is_event(row: Row) -> bool:
    """Bare pods are made and deleted without an event of a ReplicaSet."""
    by_controller = row.kind not in (Kind.POD_CREATED, Kind.POD_DELETED)
    return by_controller or bool(row.text)


def _about(row: Row) -> str:
    """The involved object: namespace/kind/name."""
    if row.kind is Kind.SCALED_REPLICA_SET:
        return row.object
    if row.kind in (Kind.POD_CREATED, Kind.POD_DELETED):
        return f"{row.pod.partition('/')[0]}/replicaset/{row.text}"
    if row.kind in (Kind.NODE_READY, Kind.NODE_NOT_READY):
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
            return event_messages.killing(row.container)
        case Kind.RESTART_BACK_OFF:
            return event_messages.back_off_restarting(
                row.container, pod, namespace, row.text
            )
        case Kind.SECRETS_MISSING:
            return event_messages.pull_secrets_missing(row.text.split(", "))
        case Kind.SCALED_REPLICA_SET:
            return event_messages.scaled(row.text, row.span, row.amount)
        case Kind.POD_CREATED:
            return event_messages.created_pod(pod)
        case Kind.POD_DELETED:
            return event_messages.deleted_pod(pod)
        case Kind.SCHEDULED:
            return event_messages.scheduled(namespace, pod, row.node)
        case Kind.NODE_READY:
            return event_messages.node_status(row.node, "NodeReady")
        case Kind.NODE_NOT_READY:
            return event_messages.node_status(row.node, "NodeNotReady")
        case Kind.POD_EVICTED:
            return event_messages.marking_for_deletion(namespace, pod)
    return row.text


@dataclass(slots=True)
class _Stored:
    """An event as the API keeps it: equal ones are counted."""

    event: KubernetesEvent
    count: int
    last_us: int


def get_events(log: EventLog, meta: dict[str, Any], now_us: int) -> str:
    """Return the table of ``kubectl get events``, oldest last-seen first."""
    stored: dict[tuple[str, ...], _Stored] = {}
    for event in kubernetes_events(log, meta):
        key = (event.namespace, event.object, event.reason, event.message)
        known = stored.setdefault(key, _Stored(event, 0, 0))
        known.count += 1
        known.last_us = event.time_us
    rows = [("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")]
    for one in sorted(stored.values(), key=lambda s: s.last_us):
        event = one.event
        rows.append(
            (
                event.namespace,
                _age(one, now_us),
                event.type,
                event.reason,
                event.object,
                event.message,
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join(
        "   ".join(
            [
                *(cell.ljust(w) for cell, w in zip(row[:5], widths, strict=True)),
                row[5],
            ]
        )
        for row in rows
    )


def _age(one: _Stored, now_us: int) -> str:
    last = human_duration((now_us - one.last_us) // SECOND)
    if one.count == 1:
        return last
    first = human_duration((now_us - one.event.time_us) // SECOND)
    return f"{last} (x{one.count} over {first})"
