"""Tables of a run: intervals and counts, derived from the record alone.

Times are microseconds (int64); an interval that the run's end cuts is ``open``. State
is never recorded, only change: what holds at a time is folded here, once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.columns import Columns, rows_of
from sim.analysis.event_table import event_rows, event_table
from sim.analysis.folds import Folds
from sim.analysis.sentences import sentence
from sim.analysis.steps import edges, steps
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
    columns = Columns(log)
    folds = Folds(columns, meta)
    service = folds.service()
    return Tables(
        pods=_table("pods", folds.pods()),
        service=_table("service", service),
        waiting=_table("waiting", folds.waiting()),
        phases=_table("phases", folds.phases()),
        pulls=_table("pulls", folds.pulls()),
        back_offs=_table("back_offs", folds.back_offs()),
        node_images=_table("node_images", folds.node_images()),
        requests=_table("requests", folds.requests()),
        events=_table("events", event_table(columns, meta, event_rows(columns))),
        builds_in_service=_table("builds_in_service", steps(service)),
        marks=_table("marks", pd.DataFrame(_marks(log, meta, language))),
    )


def _table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its columns and types, also where nothing happened."""
    columns = COLUMNS[name].split()
    if not frame.empty:
        return frame[columns].astype({c: "Int64" for c in columns if _is_time(c)})
    dtypes = {c: "Int64" for c in columns if _is_time(c)}
    dtypes |= {c: "int64" for c in columns if c in _NUMBERS}
    dtypes |= {c: "bool" for c in columns if c in _FLAGS}
    return pd.DataFrame({c: [] for c in columns}, dtype=object).astype(dtypes)


def _is_time(column: str) -> bool:
    return column.endswith("_us")


def _marks(
    log: EventLog, meta: dict[str, Any], language: str
) -> Iterator[dict[str, Any]]:
    installed: set[tuple[str, str]] = set()
    for row in rows_of(log, *MARKS):
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
        yield from _several(service, until_us)


def _several(service: pd.DataFrame, until_us: int) -> Iterator[tuple[int, int]]:
    """Yield the spans in which intervals of more than one digest hold."""
    digests, known = pd.factorize(service["digest"])
    if len(known) < 2:
        return
    time_us, edge, which = edges(service)
    running = np.zeros(len(edge), dtype=np.int64)
    for number in range(len(known)):
        mine = np.where(digests[which] == number, edge, 0)
        running += np.cumsum(mine) > 0
    together = np.r_[time_us[1:] == time_us[:-1], False]
    mixed = running[~together] > 1
    turns = np.flatnonzero(np.diff(np.r_[False, mixed]))
    bounds = [*time_us[~together][turns].tolist(), until_us]
    yield from zip(bounds[::2], bounds[1::2], strict=False)


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
