"""The plain way to derive tables: one row after another, one record an interval.

This is the oracle of ``sim.analysis``, which works on whole columns: slower by far, and
easier to read.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from sim.analysis import event_texts
from sim.analysis.event_texts import Words
from sim.analysis.events import KubernetesEvent
from sim.analysis.explain import chain
from sim.analysis.sentences import build_name, sentence
from sim.analysis.tables import COLUMNS, MARKS, Tables
from sim.analysis.waits import NO_IMAGE_REASONS, ImageWait
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, Row

Record = dict[str, Any]
_OF_A_COMMAND = (Kind.NODE_FILE_WRITTEN, Kind.NODE_FILE_REMOVED)
_NUMBERS = ("bytes", "pods", "status")
_FLAGS = ("open", "pre_pulled")
_FAILURES = (Kind.NEVER_PULL, Kind.PULL_FAILED, Kind.INSPECT_FAILED)
Spell = list[Record]


class Intervals:
    """Open and closed intervals; a key is a group (a pod, a node) and a member."""

    __slots__ = ("_closed", "_open")

    def __init__(self) -> None:
        self._open: dict[str, dict[str, Record]] = {}
        self._closed: list[Record] = []

    def start(self, group: str, member: str, time_us: int, **columns: Any) -> None:
        """Begin an interval, ending the one of the same key."""
        self.end(group, member, time_us)
        one = {**columns, "start_us": time_us}
        self._open.setdefault(group, {})[member] = one

    def end(self, group: str, member: str, time_us: int) -> None:
        """End the interval of a key, if there is one."""
        known = self._open.get(group, {}).pop(member, None)
        if known is not None:
            self._close(known, time_us)

    def end_group(self, group: str, time_us: int) -> None:
        """End all intervals of a group."""
        for known in self._open.pop(group, {}).values():
            self._close(known, time_us)

    def _close(self, known: Record, time_us: int) -> None:
        self._closed.append({**known, "end_us": time_us, "open": False})

    def current(self, group: str, member: str) -> Record | None:
        """Return the open interval of a key."""
        return self._open.get(group, {}).get(member)

    def all(self, until_us: int) -> list[Record]:
        """Return every interval in order of its start; open ones end with the run."""
        rest = [
            {**known, "end_us": until_us, "open": True}
            for members in self._open.values()
            for known in members.values()
        ]
        return sorted([*self._closed, *rest], key=lambda one: one["start_us"])


class Folds:
    """Folds changes into intervals, row by row."""

    __slots__ = (
        "_meta",
        "_pods",
        "_pulls",
        "back_offs",
        "node_images",
        "phases",
        "pods",
        "requests",
        "service",
        "waiting",
    )

    def __init__(self, log: EventLog, meta: dict[str, Any]) -> None:
        self._meta = meta
        self.pods: list[Record] = []
        # A StatefulSet makes a pod of the same name again: the last one is meant.
        self._pods: dict[str, Record] = {}
        self.service = Intervals()
        self.waiting = Intervals()
        self.phases = Intervals()
        self.node_images = Intervals()
        self.back_offs: list[Record] = []
        self.requests: list[Record] = []
        self._pulls: dict[int, Record] = {}
        for row in log.rows():
            self._take(row)

    def _take(self, row: Row) -> None:
        """Fold one row in."""
        match row.kind:
            case Kind.POD_CREATED:
                self._pod_created(row)
            case Kind.SCHEDULED:
                self._pods[row.pod] |= {"node": row.node, "scheduled_us": row.time_us}
            case Kind.POD_READY:
                if row.amount:
                    self._pods[row.pod].setdefault("ready_us", row.time_us)
            case Kind.POD_DELETED:
                self._pods[row.pod]["deleted_us"] = row.time_us
            case Kind.POD_GONE:
                self._pods[row.pod]["gone_us"] = row.time_us
                self.waiting.end_group(row.pod, row.time_us)
                self.phases.end_group(row.pod, row.time_us)
            case Kind.POD_PHASE:
                self._phase(row.pod, row.text, row.time_us)
            case Kind.REQUEST:
                self._request(row)
            case _:
                self._node_side(row)

    def _pod_created(self, row: Row) -> None:
        pod = {
            "pod": row.pod,
            "owner": row.object or row.pod,  # a bare pod is its own workload
            "replica_set": row.text,
            "node": "",
            "created_us": row.time_us,
            "row": row.row,
        }
        self.pods.append(pod)
        self._pods[row.pod] = pod
        self._phase(row.pod, "Pending", row.time_us)

    def _phase(self, pod: str, phase: str, time_us: int) -> None:
        known = self.phases.current(pod, "")
        if known is None or known["phase"] != phase:
            columns = {"pod": pod, "phase": phase, "of": self._pods[pod]}
            self.phases.start(pod, "", time_us, **columns)

    def finished_phases(self, until_us: int) -> Iterator[Record]:
        """Return all phases; a pod's node is the one that it came to be bound to."""
        for one in self.phases.all(until_us):
            pod = one.pop("of")
            yield {**one, "owner": pod["owner"], "node": pod["node"]}

    def _node_side(self, row: Row) -> None:
        match row.kind:
            case Kind.STARTED:
                self._started(row)
            case Kind.EXITED:
                self.service.end(row.pod, row.container, row.time_us)
            case Kind.CONTAINER_WAITING:
                self._wait(row)
            case Kind.CONTAINER_TERMINATED | Kind.CONTAINER_RUNNING:
                self.waiting.end(row.pod, row.container, row.time_us)
            case Kind.PULLING | Kind.PULLED | Kind.PULL_FAILED:
                self._pull(row)
            case Kind.BACK_OFF:
                columns = self._columns(row)
                self.back_offs.append(
                    {**columns, "image": row.image, "time_us": row.time_us}
                )
            case Kind.PRE_PULLED | Kind.IMAGE_STORED:
                self._stored(row)
            case Kind.IMAGE_REMOVED:
                self.node_images.end(row.node, row.image, row.time_us)
            case Kind.NODE_DIED:
                self.node_images.end_group(row.node, row.time_us)

    def _started(self, row: Row) -> None:
        self._pods[row.pod].setdefault("started_us", row.time_us)
        self.waiting.end(row.pod, row.container, row.time_us)
        self.service.start(
            row.pod,
            row.container,
            row.time_us,
            **self._columns(row),
            image=row.image,
            digest=row.digest,
            build=build_name(self._meta, row.digest),
            row=row.row,
        )

    def _stored(self, row: Row) -> None:
        self.node_images.start(
            row.node,
            row.image,
            row.time_us,
            node=row.node,
            image=row.image,
            digest=row.digest,
            build=build_name(self._meta, row.digest),
            pre_pulled=row.kind is Kind.PRE_PULLED,
            row=row.row,
        )

    def _columns(self, row: Row) -> Record:
        return {
            "pod": row.pod,
            "owner": self._pods[row.pod]["owner"],
            "node": row.node,
            "container": row.container,
        }

    def _wait(self, row: Row) -> None:
        key = (row.pod, row.container)
        if self.service.current(*key) is not None:
            return  # the status is one sync late; the container runs
        known = self.waiting.current(*key)
        if known is None or known["reason"] != row.reason:
            columns = self._columns(row)
            columns |= {"reason": row.reason, "message": row.text, "row": row.row}
            self.waiting.start(*key, row.time_us, **columns)

    def _pull(self, row: Row) -> None:
        if row.kind is Kind.PULLING:
            self._pulls[row.row] = {
                **self._columns(row),
                "image": row.image,
                "start_us": row.time_us,
                "outcome": "unfinished",
                "digest": "",
                "build": "",
                "error": "",
                "bytes": 0,
            }
            return
        pull = self._pulls[row.cause]
        pull |= {"end_us": row.time_us, "error": row.text, "outcome": "failed"}
        if row.kind is Kind.PULLED:
            pull |= {
                "outcome": "pulled",
                "digest": row.digest,
                "build": build_name(self._meta, row.digest),
                "runtime_us": row.span,
                "waiting_us": row.time_us - pull["start_us"],
                "bytes": row.amount,
            }

    def finished_pulls(self, until_us: int) -> list[Record]:
        """Return all pulls; one under way ends with the run."""
        return [{"end_us": until_us, **pull} for pull in self._pulls.values()]

    def _request(self, row: Row) -> None:
        what, _, status = row.text.rpartition(" ")
        self.requests.append(
            {
                "registry": row.object,
                "node": row.node,
                "image": row.image,
                "what": what,
                "status": int(status) if status.isdecimal() else 0,
                "bytes": row.amount,
                "time_us": row.time_us,
                "span_us": row.span,
                "row": row.row,
            }
        )


