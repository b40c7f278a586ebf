"""Events are combined, counted and dropped as client-go does."""

from collections.abc import Sequence

from sim.rules.event_correlator import (
    COMBINED,
    Event,
    EventCorrelator,
    InvolvedObject,
    StoredEvent,
    Verb,
    Write,
)
from sim.units import SECOND

WEB = InvolvedObject(kind="Pod", namespace="shop", name="web-1", uid="u1")


def an_event(
    message: str,
    at_s: float = 0,
    *,
    kind: str = "Normal",
    reason: str = "Pulling",
    path: str = "spec.containers{app}",
    about: InvolvedObject = WEB,
) -> Event:
    return Event(
        component="kubelet",
        host="n1",
        object=about,
        field_path=path,
        type=kind,
        reason=reason,
        message=message,
        time_us=round(at_s * SECOND),
    )


def written(write: Write | None) -> tuple[str, str, int]:
    assert write is not None
    return str(write.verb), write.event.message, write.event.count


def send(
    correlator: EventCorrelator, count: int, at_s: float = 0
) -> list[tuple[str, str, int]]:
    """Send texts ``0``, ``1``, ... and return what is written of each."""
    events = [an_event(str(n), at_s) for n in range(count)]
    return [written(correlator.correlate(event)) for event in events]


def test_a_first_event_is_created_with_whole_seconds() -> None:
    """Times are cut, not rounded; the name holds the nanosecond of the first event."""
    write = EventCorrelator().correlate(an_event("hello", 1.9))

    assert write == Write(
        verb=Verb.CREATE,
        event=StoredEvent(
            name=f"web-1.{1_900_000_000:x}",
            component="kubelet",
            host="n1",
            object=WEB,
            field_path="spec.containers{app}",
            type="Normal",
            reason="Pulling",
            message="hello",
            count=1,
            first_s=1,
            last_s=1,
        ),
    )


def test_the_same_event_again_is_a_patch() -> None:
    """Count and last time move; name and first time stay, however long the pause."""
    correlator = EventCorrelator()
    first = correlator.correlate(an_event("hello", 1))

    second = correlator.correlate(an_event("hello", 9_000))

    assert first is not None
    assert second is not None
    assert written(second) == ("patch", "hello", 2)
    assert second.event.name == first.event.name
    assert (second.event.first_s, second.event.last_s) == (1, 9_000)


def test_events_that_differ_in_anything_are_counted_apart() -> None:
    """Container, type, reason, message and object each make another event."""
    correlator = EventCorrelator()
    other = InvolvedObject(kind="Pod", namespace="shop", name="web-1", uid="u2")
    events = [
        an_event("a"),
        an_event("b"),
        an_event("a", path="spec.initContainers{app}"),
        an_event("a", kind="Warning"),
        an_event("a", reason="Pulled"),
        an_event("a", about=other),
    ]

    writes = [correlator.correlate(event) for event in events]

    assert [write.verb for write in writes if write] == [Verb.CREATE] * 6


def test_events_of_one_instant_get_different_names() -> None:
    """Simulated clocks stand still; names must differ all the same."""
    correlator = EventCorrelator()

    writes = [correlator.correlate(an_event(text, 1)) for text in ("a", "b", "c")]

    names = [write.event.name for write in writes if write]
    assert names == [f"web-1.{1_000_000_000 + n:x}" for n in range(3)]


def test_the_tenth_different_text_is_combined() -> None:
    """Nine texts stand for themselves, further ones share one event."""
    writes = send(EventCorrelator(), 11)

    assert writes[8] == ("create", "8", 1)
    assert writes[9] == ("create", f"{COMBINED}9", 1)
    assert writes[10] == ("patch", f"{COMBINED}10", 2)


def test_texts_of_all_containers_are_combined_together() -> None:
    """Groups do not look at the container; the shared event keeps its first one."""
    correlator = EventCorrelator()
    send(correlator, 10)

    write = correlator.correlate(an_event("x", path="spec.containers{other}"))

    assert write is not None
    assert written(write) == ("patch", f"{COMBINED}x", 2)
    assert write.event.field_path == "spec.containers{app}"


