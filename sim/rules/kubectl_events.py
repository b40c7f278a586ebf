"""Stored events as kubectl prints them: three commands, three tables.

``kubectl describe pod`` and ``kubectl events`` sort by the last time and show counts
(``2m43s (x8 over 5m50s)``); ``kubectl get events`` does neither.

Source: kubectl pkg/describe/describe.go (``DescribeEvents``), pkg/cmd/events,
pkg/util/event/sorted_event_list.go; pkg/printers/internalversion (``printEvent``).
"""

from collections.abc import Iterable, Sequence

from sim.rules.durations import human_age
from sim.rules.event_correlator import StoredEvent
from sim.rules.kubectl_get import table_cell
from sim.units import SECOND

EVENT_COLUMNS = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")
NO_EVENTS = "Events:\t<none>"
_DESCRIBE_HEAD = (
    "Events:",
    "  Type\tReason\tAge\tFrom\tMessage",
    "  ----\t------\t----\t----\t-------",
)


def sorted_events(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Return events by their last time; equal ones keep their order.

    Upstream's sort keeps it too for up to twelve events, and not above.

    Source: sorted_event_list.go, ``SortableEvents``.
    """
    return sorted(events, key=lambda event: event.last_s)


def event_age(event: StoredEvent, now_us: int) -> str:
    """Return ``95s``, or for more than one ``2s (x4 over 95s)``.

    Source: describe.go, ``DescribeEvents``.
    """
    first = human_age(event.first_s * SECOND, now_us)
    if event.count <= 1:
        return first
    last = human_age(event.last_s * SECOND, now_us)
    return f"{last} (x{event.count} over {first})"


def describe_events(events: Sequence[StoredEvent], now_us: int) -> list[str]:
    """Return the end of ``kubectl describe pod``; tabs part the columns.

    ``events`` are those of one object, in the order of their creation.
    """
    if not events:
        return [NO_EVENTS]
    rows = [_described(event, now_us) for event in sorted_events(events)]
    return [*_DESCRIBE_HEAD, *rows]


def _described(event: StoredEvent, now_us: int) -> str:
    path = f"{event.field_path}: " if event.field_path else ""
    cells = (
        event.type,
        event.reason,
        event_age(event, now_us),
        event.component,
        path + event.message.strip(),
    )
    return "  " + "\t".join(cells)


def get_events_rows(
    events: Iterable[StoredEvent], now_us: int
) -> list[tuple[str, ...]]:
    """Return the rows of ``kubectl get events``, in the order given.

    Without ``--sort-by`` that is the API's: by namespace, then by name.
    """
    return [
        (
            human_age(event.last_s * SECOND, now_us),
            event.type,
            event.reason,
            f"{event.object.kind.lower()}/{event.object.name}",
            table_cell(event.message.strip()),
        )
        for event in events
    ]


def events_rows(events: Iterable[StoredEvent], now_us: int) -> list[tuple[str, ...]]:
    """Return the rows of ``kubectl events``, the latest last."""
    return [
        (
            event_age(event, now_us),
            event.type,
            event.reason,
            f"{event.object.kind}/{event.object.name}",
            table_cell(event.message.strip()),
        )
        for event in sorted_events(events)
    ]
