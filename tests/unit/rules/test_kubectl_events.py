"""Three commands print the same events in three ways."""

from sim.rules.event_correlator import InvolvedObject, StoredEvent
from sim.rules.kubectl_events import (
    EVENT_COLUMNS,
    describe_events,
    event_age,
    events_rows,
    get_events_rows,
    sorted_events,
)
from sim.units import SECOND


def stored(
    message: str,
    *,
    number: int = 1,
    count: int = 1,
    first_s: int = 0,
    last_s: int = 0,
    path: str = "spec.containers{app}",
    pod: str = "web-1",
    namespace: str = "shop",
) -> StoredEvent:
    return StoredEvent(
        name=f"{pod}.{number:x}",
        component="kubelet",
        object=InvolvedObject(kind="Pod", namespace=namespace, name=pod),
        field_path=path,
        type="Normal",
        reason="Pulling",
        message=message,
        count=count,
        first_s=first_s,
        last_s=last_s,
    )


def test_a_pod_without_events_says_none() -> None:
    """The table is one line then, without a header."""
    assert describe_events([], 0) == ["Events:\t<none>"]


def test_describe_shows_the_path_the_count_and_the_component() -> None:
    """A single event shows its first age, a repeated one both."""
    events = [
        stored("  Pulling image  ", count=4, first_s=0, last_s=93),
        stored("hello", first_s=2, last_s=2, path=""),
    ]

    lines = describe_events(events, 95 * SECOND)

    assert lines == [
        "Events:",
        "  Type\tReason\tAge\tFrom\tMessage",
        "  ----\t------\t----\t----\t-------",
        "  Normal\tPulling\t93s\tkubelet\thello",
        (
            "  Normal\tPulling\t2s (x4 over 95s)\tkubelet\t"
            "spec.containers{app}: Pulling image"
        ),
    ]


def test_a_count_of_one_shows_the_first_age() -> None:
    """The last time only shows beside a count."""
    event = stored("a", count=1, first_s=0, last_s=50)

    assert event_age(event, 60 * SECOND) == "60s"


def test_equal_last_times_keep_the_order_of_creation() -> None:
    """Sorting looks at the last time and at nothing else."""
    events = [stored("late", last_s=9), stored("b", last_s=5), stored("a", last_s=5)]

    assert [event.message for event in sorted_events(events)] == ["b", "a", "late"]


def test_get_events_keeps_the_order_and_shows_no_counts() -> None:
    """The server's table is not sorted by time, and shows the last age alone."""
    events = [
        stored("second", number=2, count=3, last_s=50),
        stored("first", number=1, last_s=55),
    ]

    rows = get_events_rows(events, 60 * SECOND)

    assert rows == [
        ("10s", "Normal", "Pulling", "pod/web-1", "second"),
        ("5s", "Normal", "Pulling", "pod/web-1", "first"),
    ]


def test_kubectl_events_sorts_and_counts() -> None:
    """The newer command shows counts, the kind as it is written, the latest last."""
    events = [
        stored("two\nlines", count=2, last_s=58),
        stored("first", last_s=1, first_s=1),
    ]

    rows = events_rows(events, 60 * SECOND)

    assert rows == [
        ("59s", "Normal", "Pulling", "Pod/web-1", "first"),
        ("2s (x2 over 60s)", "Normal", "Pulling", "Pod/web-1", "two..."),
    ]


def test_columns_are_headed_as_kubectl_heads_them() -> None:
    """Five columns, as many as a row has."""
    heads = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]

    assert list(EVENT_COLUMNS) == heads
    assert len(get_events_rows([stored("one")], 0)[0]) == len(heads)