def steps(service: list[Record]) -> Iterator[Record]:
    """Yield, at every change, how many pods of a workload run each build.

    What happens at one instant is one change; only changes are yielded.
    """
    running: dict[tuple[str, str], dict[str, int]] = {}
    counts: dict[tuple[str, str], int] = {}
    for time_us, together in groupby(edges(service), key=itemgetter(0)):
        touched: dict[tuple[str, str], None] = {}
        for _, edge, one in together:
            key = (one["owner"], one["build"])
            pods = running.setdefault(key, {})
            pods[one["pod"]] = pods.get(one["pod"], 0) + edge
            if not pods[one["pod"]]:
                del pods[one["pod"]]
            touched[key] = None
        for owner, build in touched:
            count = len(running[owner, build])
            if count != counts.get((owner, build), 0):
                counts[owner, build] = count
                yield {
                    "owner": owner,
                    "build": build,
                    "time_us": time_us,
                    "pods": count,
                }


def edges(service: Iterable[Record]) -> list[tuple[int, int, Record]]:
    """Return (time, +1 or -1, interval) for every start and end, by time."""
    found = [(int(one["start_us"]), 1, one) for one in service]
    found += [(int(one["end_us"]), -1, one) for one in service if not one["open"]]
    return sorted(found, key=itemgetter(0, 1))


