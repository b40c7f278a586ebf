"""What the API keeps of a stream of events, and how kubectl describes it."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sim.rules.event_correlator import (
    Event,
    EventCorrelator,
    ForgetRule,
    InvolvedObject,
    StoredEvent,
    forget_oldest,
)
from sim.rules.kubectl_events import describe_events
from sim.units import MILLISECOND, SECOND
from tests.conformance.harness import Adapter, Step

# So many events upstream's sort keeps in order; above, equal times fall anyhow.
STABLE = 12
DRAWS = 50
START_S = 1_700_000_000

Stored = tuple[StoredEvent, ...]


def event_stream(data: dict[str, Any]) -> Iterator[Step]:
    """Send the events, then look at what the API and kubectl have of them.

    Which message a full group forgets is arbitrary upstream: a trace is met when one
    of several choices meets all of it. The steps shown are else those of our own rule.
    """
    first: list[Step] = []
    for forget in _forget_rules():
        steps = _steps(data, *_play(data, forget))
        if all(step.ours == step.theirs for step in steps):
            yield from steps
            return
        first = first or steps
    yield from first


def _forget_rules() -> Iterator[ForgetRule]:
    yield forget_oldest
    yield lambda messages: messages[-1]
    for seed in range(DRAWS):
        yield random.Random(seed).choice


def _play(
    data: dict[str, Any], forget: ForgetRule
) -> tuple[list[list[Any]], list[Stored]]:
    """Return the writes, and what is stored before the first event and after each."""
    correlator = EventCorrelator(forget)
    stored: dict[str, StoredEvent] = {}
    writes: list[list[Any]] = []
    states: list[Stored] = [()]
    for t_ms, index in data["input"]:
        write = correlator.correlate(_event(data, t_ms, index))
        if write is not None:
            name = write.event.name
            stored[name] = write.event
            number = list(stored).index(name)
            writes.append([t_ms, str(write.verb), number, write.event.count])
        states.append(tuple(stored.values()))
    return writes, states


def _event(data: dict[str, Any], t_ms: int, index: int) -> Event:
    pod, kind, reason, message = data["event_dict"][index]
    return Event(
        component="kubelet",
        object=InvolvedObject(kind="Pod", namespace="default", name=pod),
        field_path="spec.containers{app}",
        type=kind,
        reason=reason,
        message=message,
        time_us=_wall_us(data, t_ms),
    )


def _wall_us(data: dict[str, Any], t_ms: int) -> int:
    since_start_ms: int = data["start_subsecond_ms"] + t_ms
    return START_S * SECOND + since_start_ms * MILLISECOND


def _steps(
    data: dict[str, Any], writes: list[list[Any]], states: list[Stored]
) -> list[Step]:
    steps = [Step("api_writes", writes, data["api_writes"])]
    times = [t_ms for t_ms, _ in data["input"]]
    for number, mark in enumerate(data["marks"]):
        t_ms = mark["t_ms"]
        # All but the last mark may fall between events of their own millisecond.
        is_last = number == len(data["marks"]) - 1
        earliest = len(times) if is_last else bisect_left(times, t_ms)
        latest = len(times) if is_last else bisect_right(times, t_ms)
        possible = [
            _shown(states[n], _wall_us(data, t_ms)) for n in range(earliest, latest + 1)
        ]
        theirs = (mark["stored"], _comparable(mark["describe"], mark["stored"]))
        ours = theirs if theirs in possible else possible[0]
        steps.append(Step(f"mark at {t_ms} ms", ours, theirs))
    return steps


def _shown(stored: Stored, now_us: int) -> tuple[list[list[Any]], list[list[str]]]:
    """Return pod-1's events as a trace shows them, and as ``describe`` does."""
    mine = [event for event in stored if event.object.name == "pod-1"]
    rows: list[list[Any]] = [
        [e.type, e.reason, e.message, e.count, e.first_s - START_S, e.last_s - START_S]
        for e in mine
    ]
    return rows, _comparable(describe_events(mine, now_us), rows)


def _comparable(lines: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """Return the lines, those of equal times sorted if there are too many events."""
    head = len(lines) - len(rows) if rows else len(lines)
    rest = iter(lines[head:])
    lasts = groupby(sorted(row[-1] for row in rows))
    groups = [[next(rest) for _ in same] for _, same in lasts]
    if len(rows) > STABLE:
        groups = [sorted(group) for group in groups]
    return [list(lines[:head]), *groups]


ADAPTERS: dict[str, Adapter] = {"event_stream": event_stream}
