"""Tables of a run: intervals and counts, derived from the record alone.

Times are microseconds (int64); an interval that the run's end cuts is ``open``. State
is never recorded, only change: what holds at a time is folded here, once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.analysis.events import kubernetes_events
from sim.analysis.sentences import build_name, sentence
from sim.record.kinds import Kind
from sim.record.log import EventLog, Row

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """All tables of one run; the columns are listed in ``COLUMNS``."""

    pods: pd.DataFrame
    service: pd.DataFrame
    waiting: pd.DataFrame
    pulls: pd.DataFrame
    back_offs: pd.DataFrame
    node_images: pd.DataFrame
    requests: pd.DataFrame
    events: pd.DataFrame
    builds_in_service: pd.DataFrame
    marks: pd.DataFrame


COLUMNS = {
    "pods": "pod owner replica_set node created_us scheduled_us started_us ready_us "
    "deleted_us gone_us",
    "service": "pod owner node container image digest build start_us end_us open",
    "waiting": "pod owner node container reason start_us end_us open",
    "pulls": "pod owner node container image start_us end_us outcome digest build "
    "bytes runtime_us error",
    "back_offs": "pod owner node container image time_us",
    "node_images": "node image digest build start_us end_us open pre_pulled",
    "requests": "registry node image what status bytes time_us span_us",
    "events": "time_us type reason namespace object component node message",
    "builds_in_service": "owner build time_us pods",
    "marks": "time_us kind text",
}
_MARKS = (
    Kind.TAG_PUSHED,
    Kind.KUBECTL,
    Kind.NODE_DIED,
    Kind.REGISTRY_DOWN,
    Kind.REGISTRY_UP,
    Kind.SECRET_APPLIED,
    Kind.SECRET_DELETED,
)


def derive(log: EventLog, meta: dict[str, Any], language: str = "en") -> Tables:
    """Return the tables of a finished record."""
    folds = _Folds(log, meta)
    for number in range(len(log)):
        folds.take(log[number])
    until = int(meta["until_us"])
    service = folds.service.all(until)
    return Tables(
        pods=_frame("pods", folds.pods.values()),
        service=_frame("service", service),
        waiting=_frame("waiting", folds.waiting.all(until)),
        pulls=_frame("pulls", folds.finished_pulls(until)),
        back_offs=_frame("back_offs", folds.back_offs),
        node_images=_frame("node_images", folds.node_images.all(until)),
        requests=_frame("requests", folds.requests),
        events=_frame("events", _events(log, meta)),
        builds_in_service=_frame("builds_in_service", _steps(service)),
        marks=_frame("marks", _marks(log, meta, language)),
    )


def _frame(name: str, records: Iterable[Record]) -> pd.DataFrame:
    columns = COLUMNS[name].split()
    frame = pd.DataFrame.from_records(list(records), columns=columns)
    for column in columns:
        if column.endswith("_us"):
            frame[column] = frame[column].astype("Int64")
    return frame


class _Intervals:
    """Open and closed intervals by key."""

    def __init__(self) -> None:
        self._open: dict[Any, Record] = {}
        self._closed: list[Record] = []

    def start(self, key: Any, time_us: int, **columns: Any) -> None:
        """Begin an interval, ending the one of the same key."""
        self.end(key, time_us)
        self._open[key] = {**columns, "start_us": time_us}

    def end(self, key: Any, time_us: int) -> None:
        """End the interval of a key, if there is one."""
        known = self._open.pop(key, None)
        if known is not None:
            self._closed.append({**known, "end_us": time_us, "open": False})

    def current(self, key: Any) -> Record | None:
        """Return the open interval of a key."""
        return self._open.get(key)

    def end_all(self, matches: Any, time_us: int) -> None:
        """End the intervals whose key begins with this."""
        for key in [key for key in self._open if key[0] == matches]:
            self.end(key, time_us)

    def all(self, until_us: int) -> list[Record]:
        """Return every interval in order of its start."""
        rest = [
            {**known, "end_us": until_us, "open": True} for known in self._open.values()
        ]
        return sorted([*self._closed, *rest], key=lambda r: r["start_us"])


class _Folds:
    """Folds changes into intervals, row by row."""

    def __init__(self, log: EventLog, meta: dict[str, Any]) -> None:
        self._log = log
        self._meta = meta
        self.pods: dict[str, Record] = {}
        self.service = _Intervals()
        self.waiting = _Intervals()
        self.node_images = _Intervals()
        self.back_offs: list[Record] = []
        self.requests: list[Record] = []
        self._pulls: dict[int, Record] = {}

    def take(self, row: Row) -> None:
        """Fold one row in."""
        match row.kind:
            case Kind.POD_CREATED:
                self.pods[row.pod] = {
                    "pod": row.pod,
                    "owner": row.object or row.pod,  # a bare pod is its own workload
                    "replica_set": row.text,
                    "node": "",
                    "created_us": row.time_us,
                }
            case Kind.SCHEDULED:
                self.pods[row.pod] |= {"node": row.node, "scheduled_us": row.time_us}
            case Kind.POD_READY:
                if row.amount:
                    self.pods[row.pod].setdefault("ready_us", row.time_us)
            case Kind.POD_DELETED:
                self.pods[row.pod]["deleted_us"] = row.time_us
            case Kind.POD_GONE:
                self.pods[row.pod]["gone_us"] = row.time_us
                self.waiting.end_all(row.pod, row.time_us)
            case Kind.REQUEST:
                self._request(row)
            case _:
                self._node_side(row)

    def _node_side(self, row: Row) -> None:
        match row.kind:
            case Kind.STARTED:
                self.pods[row.pod].setdefault("started_us", row.time_us)
                self.waiting.end((row.pod, row.container), row.time_us)
                self.service.start(
                    (row.pod, row.container),
                    row.time_us,
                    **self._columns(row),
                    image=row.image,
                    digest=row.digest,
                    build=build_name(self._meta, row.digest),
                )
            case Kind.EXITED:
                self.service.end((row.pod, row.container), row.time_us)
            case Kind.CONTAINER_WAITING:
                self._wait(row)
            case Kind.CONTAINER_TERMINATED | Kind.CONTAINER_RUNNING:
                self.waiting.end((row.pod, row.container), row.time_us)
            case Kind.PULLING | Kind.PULLED | Kind.PULL_FAILED:
                self._pull(row)
            case Kind.BACK_OFF:
                columns = self._columns(row)
                self.back_offs.append(
                    {**columns, "image": row.image, "time_us": row.time_us}
                )
            case Kind.PRE_PULLED | Kind.IMAGE_STORED:
                self.node_images.start(
                    (row.node, row.image),
                    row.time_us,
                    node=row.node,
                    image=row.image,
                    digest=row.digest,
                    build=build_name(self._meta, row.digest),
                    pre_pulled=row.kind is Kind.PRE_PULLED,
                )
            case Kind.IMAGE_REMOVED:
                self.node_images.end((row.node, row.image), row.time_us)
            case Kind.NODE_DIED:
                self.node_images.end_all(row.node, row.time_us)

    def _columns(self, row: Row) -> Record:
        return {
            "pod": row.pod,
            "owner": self.pods[row.pod]["owner"],
            "node": row.node,
            "container": row.container,
        }

    def _wait(self, row: Row) -> None:
        key = (row.pod, row.container)
        if self.service.current(key) is not None:
            return  # the status is one sync late; the container runs
        known = self.waiting.current(key)
        if known is None or known["reason"] != row.reason:
            self.waiting.start(
                key, row.time_us, **self._columns(row), reason=row.reason
            )

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
                "status": int(status) if status.isdigit() else 0,
                "bytes": row.amount,
                "time_us": row.time_us,
                "span_us": row.span,
            }
        )


def _events(log: EventLog, meta: dict[str, Any]) -> Iterable[Record]:
    for event in kubernetes_events(log, meta):
        yield {name: getattr(event, name) for name in COLUMNS["events"].split()}


def _steps(service: list[Record]) -> Iterable[Record]:
    """Count, at every change, the pods of a workload that run each build."""
    changes = sorted(
        (time_us, edge, number)
        for number, one in enumerate(service)
        for time_us, edge in (
            [(one["start_us"], 1)]
            if one["open"]
            else [(one["start_us"], 1), (one["end_us"], -1)]
        )
    )
    running: dict[tuple[str, str], dict[str, int]] = {}
    last: dict[tuple[str, str], Record] = {}
    out: list[Record] = []
    for time_us, edge, number in changes:
        one = service[number]
        key = (one["owner"], one["build"])
        pods = running.setdefault(key, {})
        pods[one["pod"]] = pods.get(one["pod"], 0) + edge
        count = sum(n > 0 for n in pods.values())
        known = last.get(key)
        if known is not None and known["time_us"] == time_us:
            known["pods"] = count
            continue
        step = {"owner": key[0], "build": key[1], "time_us": time_us, "pods": count}
        last[key] = step
        out.append(step)
    return out


def _marks(log: EventLog, meta: dict[str, Any], language: str) -> Iterable[Record]:
    for row in log.rows(*_MARKS):
        if row.time_us:
            yield {
                "time_us": row.time_us,
                "kind": row.kind.name,
                "text": sentence(row, meta, language),
            }


def builds_at(tables: Tables, owner: str, time_us: int) -> dict[str, int]:
    """Return how many pods of a workload run each build at a moment."""
    steps = tables.builds_in_service
    past = steps[(steps["owner"] == owner) & (steps["time_us"] <= time_us)]
    last = past.groupby("build", sort=False)["pods"].last()
    return {str(build): int(pods) for build, pods in last.items() if pods}


def mixed_intervals(tables: Tables, owner: str, until_us: int) -> list[tuple[int, int]]:
    """Return the spans in which more than one build of a workload was in service."""
    steps = tables.builds_in_service
    counts: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    since: int | None = None
    for step in steps[steps["owner"] == owner].itertuples():
        counts[str(step.build)] = int(step.pods)  # type: ignore[arg-type]
        now = int(step.time_us)  # type: ignore[arg-type]
        mixed = sum(count > 0 for count in counts.values()) > 1
        if mixed and since is None:
            since = now
        elif not mixed and since is not None:
            spans.append((since, now))
            since = None
    if since is not None:
        spans.append((since, until_us))
    return spans


def waiting_at(tables: Tables, owner: str, time_us: int) -> dict[str, int]:
    """Return how many pods of a workload wait with each reason at a moment."""
    table = tables.waiting
    now = table[
        (table["owner"] == owner)
        & (table["start_us"] <= time_us)
        & ((table["end_us"] > time_us) | table["open"])
    ]
    first = now.drop_duplicates("pod")
    return {str(r): int(n) for r, n in first["reason"].value_counts(sort=False).items()}


def owners(tables: Tables) -> list[str]:
    """Return the workloads (and bare pods) of a run, in order of appearance."""
    return [str(name) for name in tables.pods["owner"].drop_duplicates()]


def unscheduled_at(tables: Tables, owner: str, time_us: int) -> int:
    """Return how many pods of a workload are on no node at a moment."""
    pods = tables.pods
    mine = pods[(pods["owner"] == owner) & (pods["created_us"] <= time_us)]
    there = mine["gone_us"].isna() | (mine["gone_us"] > time_us)
    bound = mine["scheduled_us"].notna() & (mine["scheduled_us"] <= time_us)
    return int((there & ~bound).sum())