def test_a_group_is_forgotten_after_more_than_ten_quiet_minutes() -> None:
    """At exactly 600 s a full group still combines, a microsecond later no more."""
    tired, fresh = EventCorrelator(), EventCorrelator()
    send(tired, 9)
    send(fresh, 9)

    assert written(tired.correlate(an_event("x", 600)))[1] == f"{COMBINED}x"
    assert written(fresh.correlate(an_event("x", 600.000001)))[1] == "x"


def test_each_event_keeps_its_group_alive() -> None:
    """The ten minutes count from the last event of the group, also a known one."""
    correlator = EventCorrelator()
    send(correlator, 9)
    correlator.correlate(an_event("0", 500))

    write = correlator.correlate(an_event("x", 1_000))

    assert written(write)[1] == f"{COMBINED}x"


def test_the_oldest_text_leaves_a_full_group() -> None:
    """A text still in the group fills it again and is combined; so is the forgotten."""
    correlator = EventCorrelator()
    send(correlator, 10)

    known = written(correlator.correlate(an_event("1")))
    forgotten = written(correlator.correlate(an_event("0")))

    assert known == ("patch", "1", 2)
    assert forgotten == ("patch", f"{COMBINED}0", 2)


def test_another_choice_may_be_handed_in() -> None:
    """The rule sees the texts in order; if the newest leaves, the old ones stay."""
    seen: list[Sequence[str]] = []

    def newest(messages: Sequence[str]) -> str:
        seen.append(messages)
        return messages[-1]

    correlator = EventCorrelator(newest)
    send(correlator, 10)

    assert seen == [tuple(str(n) for n in range(10))]
    assert written(correlator.correlate(an_event("0"))) == ("patch", "0", 2)


def test_the_twenty_sixth_event_is_dropped_but_counted() -> None:
    """A token every 300 s: the next write shows all that came in between."""
    correlator = EventCorrelator()
    for _ in range(25):
        assert correlator.correlate(an_event("a")) is not None

    assert correlator.correlate(an_event("a", 1)) is None
    assert correlator.correlate(an_event("a", 299)) is None
    assert written(correlator.correlate(an_event("a", 301))) == ("patch", "a", 28)
    assert correlator.correlate(an_event("a", 302)) is None


def test_types_and_objects_have_tokens_of_their_own() -> None:
    """Warnings get through when Normal events do not; reasons share the tokens."""
    correlator = EventCorrelator()
    for _ in range(25):
        correlator.correlate(an_event("a"))
    other = InvolvedObject(kind="Pod", namespace="shop", name="web-2")

    assert correlator.correlate(an_event("a", reason="Pulled")) is None
    assert correlator.correlate(an_event("a", kind="Warning")) is not None
    assert correlator.correlate(an_event("a", about=other)) is not None


def test_a_first_write_may_have_a_count_above_one() -> None:
    """An event whose beginnings were dropped is created with all of them."""
    correlator = EventCorrelator()
    for _ in range(25):
        correlator.correlate(an_event("a"))
    correlator.correlate(an_event("b", 2))
    correlator.correlate(an_event("b", 3))

    write = correlator.correlate(an_event("b", 400))

    assert write is not None
    assert written(write) == ("create", "b", 3)
    assert (write.event.first_s, write.event.last_s) == (2, 400)


def test_a_combined_event_created_late_names_the_container_of_its_write() -> None:
    """What was dropped never reached the API, so its container does not show."""
    correlator = EventCorrelator()
    send(correlator, 9)
    for _ in range(16):
        correlator.correlate(an_event("0"))
    assert correlator.correlate(an_event("x", 1)) is None

    late = an_event("y", 301, path="spec.containers{other}")
    write = correlator.correlate(late)

    assert write is not None
    assert written(write) == ("create", f"{COMBINED}y", 2)
    assert write.event.field_path == "spec.containers{other}"


def test_the_least_recently_used_entries_are_forgotten() -> None:
    """A correlator remembers so many keys; a forgotten event starts again at one."""
    correlator = EventCorrelator(entries=2)
    for text in ("a", "b", "a", "c"):
        correlator.correlate(an_event(text))

    assert written(correlator.correlate(an_event("a"))) == ("patch", "a", 3)
    assert written(correlator.correlate(an_event("b"))) == ("create", "b", 1)
