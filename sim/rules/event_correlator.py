"""What becomes of events on their way to the API: combined, counted, dropped.

A correlator belongs to one component (a kubelet, a controller manager). The API's own
forgetting, an hour after the last write, is not decided here.

Source: client-go tools/record/events_cache.go (``EventCorrelator``) and event.go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from sim.rules.throttle import TokenBucket
from sim.units import SECOND

MAX_SIMILAR_MESSAGES = 10
SIMILAR_INTERVAL_US = 600 * SECOND
SPAM_BURST = 25
SPAM_QPS = 1 / 300
CACHE_ENTRIES = 4096
COMBINED = "(combined from similar events): "

ForgetRule = Callable[[Sequence[str]], str]
"""Messages, longest known first -> the one to forget."""

V = TypeVar("V")


def forget_oldest(messages: Sequence[str]) -> str:
    """Choose the message that is known longest.

    Upstream forgets whichever its map yields first; this is our rule for that choice.
    """
    return messages[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class InvolvedObject:
    """The API object that an event is about."""

    kind: str
    namespace: str
    name: str
    uid: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event as its component sends it; ``time_us`` is wall-clock time."""

    component: str
    host: str = ""
    object: InvolvedObject
    field_path: str = ""
    type: str
    reason: str
    message: str
    time_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEvent:
    """An Event object in the API; its times are whole seconds, as the API keeps them.

    ``name`` is the object's name and the nanosecond of the first event, in hex.
    """

    name: str
    component: str
    host: str = ""
    object: InvolvedObject
    field_path: str = ""
    type: str
    reason: str
    message: str
    count: int
    first_s: int
    last_s: int


class Verb(StrEnum):
    """How an event is written."""

    CREATE = "create"
    PATCH = "patch"


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One request to the API: the whole Event object as it is afterwards."""

    verb: Verb
    event: StoredEvent


class _Lru(Generic[V]):
    """The least recently used entry goes when there are too many."""

    __slots__ = ("_entries", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[object, V] = {}

    def get(self, key: object, make: Callable[[], V]) -> V:
        """Return the entry of a key, newly made if there is none."""
        value = self._entries.pop(key, None)
        self._entries[key] = value = make() if value is None else value
        if len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]
        return value


class _Similar:
    """The different messages of a group of events, and when the last one came."""

    __slots__ = ("last_us", "messages")

    def __init__(self) -> None:
        self.messages: dict[str, None] = {}  # an ordered set
        self.last_us: int | None = None


class _Observed:
    """One line of counting: what the API has, or would have if it was not dropped."""

    __slots__ = ("count", "field_path", "first_s", "name", "written")

    def __init__(self) -> None:
        self.count = 0
        self.first_s = 0
        self.name = ""
        self.field_path = ""
        self.written = False


class EventCorrelator:
    """Decides for each event what is written to the API, if anything.

    ``forget`` chooses the message that leaves a full group.
    """

    __slots__ = ("_buckets", "_forget", "_last_ns", "_observed", "_similar")

    def __init__(
        self, forget: ForgetRule = forget_oldest, *, entries: int = CACHE_ENTRIES
    ) -> None:
        self._forget = forget
        self._similar: _Lru[_Similar] = _Lru(entries)
        self._observed: _Lru[_Observed] = _Lru(entries)
        self._buckets: _Lru[TokenBucket] = _Lru(entries)
        self._last_ns = -1

    def correlate(self, event: Event) -> Write | None:
        """Return the write that an event leads to, None if it is dropped.

        A dropped event is counted all the same: the next write shows it. Times must
        not go back.

        Source: events_cache.go, ``EventCorrelate``; event.go, ``recordEvent``.
        """
        message, key = self._aggregate(event)
        observed = self._observe(event, key)
        if not self._may_write(event):
            return None
        verb = Verb.PATCH if observed.written else Verb.CREATE
        if verb is Verb.CREATE:
            # A patch never moves an Event to another container.
            observed.field_path = event.field_path
        observed.written = True
        return Write(verb=verb, event=_stored(event, message, observed))

    def _aggregate(self, event: Event) -> tuple[str, object]:
        """Return the message to store, and the key under which it is counted.

        Source: ``EventAggregate``.
        """
        group = (event.component, event.host, event.object, event.type, event.reason)
        similar = self._similar.get(group, _Similar)
        quiet_since = similar.last_us
        if (
            quiet_since is not None
            and event.time_us - quiet_since > SIMILAR_INTERVAL_US
        ):
            similar.messages.clear()
        similar.messages[event.message] = None
        similar.last_us = event.time_us
        if len(similar.messages) < MAX_SIMILAR_MESSAGES:
            return event.message, (*group, event.field_path, event.message)
        del similar.messages[self._forget(tuple(similar.messages))]
        return COMBINED + event.message, group

    def _observe(self, event: Event, key: object) -> _Observed:
        """Count an event. Source: ``eventObserve``."""
        observed = self._observed.get(key, _Observed)
        if observed.count == 0:
            observed.first_s = event.time_us // SECOND
            observed.name = self._new_name(event)
        observed.count += 1
        return observed

    def _new_name(self, event: Event) -> str:
        # Real clocks never give one nanosecond twice; simulated ones do.
        self._last_ns = max(self._last_ns + 1, event.time_us * 1000)
        return f"{event.object.name}.{self._last_ns:x}"

    def _may_write(self, event: Event) -> bool:
        """Take a token of the event's source, object and type. Source: ``Filter``."""
        key = (event.component, event.host, event.object, event.type)
        bucket = self._buckets.get(key, _spam_bucket)
        return bucket.try_accept(event.time_us)


def _spam_bucket() -> TokenBucket:
    return TokenBucket(SPAM_QPS, SPAM_BURST)


def _stored(event: Event, message: str, observed: _Observed) -> StoredEvent:
    return StoredEvent(
        name=observed.name,
        component=event.component,
        host=event.host,
        object=event.object,
        field_path=observed.field_path,
        type=event.type,
        reason=event.reason,
        message=message,
        count=observed.count,
        first_s=observed.first_s,
        last_s=event.time_us // SECOND,
    )