def plain_tables(
    log: EventLog, meta: dict[str, Any], language: str = "en"
) -> dict[str, pd.DataFrame]:
    """Return the tables of a finished record."""
    folds = Folds(log, meta)
    until = int(meta["until_us"])
    service = folds.service.all(until)
    return {
        "pods": _frame("pods", folds.pods),
        "service": _frame("service", service),
        "waiting": _frame("waiting", folds.waiting.all(until)),
        "phases": _frame("phases", folds.finished_phases(until)),
        "pulls": _frame("pulls", folds.finished_pulls(until)),
        "back_offs": _frame("back_offs", folds.back_offs),
        "node_images": _frame("node_images", folds.node_images.all(until)),
        "requests": _frame("requests", folds.requests),
        "events": _frame("events", _events(log, meta)),
        "builds_in_service": _frame("builds_in_service", steps(service)),
        "marks": _frame("marks", _marks(log, meta, language)),
    }


def _frame(name: str, records: Iterable[Record]) -> pd.DataFrame:
    columns = COLUMNS[name].split()
    frame = pd.DataFrame.from_records(list(records), columns=columns)
    for column in columns:
        if column.endswith("_us"):
            frame[column] = frame[column].astype("Int64")
        elif column in _NUMBERS:
            frame[column] = frame[column].astype("int64")
        elif column in _FLAGS:
            frame[column] = frame[column].astype(bool)
    return frame


def _events(log: EventLog, meta: dict[str, Any]) -> Iterable[Record]:
    for event in plain_events(log, meta):
        yield {name: getattr(event, name) for name in COLUMNS["events"].split()}


def _marks(log: EventLog, meta: dict[str, Any], language: str) -> Iterable[Record]:
    installed: set[tuple[str, str]] = set()
    for row in log.rows(*MARKS):
        if row.kind is Kind.PROVIDER_SET and (row.node, row.object) not in installed:
            installed.add((row.node, row.object))
            continue  # a node has joined with its plug-in: nobody changed anything
        if row.time_us and not (row.kind in _OF_A_COMMAND and row.cause >= 0):
            yield {
                "time_us": row.time_us,
                "kind": row.kind.name,
                "text": sentence(row, meta, language),
            }


def plain_waits(log: EventLog, tables: Tables) -> list[ImageWait]:
    """Return the waits for images: those that last first, then the longest."""
    failures = _failures(log)
    found = []
    for spell in _spells(tables):
        first, last = spell[0], spell[-1]
        known = failures.get((first["pod"], first["container"]), [])
        times = [log.columns["time_us"][number] for number in known]
        place = bisect_right(times, int(last["end_us"]))
        if not place:
            continue
        wait = ImageWait(
            pod=first["pod"],
            owner=first["owner"],
            since_us=int(first["start_us"]),
            until_us=int(last["end_us"]),
            open=bool(last["open"]),
            failure=log[known[place - 1]],
            blame=_blame(log, known[place - 1]),
        )
        found.append(wait)
    return sorted(found, key=lambda w: (not w.open, w.since_us - w.until_us))


