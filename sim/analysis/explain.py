"""Why: walk the links of the record back to an outside act, and say each step.

At every row the walk follows ``source`` where there is one (what decided the
content), else ``cause`` (what made it happen). Links point backwards only, so times
never rise on the way back and every walk ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.analysis.catalogue import say, shown
from sim.analysis.sentences import build_name, sentence, short_digest
from sim.errors import UnknownNameError, did_you_mean
from sim.record.kinds import SHAPES, Kind
from sim.record.log import NONE, EventLog, Row
from sim.units import format_time

_STATE_KINDS = (Kind.STARTED, Kind.EXITED, Kind.CONTAINER_WAITING, Kind.POD_GONE)
# Steps that repeat what the next one says better.
_UNSAID = (Kind.CREATED, Kind.RESOLVED, Kind.START_FAILED, Kind.POD_PHASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerState:
    """What a container of a pod did last: the row, and since when it stands so."""

    pod: str
    container: str
    row: Row
    waits_since_us: int


def chain(log: EventLog, number: int) -> list[Row]:
    """Return the rows from this one back to an outside act, latest first."""
    rows = []
    while number != NONE:
        row = log[number]
        rows.append(row)
        number = row.source if row.source != NONE else row.cause
    return rows


def container_states(
    log: EventLog, at_us: int | None = None
) -> dict[tuple[str, str], ContainerState]:
    """Return what every container does at a moment (None = the end), by its pod.

    Pods that are gone by then are left out.
    """
    states: dict[tuple[str, str], ContainerState] = {}
    for row in log.rows(*_STATE_KINDS):
        if at_us is not None and row.time_us > at_us:
            break
        if row.kind is Kind.POD_GONE:
            for key in [key for key in states if key[0] == row.pod]:
                del states[key]
            continue
        key = (row.pod, row.container)
        known = states.get(key)
        waits = row.kind is Kind.CONTAINER_WAITING
        if waits and known is not None and known.row.kind is Kind.STARTED:
            continue  # a status that is one sync late
        since = row.time_us
        if waits and known and known.row.kind is Kind.CONTAINER_WAITING:
            since = known.waits_since_us
        states[key] = ContainerState(
            pod=row.pod, container=row.container, row=row, waits_since_us=since
        )
    return states


def explain(
    log: EventLog,
    meta: dict[str, Any],
    target: str,
    *,
    language: str = "en",
    at_us: int | None = None,
) -> str:
    """Return the explanation of ``pod/NAME`` or ``deployment/NAME``.

    Raises ``UnknownNameError`` when nothing, or more than one thing, is meant.
    """
    kind, slash, name = target.partition("/")
    if not slash or kind not in ("pod", "deployment"):
        raise UnknownNameError(
            f"{target!r}: expected pod/NAME or deployment/NAME (a namespace goes in "
            "front of the name: pod/NAMESPACE/NAME)"
        )
    until = meta["until_us"] if at_us is None else at_us
    if kind == "pod":
        pod = _one(name, _pods(log), "pod")
        return "\n".join(_explain_pod(log, meta, pod, language, until))
    owners = {row.object: None for row in log.rows(Kind.POD_CREATED) if row.object}
    short = {o.replace("/deployment/", "/"): o for o in owners}
    owner = short[_one(name, list(short), "deployment")]
    return "\n".join(_explain_workload(log, meta, owner, language, until))


def _pods(log: EventLog) -> list[str]:
    return [row.pod for row in log.rows(Kind.POD_CREATED)]


def _one(name: str, known: list[str], what: str) -> str:
    """Return the one known ``namespace/name`` that a word means."""
    full = name if "/" in name else f"default/{name}"
    if full in known:
        return full
    found = [k for k in known if k.startswith(full)]
    if "/" not in name:
        found = found or [k for k in known if k.partition("/")[2].startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(shown(f) for f in found[:8])
        more = " …" if len(found) > 8 else ""
        raise UnknownNameError(
            f"{what}/{name} is the beginning of {len(found)} names: {listed}{more}"
        )
    words = [shown(k) for k in known]
    listed = ", ".join(words[:8]) + (" …" if len(words) > 8 else "")
    near = did_you_mean(name, words)
    raise UnknownNameError(f"no {what} {name!r} in this run{near}; there are: {listed}")


def _explain_pod(
    log: EventLog, meta: dict[str, Any], pod: str, language: str, until: int
) -> Iterator[str]:
    created = next(log.rows(Kind.POD_CREATED, pod=pod))
    node = next((row.node for row in log.rows(Kind.SCHEDULED, pod=pod)), "")
    title = "explain_pod_title" if node else "explain_pod_unscheduled"
    yield say(language, title, pod=shown(pod), node=node)
    for name in _containers(log, pod):
        yield ""
        yield from _explain_container(log, meta, pod, name, language, until)
    failed = list(log.rows(Kind.FAILED_SCHEDULING, pod=pod))
    if failed and not node:
        yield ""
        yield say(language, "explain_unscheduled")
        yield from _steps(log, meta, failed[-1].row, language)
    yield ""
    yield say(language, "explain_pod_exists")
    yield from _steps(log, meta, created.row, language)


def _containers(log: EventLog, pod: str) -> list[str]:
    kinds = (Kind.CONTAINER_WAITING, Kind.CONTAINER_RUNNING, Kind.STARTED)
    rows = log.rows(*kinds, pod=pod)
    return list(dict.fromkeys(row.container for row in rows))


def _explain_container(
    log: EventLog,
    meta: dict[str, Any],
    pod: str,
    container: str,
    language: str,
    until: int,
) -> Iterator[str]:
    """Say what a container did last before a moment, and why."""
    states = [
        row
        for row in log.rows(Kind.STARTED, Kind.EXITED, Kind.CONTAINER_WAITING, pod=pod)
        if row.container == container and row.time_us <= until
    ]
    last = next(
        (r for r in reversed(states) if r.kind is not Kind.CONTAINER_WAITING), None
    )
    if last is None and states:
        last = states[-1]
    if last is None or (last.kind is Kind.CONTAINER_WAITING and last.cause == NONE):
        yield say(language, "explain_container_new", container=container)
        return
    message = {
        Kind.STARTED: "explain_container_runs",
        Kind.EXITED: "explain_container_ended",
        Kind.CONTAINER_WAITING: "explain_container_waits",
    }[last.kind]
    yield say(
        language,
        message,
        container=container,
        build=build_name(meta, last.digest),
        digest=short_digest(last.digest),
        reason=last.reason,
        time=format_time(last.time_us),
    )
    yield from _steps(log, meta, last.row, language)


def _steps(
    log: EventLog, meta: dict[str, Any], number: int, language: str
) -> Iterator[str]:
    """Yield the sentences of a chain, each with its time."""
    rows = chain(log, number)
    for row in rows:
        if row.kind in _UNSAID and row is not rows[0] and row is not rows[-1]:
            continue
        arrow = "  " if row is rows[0] else "← "
        time = f"{format_time(row.time_us):>10}"
        yield f"  {arrow}{time}  {sentence(row, meta, language)}"


def _explain_workload(
    log: EventLog, meta: dict[str, Any], owner: str, language: str, until: int
) -> Iterator[str]:
    pods = {
        row.pod
        for row in log.rows(Kind.POD_CREATED, object=owner)
        if row.time_us <= until
    }
    states = [s for s in container_states(log, until).values() if s.pod in pods]
    yield say(
        language,
        "explain_workload_title",
        workload=shown(owner).replace("/deployment/", " deployment/"),
        time=format_time(until),
    )
    running: dict[str, list[ContainerState]] = {}
    waiting: dict[str, list[ContainerState]] = {}
    for state in states:
        if state.row.kind is Kind.STARTED:
            running.setdefault(state.row.digest, []).append(state)
        elif state.row.kind is Kind.CONTAINER_WAITING:
            waiting.setdefault(state.row.reason, []).append(state)
    yield _builds_sentence(running, language)
    for digest, group in running.items():
        yield ""
        yield say(
            language,
            "explain_build",
            count=len({state.pod for state in group}),
            build=build_name(meta, digest),
            pod=shown(group[0].pod),
        )
        yield from _steps(log, meta, group[0].row.row, language)
    for reason, group in waiting.items():
        yield ""
        yield say(
            language,
            "explain_waiting",
            count=len({state.pod for state in group}),
            reason=reason,
            pod=shown(group[0].pod),
        )
        yield from _steps(log, meta, group[0].row.row, language)


def _builds_sentence(running: dict[str, list[ContainerState]], language: str) -> str:
    if not running:
        return say(language, "explain_no_build")
    if len(running) == 1:
        return say(language, "explain_one_build")
    firsts = sorted(min(s.row.time_us for s in group) for group in running.values())
    time = format_time(firsts[1])
    return say(language, "explain_mixed", count=len(running), time=time)


def is_outside_act(row: Row) -> bool:
    """Whether nothing in the cluster caused a row."""
    return SHAPES[row.kind].outside
