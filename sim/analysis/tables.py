"""Tables of a run: intervals and counts, derived from the record alone.

Times are microseconds (int64); an interval that the run's end cuts is ``open``. State
is never recorded, only change: what holds at a time is folded here, once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from sim.analysis.events import kubernetes_events
from sim.analysis.folds import Folds, edges, steps
from sim.analysis.intervals import Record
from sim.analysis.sentences import sentence
from sim.record.kinds import Kind
from sim.record.log import EventLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """All tables of one run; the columns are listed in ``COLUMNS``."""

    pods: pd.DataFrame
    service: pd.DataFrame
    waiting: pd.DataFrame
    phases: pd.DataFrame
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
    "waiting": "pod owner node container reason message start_us end_us open",
    "phases": "pod owner node phase start_us end_us open",
    "pulls": "pod owner node container image start_us end_us outcome digest build "
    "bytes runtime_us waiting_us error",
    "back_offs": "pod owner node container image time_us",
    "node_images": "node image digest build start_us end_us open pre_pulled",
    "requests": "registry node image what status bytes time_us span_us",
    "events": "time_us type reason namespace object component node message",
    "builds_in_service": "owner build time_us pods",
    "marks": "time_us kind text",
}
MARKS = (
    Kind.TAG_PUSHED,
    Kind.KUBECTL,
    Kind.CRASHED,
    Kind.NODE_DIED,
    Kind.REGISTRY_DOWN,
    Kind.REGISTRY_UP,
    Kind.SECRET_APPLIED,
    Kind.SECRET_DELETED,
    Kind.NODE_COMMAND,
    Kind.TAG_DELETED,
    Kind.MANIFEST_DELETED,
    Kind.PUSH_REFUSED,
    Kind.REGISTRY_SLOW,
    Kind.REGISTRY_RESTORED,
    Kind.NODE_FILE_WRITTEN,
    Kind.NODE_FILE_REMOVED,
    Kind.PROVIDER_SET,
)
_OF_A_COMMAND = (Kind.NODE_FILE_WRITTEN, Kind.NODE_FILE_REMOVED)
_NUMBERS = ("bytes", "pods", "status")
_FLAGS = ("open", "pre_pulled")
# Reasons that say only that a container has not come so far.
NOT_YET = ("ContainerCreating", "PodInitializing")


def derive(log: EventLog, meta: dict[str, Any], language: str = "en") -> Tables:
    """Return the tables of a finished record."""
    folds = Folds(log, meta)
    until = int(meta["until_us"])
    service = folds.service.all(until)
    return Tables(
        pods=_frame("pods", folds.pods),
        service=_frame("service", service),
        waiting=_frame("waiting", folds.waiting.all(until)),
        phases=_frame("phases", folds.finished_phases(until)),
        pulls=_frame("pulls", folds.finished_pulls(until)),
        back_offs=_frame("back_offs", folds.back_offs),
        node_images=_frame("node_images", folds.node_images.all(until)),
        requests=_frame("requests", folds.requests),
        events=_frame("events", _events(log, meta)),
        builds_in_service=_frame("builds_in_service", steps(service)),
        marks=_frame("marks", _marks(log, meta, language)),
    )


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
    for event in kubernetes_events(log, meta):
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


def builds_at(tables: Tables, owner: str, time_us: int) -> dict[str, int]:
    """Return how many pods of a workload run each build at a moment."""
    steps = tables.builds_in_service
    past = steps[(steps["owner"] == owner) & (steps["time_us"] <= time_us)]
    last = past.groupby("build", sort=False)["pods"].last()
    return {str(build): int(pods) for build, pods in last.items() if pods}


def builds_by_container(
    tables: Tables, owner: str, time_us: int
) -> dict[str, dict[str, int]]:
    """Return how many pods run each build, of each container of a workload."""
    service = tables.service
    mine = service[(service["owner"] == owner) & (service["start_us"] <= time_us)]
    runs = mine[
        (mine["end_us"] > time_us) | (mine["open"] & (mine["end_us"] >= time_us))
    ]
    found: dict[str, dict[str, int]] = {}
    for (container, build), pods in runs.groupby(["container", "build"], sort=False):
        found.setdefault(str(container), {})[str(build)] = int(pods["pod"].nunique())
    return found


def mixed_intervals(tables: Tables, owner: str, until_us: int) -> list[tuple[int, int]]:
    """Return the spans in which a workload ran more than one build of a container.

    A pod's containers run different builds by design (a web server and its sidecar);
    mixed is a workload when one and the same container runs several in several pods.
    """
    spans: list[tuple[int, int]] = []
    for start, end in sorted(_overlaps(tables, owner, until_us)):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _overlaps(tables: Tables, owner: str, until_us: int) -> Iterator[tuple[int, int]]:
    """Yield the spans in which builds of one container overlap, by container."""
    mine = tables.service[tables.service["owner"] == owner]
    for _, service in mine.groupby("container", sort=False):
        if len(set(service["digest"])) > 1:
            records: list[Any] = service.to_dict("records")
            yield from _several(records, until_us)


def _several(service: list[Record], until_us: int) -> Iterator[tuple[int, int]]:
    """Yield the spans in which intervals of more than one digest hold."""
    running: dict[str, int] = {}
    since: int | None = None
    for time_us, together in groupby(edges(service), key=itemgetter(0)):
        for _, edge, one in together:
            running[one["digest"]] = running.get(one["digest"], 0) + edge
        mixed = sum(count > 0 for count in running.values()) > 1
        if mixed and since is None:
            since = time_us
        elif not mixed and since is not None:
            yield since, time_us
            since = None
    if since is not None:
        yield since, until_us


def waiting_at(tables: Tables, owner: str, time_us: int) -> dict[str, int]:
    """Return how many pods of a workload wait with each reason at a moment.

    A pod counts once: with the first reason, by container name, that is more than
    not having come so far; such a reason of an init container tells why the others
    wait.
    """
    table = tables.waiting
    now = table[
        (table["owner"] == owner)
        & (table["start_us"] <= time_us)
        & ((table["end_us"] > time_us) | table["open"])
    ]
    later = now["reason"].isin(NOT_YET)
    ranked = now.assign(later=later).sort_values(["later", "container"], kind="stable")
    # Back in the order of the table: reasons appear as the pods did.
    first = ranked.drop_duplicates("pod").sort_index()
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