def _failures(log: EventLog) -> dict[tuple[str, str], list[int]]:
    """Return the rows of failed starts, by pod and container, in order."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in log.rows(Kind.START_FAILED):
        found.setdefault((row.pod, row.container), []).append(row.row)
    return found


def _spells(tables: Tables) -> Iterator[Spell]:
    """Yield what a container waited for without a break, from its first image reason.

    A container that ran in between has waited twice.
    """
    table = tables.waiting
    troubled = table.loc[~table["reason"].isin(NO_IMAGE_REASONS), "pod"]
    rows = table[table["pod"].isin(set(troubled))].to_dict("records")
    spells: dict[tuple[str, str], Spell] = {}
    for one in sorted(rows, key=itemgetter("start_us")):
        key = (one["pod"], one["container"])
        spell = spells.get(key)
        if spell is not None and spell[-1]["end_us"] < one["start_us"]:
            yield spells.pop(key)
            spell = None
        if spell is not None:
            spell.append({str(name): value for name, value in one.items()})
        elif one["reason"] not in NO_IMAGE_REASONS:
            spells[key] = [{str(name): value for name, value in one.items()}]
    yield from spells.values()


def _blame(log: EventLog, failure: int) -> Row:
    path = chain(log, failure)
    # A plug-in that gave nothing says why in its own row.
    given = next((row for row in path if row.kind is Kind.PROVIDER_FAILED), None)
    if given is not None:
        return given
    if not any(row.kind is Kind.POD_CREATED for row in path):
        return path[-1]
    return next((row for row in path if row.kind in _FAILURES), path[0])


class _Wording:
    """The words of each kind of event, looked up once."""

    __slots__ = ("about", "component", "message", "reason", "type")

    def __init__(self, kind: Kind, meta: dict[str, Any]) -> None:
        self.about = event_texts.about(kind)
        self.component = event_texts.component(kind)
        self.message = event_texts.message(kind, meta)
        self.reason = event_texts.reason(kind)
        self.type = event_texts.type_of(kind)


def plain_events(log: EventLog, meta: dict[str, Any]) -> Iterator[KubernetesEvent]:
    """Yield the events of a run in order."""
    wordings = {kind: _Wording(kind, meta) for kind in event_texts.EVENTS}
    made: Counter[str] = Counter()  # pod -> how often one of its name was made
    for row in log.rows(*event_texts.EVENTS):
        made[row.pod] += row.kind is Kind.POD_CREATED
        if _is_event(log, row):
            yield _event(log, row, wordings[row.kind], made[row.pod])


def _event(log: EventLog, row: Row, words: _Wording, made: int) -> KubernetesEvent:
    namespace, _, name = _said(log, row, words.about).partition("/")
    return KubernetesEvent(
        time_us=row.time_us,
        type=words.type,
        reason=_said(log, row, words.reason),
        namespace=namespace if name else "default",
        object=name or namespace,
        component=_said(log, row, words.component),
        node=row.node,
        container=row.container,
        message=_said(log, row, words.message),
        uid=str(made) if row.kind not in event_texts.OF_PODS else "",
        row=row.row,
    )


def _said(log: EventLog, row: Row, words: Words) -> str:
    return words.say(*(_value(log, row, column) for column in words.columns))


def _value(log: EventLog, row: Row, column: str) -> Any:
    if column == event_texts.SINCE_CAUSE:
        return row.time_us - log[row.cause].time_us
    return getattr(row, column)


def _is_event(log: EventLog, row: Row) -> bool:
    """Bare pods are made and deleted without an event of a controller.

    What had happened before a cluster's state was saved is no event of the run.
    """
    if row.cause != NONE and log[row.cause].kind is Kind.POD_SAVED:
        return row.kind not in (Kind.POD_CREATED, Kind.SCHEDULED, Kind.STARTED)
    if row.kind is Kind.POD_CREATED:
        return bool(row.text or event_texts.maker(row.object))
    return row.kind is not Kind.POD_DELETED or bool(row.text)
