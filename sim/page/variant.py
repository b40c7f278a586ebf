"""One variant of a run as data for the page; ``FORMAT.md`` describes the parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.answer import answer
from sim.analysis.catalogue import shown
from sim.analysis.columns import Columns, Flags, Ints, rows_of
from sim.analysis.event_table import event_rows
from sim.analysis.event_texts import OF_PODS
from sim.analysis.events import (
    KubernetesEvent,
    event_writes,
    kubernetes_events,
)
from sim.analysis.folds import Folds
from sim.analysis.selection import evenly
from sim.analysis.sentences import sentence
from sim.analysis.steps import steps
from sim.analysis.tables import MARKS, Tables, derive, owners
from sim.page.builds import Builds
from sim.page.links import Links
from sim.page.pods import PodRows
from sim.page.thinning import (
    MAX_EVENTS,
    MAX_REQUESTS,
    Shown,
    choose,
    last_in_part,
)
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.report.marks import short_mark
from sim.rules.event_correlator import StoredEvent
from sim.rules.kubectl_get import table_cell

_STEPS = frozenset(
    {
        *MARKS,
        Kind.APPLIED,
        Kind.NODE_JOINED,
        Kind.POD_CREATED,
        Kind.PULLED,
        Kind.PULL_FAILED,
        Kind.NEVER_PULL,
        Kind.FAILED_SCHEDULING,
        Kind.STARTED,
        Kind.EXITED,
        Kind.POD_GONE,
        Kind.IMAGE_REMOVED,
        Kind.ADMISSION_DENIED,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One variant's record and what was derived from it."""

    name: str
    log: EventLog
    meta: dict[str, Any]
    tables: Tables


def variant_of(
    name: str, log: EventLog, meta: dict[str, Any], language: str
) -> Variant:
    """Return a variant with its tables in a language."""
    return Variant(name=name, log=log, meta=meta, tables=derive(log, meta, language))


