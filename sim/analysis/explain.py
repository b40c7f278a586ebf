"""Why: walk the links of the record back to an outside act, and say each step.

At every row the walk follows ``source`` where there is one (what decided the
content), else ``cause`` (what made it happen). Links point backwards only, so times
never rise on the way back and every walk ends.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sim.analysis.catalogue import say, shown
from sim.analysis.sentences import (
    again_sentence,
    build_name,
    sentence,
    state_sentence,
)
from sim.analysis.states import (
    ContainerState,
    mixed_containers,
    pod_states,
    states_of,
)
from sim.errors import UnknownNameError, did_you_mean
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, Row
from sim.record.shapes import SHAPES
from sim.units import format_time

WORKLOADS = (
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "replicationcontroller",
    "job",
    "cronjob",
)
TRIES = (Kind.PULLING, Kind.PRESENT)
# Steps that repeat what the next one says better: left out inside a chain.
UNSAID = (Kind.CREATED, Kind.RESOLVED, Kind.START_FAILED, Kind.POD_PHASE)


def chain(log: EventLog, number: int) -> list[Row]:
    """Return the rows from this one back to an outside act, latest first."""
    rows = []
    while number != NONE:
        row = log[number]
        rows.append(row)
        number = row.source if row.source != NONE else row.cause
    return rows


def explain(
    log: EventLog,
    meta: dict[str, Any],
    target: str,
    *,
    language: str = "en",
    at_us: int | None = None,
) -> str:
    """Return the explanation of ``pod/NAME``, ``deployment/NAME`` and the like.

    Raises ``UnknownNameError`` when nothing, or more than one thing, is meant.
    """
    kind, slash, name = target.partition("/")
    if not slash or kind not in ("pod", *WORKLOADS):
        kinds = ", ".join(f"{known}/NAME" for known in WORKLOADS)
        raise UnknownNameError(
            f"{target!r}: expected pod/NAME, {kinds} (a namespace goes in "
            "front of the name: pod/NAMESPACE/NAME)"
        )
    end = int(meta["until_us"])
    until = end if at_us is None else min(at_us, end)
    if kind == "pod":
        pod = _one(name, _pods(log), "pod")
        return "\n".join(_explain_pod(log, meta, pod, language, until))
    short = {o.replace(f"/{kind}/", "/"): o for o in _workloads(log, kind)}
    owner = short[_one(name, list(short), kind)]
    return "\n".join(_explain_workload(log, meta, owner, language, until))


def _pods(log: EventLog) -> list[str]:
    return list(dict.fromkeys(row.pod for row in log.rows(Kind.POD_CREATED)))


def _workloads(log: EventLog, kind: str) -> list[str]:
    """Return all workloads of a kind, also those that never had a pod."""
    rows = log.rows(Kind.APPLIED, Kind.KUBECTL, Kind.POD_CREATED)
    named = dict.fromkeys(row.object for row in rows if not row.reason)
    return [name for name in named if f"/{kind}/" in name]


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
    created = _created(log, pod, until)

    def mine(kind: Kind) -> list[Row]:
        rows = log.rows(kind, pod=pod)
        return [r for r in rows if r.row > created.row and r.time_us <= until]

    bound = mine(Kind.SCHEDULED)
    if bound:
        title = {"pod": shown(pod), "node": bound[0].node}
        yield say(language, "explain_pod_title", **title)
    else:
        yield say(language, "explain_pod_unscheduled", pod=shown(pod))
    states = pod_states(log, created, until)
    for name in _containers(log, pod):
        yield ""
        yield from _explain_container(log, meta, name, states.get(name), language)
    failed = mine(Kind.FAILED_SCHEDULING)
    if failed and not bound:
        yield ""
        yield say(language, "explain_unscheduled")
        yield from _steps(log, meta, failed[-1].row, language)
    gone = mine(Kind.POD_GONE)
    if gone:
        yield ""
        yield say(language, "explain_pod_gone", time=format_time(gone[0].time_us))
        yield from _steps(log, meta, gone[0].row, language)
    yield ""
    yield say(language, "explain_pod_exists")
    yield from _steps(log, meta, created.row, language)


def _created(log: EventLog, pod: str, until: int) -> Row:
    """Return the creation of the pod that had, or had last, a name at a moment."""
    rows = list(log.rows(Kind.POD_CREATED, pod=pod))
    past = [row for row in rows if row.time_us <= until]
    if not past:
        raise UnknownNameError(
            f"pod/{shown(pod)} was not there yet at {format_time(until)}: it was "
            f"created at {format_time(rows[0].time_us)}"
        )
    return past[-1]


def _containers(log: EventLog, pod: str) -> list[str]:
    kinds = (Kind.CONTAINER_WAITING, Kind.CONTAINER_RUNNING, Kind.STARTED)
    rows = log.rows(*kinds, pod=pod)
    return list(dict.fromkeys(row.container for row in rows))


def _explain_container(
    log: EventLog,
    meta: dict[str, Any],
    container: str,
    state: ContainerState | None,
    language: str,
) -> Iterator[str]:
    """Say what a container did last before a moment, and why."""
    if state is None:
        yield say(language, "explain_container_new", container=container)
        return
    last = state.row
    yield state_sentence(last, meta, language)
    yield from _steps(log, meta, last.row, language)
    yield from _pulled_again(log, meta, last, language)


def _pulled_again(
    log: EventLog, meta: dict[str, Any], state: Row, language: str
) -> Iterator[str]:
    """Say why the last pull for a container was one at all, if the image was there."""
    columns = {"pod": state.pod, "container": state.container}
    pull = pulled_again(log.rows(*TRIES, **columns), state)
    if pull is not None:
        yield again_sentence(pull, language)
        yield from _steps(log, meta, pull.source, language)


def pulled_again(tries: Iterable[Row], state: Row) -> Row | None:
    """Return the last pull before a state if the node had had the image before.

    ``tries`` are the container's rows of the kinds ``TRIES``.
    """
    pull = max((row for row in tries if row.row < state.row), default=None)
    again = pull is not None and pull.kind is Kind.PULLING and pull.source != NONE
    return pull if again else None


def _steps(
    log: EventLog, meta: dict[str, Any], number: int, language: str
) -> Iterator[str]:
    """Yield the sentences of a chain, each with its time."""
    rows = chain(log, number)
    for row in rows:
        if row.kind in UNSAID and row is not rows[0] and row is not rows[-1]:
            continue
        arrow = "  " if row is rows[0] else "← "
        time = f"{format_time(row.time_us):>10}"
        yield f"  {arrow}{time}  {sentence(row, meta, language)}"


def _explain_workload(
    log: EventLog, meta: dict[str, Any], owner: str, language: str, until: int
) -> Iterator[str]:
    created = [
        row for row in log.rows(Kind.POD_CREATED, object=owner) if row.time_us <= until
    ]
    pods = {row.pod for row in created}
    states = states_of(log, pods, until)
    yield say(
        language,
        "explain_workload_title",
        workload=_in_words(owner),
        time=format_time(until),
    )
    running = [one for one in states if one.row.kind is Kind.STARTED]
    yield from _builds_sentences(log, running, pods, until, language)
    for message, value, group in [*_running(meta, running), *_troubles(states)]:
        yield ""
        yield _group_sentence(message, value, group, language)
        yield from _steps(log, meta, group[0].row.row, language)
        yield from _pulled_again(log, meta, group[0].row, language)
    yield from _unplaced(log, meta, owner, pods, until, language)


def _in_words(owner: str) -> str:
    """Return ``kind/name``, with a namespace other than default in front of it."""
    namespace, _, name = owner.partition("/")
    return name if namespace == "default" else f"{namespace} {name}"


Groups = Iterator[tuple[str, dict[str, str], list[ContainerState]]]


def _running(meta: dict[str, Any], states: list[ContainerState]) -> Groups:
    """Yield the running containers, together by build."""
    groups: dict[str, list[ContainerState]] = {}
    for state in states:
        groups.setdefault(state.row.digest, []).append(state)
    for digest, group in groups.items():
        yield "explain_build", {"build": build_name(meta, digest)}, group


def _troubles(states: list[ContainerState]) -> Groups:
    """Yield the waiting containers, together by reason."""
    groups: dict[str, list[ContainerState]] = {}
    for state in states:
        if state.row.kind is Kind.CONTAINER_WAITING:
            groups.setdefault(state.row.reason, []).append(state)
    for reason, group in groups.items():
        yield "explain_waiting", {"reason": reason}, group


def _group_sentence(
    message: str, value: dict[str, str], group: list[ContainerState], language: str
) -> str:
    count = len({state.pod for state in group})
    return _counted(message, count, language, **value, pod=shown(group[0].pod))


def _counted(message: str, count: int, language: str, **values: str) -> str:
    """Return the sentence of one, or that of several with their number."""
    if count == 1:
        return say(language, f"{message}_one", **values)
    return say(language, message, count=count, **values)


def _unplaced(
    log: EventLog,
    meta: dict[str, Any],
    owner: str,
    pods: set[str],
    until: int,
    language: str,
) -> Iterator[str]:
    """Say of pods that no node took, and of pods that the API server refused, why."""
    there: dict[str, Row] = {}
    for row in log.rows(Kind.FAILED_SCHEDULING, Kind.SCHEDULED, Kind.POD_GONE):
        if row.pod in pods and row.time_us <= until:
            there.pop(row.pod, None)
            if row.kind is Kind.FAILED_SCHEDULING:
                there[row.pod] = row
    if there:
        pod, row = next(iter(there.items()))
        yield ""
        yield _counted("explain_nowhere", len(there), language, pod=shown(pod))
        yield from _steps(log, meta, row.row, language)
    denied = [
        row
        for row in log.rows(Kind.ADMISSION_DENIED, object=owner)
        if row.time_us <= until
    ]
    if denied:
        yield ""
        yield say(language, "explain_denied")
        yield from _steps(log, meta, denied[-1].row, language)


def _builds_sentences(
    log: EventLog,
    running: list[ContainerState],
    pods: set[str],
    until: int,
    language: str,
) -> Iterator[str]:
    """Say how many builds are in service, container by container if there are more."""
    if not running:
        yield say(language, "explain_no_build")
        return
    mixed = mixed_containers(log, pods, until)
    several = len({state.container for state in running}) > 1
    if not mixed:
        yield say(language, "explain_one_each" if several else "explain_one_build")
    for one in mixed:
        time = format_time(one.since_us)
        if several:
            values = {"container": one.container, "time": time}
            yield say(language, "explain_mixed_in", count=one.builds, **values)
        else:
            yield say(language, "explain_mixed", count=one.builds, time=time)


def is_outside_act(row: Row) -> bool:
    """Whether nothing in the cluster caused a row."""
    return SHAPES[row.kind].outside