class VariantData:
    """Makes the data of one variant, part by part."""

    __slots__ = (
        "_builds",
        "_columns",
        "_folds",
        "_language",
        "_links",
        "_shown",
        "_until",
        "_variant",
    )

    def __init__(self, variant: Variant, builds: Builds, language: str) -> None:
        self._variant = variant
        self._builds = builds
        self._language = language
        self._links = Links(variant.log, variant.meta, language)
        self._columns = Columns(variant.log)
        self._folds = Folds(self._columns, variant.meta)
        self._until = int(variant.meta["until_us"])
        self._shown = self._chosen()

    def data(self) -> dict[str, Any]:
        """Return everything; the rows come last, when all parts have asked for some."""
        variant, shown_parts = self._variant, self._shown
        rows = PodRows(
            variant.log, variant.meta, self._links, self._language, shown_parts.pods
        )
        service = self._folds.service()
        requests, request_count = self._requests()
        events, event_count = self._events()
        changes, change_count = self._steps(service)
        return {
            "name": variant.name,
            "until_us": self._until,
            "kubernetes": variant.meta["kubernetes"],
            "answer": answer(variant.log, variant.meta, variant.tables, self._language),
            "owners": [[o, shown(o)] for o in owners(variant.tables)],
            "nodes": list(shown_parts.nodes),
            "builds_in_service": changes,
            "pods": rows.of(shown_parts.pods),
            "service": list(self._service(service)),
            "waiting": list(self._waiting()),
            "node_images": list(self._node_images()),
            "requests": requests,
            "events": events,
            "marks": list(self._marks()),
            "steps": self._step_rows(),
            "thinned": self._thinned(
                requests=(len(requests), request_count),
                events=(len(events), event_count),
                builds_in_service=(len(changes), change_count),
            ),
            "rows": self._links.table(),
        }

    def _chosen(self) -> Shown:
        return choose(self._variant.tables, self._all_nodes())

    def _all_nodes(self) -> list[str]:
        """Return the nodes in the order in which the record names them."""
        log, images = self._variant.log, self._variant.tables.node_images
        numbers = pd.unique(np.asarray(log.columns["node"])).tolist()
        named = {log.names.text(number): None for number in numbers if number >= 0}
        return list(named | {str(node): None for node in images["node"].unique()})

    def _steps(self, service: pd.DataFrame) -> tuple[list[list[Any]], int]:
        """Return how many pods run each build, and how many changes of that there were.

        Of too many changes of one build, those stay that are the last in their part.
        """
        changes = steps(service, "digest")
        # Numbers are given in the order of appearance, also of what is left out.
        builds = changes["build"].map(self._builds.number)
        kept = changes.assign(build=builds)[last_in_part(changes)]
        columns = [
            kept[name].tolist() for name in ("owner", "build", "time_us", "pods")
        ]
        return [list(one) for one in zip(*columns, strict=True)], len(changes)

    def _service(self, service: pd.DataFrame) -> Iterator[list[Any]]:
        for one in _among(service, "pod", self._shown.pods):
            yield [*self._bar(one), self._builds.number(one["digest"])]

    def _waiting(self) -> Iterator[list[Any]]:
        for one in _among(self._folds.waiting(), "pod", self._shown.pods):
            yield [*self._bar(one), one["reason"], one["message"]]

    def _bar(self, one: dict[str, Any]) -> list[Any]:
        """Return the head of an interval: pod, container, start, end, row."""
        row = self._links.add(one["row"])
        return [one["pod"], one["container"], one["start_us"], one["end_us"], row]

    def _node_images(self) -> Iterator[list[Any]]:
        for one in _among(self._folds.node_images(), "node", self._shown.nodes):
            yield [
                one["node"],
                one["image"],
                one["start_us"],
                one["end_us"],
                self._links.add(one["row"]),
                self._builds.number(one["digest"]),
            ]

    def _requests(self) -> tuple[list[list[Any]], int]:
        """Return requests, each with the sums up to it, and how many there were."""
        ordered = self._folds.requests().sort_values("time_us", kind="stable")
        failed = (ordered["status"] == 0) | (ordered["status"] >= 400)
        ordered = ordered.assign(
            count=range(1, len(ordered) + 1),
            total=ordered["bytes"].cumsum(),
            failed=failed.cumsum(),
        )
        places = evenly(range(len(ordered)), MAX_REQUESTS)
        return [
            [
                one["time_us"],
                one["count"],
                one["total"],
                one["failed"],
                self._links.add(one["row"]),
                one["registry"],
                one["node"],
                one["image"],
                f"{one['what']} {one['status'] or ''}".strip(),
            ]
            for one in ordered.iloc[places].to_dict("records")
        ], len(ordered)

    def _events(self) -> tuple[list[list[Any]], int]:
        """Return the writes of events about what is shown, and how many there were."""
        log = self._variant.log
        pods, thins = set(self._shown.pods), self._thins_pods()
        numbers: dict[str, int] = {}
        written = []
        rows = self._event_rows() if thins else None
        events = kubernetes_events(log, self._variant.meta, rows)
        for event, stored in event_writes(events):
            if thins and (pod := log[event.row].pod) and pod not in pods:
                continue
            number = numbers.setdefault(stored.name, len(numbers))
            written.append((event, stored, number))
        last = written[-MAX_EVENTS:]
        return [self._event(*one) for one in last], len(written)

    def _event(
        self, event: KubernetesEvent, stored: StoredEvent, number: int
    ) -> list[Any]:
        return [
            event.time_us,
            number,
            stored.last_s,
            stored.object.namespace,
            stored.type,
            stored.reason,
            f"{stored.object.kind.lower()}/{stored.object.name}",
            table_cell(stored.message.strip()),
            self._links.add(event.row),
        ]

    def _event_rows(self) -> Ints:
        """Return the events that count for those that are shown.

        Events are counted for each object: a pod's own, and all of its maker's.
        """
        columns = self._columns
        rows = event_rows(columns)
        shown_here = self._is_shown(rows)
        makers = np.isin(columns.kinds(rows), OF_PODS)
        named = [columns.numbers(name, rows) for name in ("object", "text")]
        for numbers in named:
            known = np.unique(numbers[makers & shown_here])
            shown_here |= makers & np.isin(numbers, known[known >= 0])
        found: Ints = rows[shown_here]
        return found

    def _is_shown(self, rows: Ints) -> Flags:
        """Whether rows are about a pod that is shown, or about none."""
        pods = self._columns.numbers("pod", rows)
        return (pods < 0) | np.isin(pods, self._columns.find_all(self._shown.pods))

    def _marks(self) -> Iterator[list[Any]]:
        """Yield what was done from outside while the run went on, with a label."""
        for row in rows_of(self._variant.log, *MARKS):
            if row.time_us:
                text = sentence(row, self._variant.meta, self._language)
                label = short_mark(row.kind.name, text).removeprefix("▾ ")
                yield [self._links.add(row.row), label]

    def _step_rows(self) -> list[int]:
        rows = self._columns.rows(*_STEPS)
        if self._thins_pods():
            rows = rows[self._is_shown(rows)]
        return self._links.add_all(evenly(rows.tolist(), MAX_EVENTS))

    def _thins_pods(self) -> bool:
        return len(self._shown.pods) < self._variant.tables.pods["pod"].nunique()

    def _thinned(self, **counts: tuple[int, int]) -> dict[str, list[int]]:
        """Return, of what is not shown whole, how many are shown of how many."""
        whole = {
            "pods": (len(self._shown.pods), self._variant.tables.pods["pod"].nunique()),
            "nodes": (len(self._shown.nodes), len(self._all_nodes())),
            **counts,
        }
        return {
            k: [part, int(all_)] for k, (part, all_) in whole.items() if part < all_
        }


def _among(
    table: pd.DataFrame, column: str, names: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table that are about some names."""
    for one in table[table[column].isin(list(names))].to_dict("records"):
        yield {str(name): value for name, value in one.items()}
