"""One variant of a run as data for the page; ``FORMAT.md`` describes the parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.analysis.answer import answer
from sim.analysis.catalogue import shown
from sim.analysis.events import event_writes, kubernetes_events
from sim.analysis.folds import Folds, steps
from sim.analysis.intervals import Record
from sim.analysis.selection import evenly
from sim.analysis.sentences import sentence
from sim.analysis.tables import MARKS, Tables, derive, owners
from sim.page.builds import Builds
from sim.page.links import Links
from sim.page.pods import PodRows
from sim.page.thinning import MAX_EVENTS, MAX_REQUESTS, Shown, choose
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.report.marks import short_mark
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
        self._folds = Folds(variant.log, variant.meta)
        self._until = int(variant.meta["until_us"])
        self._shown = self._chosen()

    def data(self) -> dict[str, Any]:
        """Return everything; the rows come last, when all parts have asked for some."""
        variant, shown_parts = self._variant, self._shown
        rows = PodRows(variant.log, variant.meta, self._links, self._language)
        service = self._folds.service.all(self._until)
        requests = list(self._requests())
        events = list(self._events())
        return {
            "name": variant.name,
            "until_us": self._until,
            "kubernetes": variant.meta["kubernetes"],
            "answer": answer(variant.log, variant.meta, variant.tables, self._language),
            "owners": [[o, shown(o)] for o in owners(variant.tables)],
            "nodes": list(shown_parts.nodes),
            "builds_in_service": list(self._steps(service)),
            "pods": rows.of(shown_parts.pods),
            "service": list(self._service(service)),
            "waiting": list(self._waiting()),
            "node_images": list(self._node_images()),
            "requests": [self._linked(one) for one in evenly(requests, MAX_REQUESTS)],
            "events": events[-MAX_EVENTS:],
            "marks": list(self._marks()),
            "steps": self._step_rows(),
            "thinned": self._thinned(len(requests), len(events)),
            "rows": self._links.table(),
        }

    def _chosen(self) -> Shown:
        return choose(self._variant.tables, self._all_nodes())

    def _all_nodes(self) -> list[str]:
        """Return the nodes in the order in which the record names them."""
        log, images = self._variant.log, self._variant.tables.node_images
        numbers = dict.fromkeys(log.columns["node"])
        named = {log.names.text(number): None for number in numbers if number >= 0}
        return list(named | {str(node): None for node in images["node"]})

    def _steps(self, service: list[Record]) -> Iterator[list[Any]]:
        by_digest = [{**one, "build": one["digest"]} for one in service]
        for step in steps(by_digest):
            number = self._builds.number(step["build"])
            yield [step["owner"], number, step["time_us"], step["pods"]]

    def _service(self, service: list[Record]) -> Iterator[list[Any]]:
        pods = set(self._shown.pods)
        for one in service:
            if one["pod"] in pods:
                yield [*self._bar(one), self._builds.number(one["digest"])]

    def _waiting(self) -> Iterator[list[Any]]:
        pods = set(self._shown.pods)
        for one in self._folds.waiting.all(self._until):
            if one["pod"] in pods:
                yield [*self._bar(one), one["reason"], one["message"]]

    def _bar(self, one: Record) -> list[Any]:
        """Return the head of an interval: pod, container, start, end, row."""
        row = self._links.add(one["row"])
        return [one["pod"], one["container"], one["start_us"], one["end_us"], row]

    def _node_images(self) -> Iterator[list[Any]]:
        nodes = set(self._shown.nodes)
        for one in self._folds.node_images.all(self._until):
            if one["node"] in nodes:
                yield [
                    one["node"],
                    one["image"],
                    one["start_us"],
                    one["end_us"],
                    self._links.add(one["row"]),
                    self._builds.number(one["digest"]),
                ]

    def _requests(self) -> Iterator[list[Any]]:
        total = failed = 0
        ordered = sorted(self._folds.requests, key=lambda one: int(one["time_us"]))
        for count, one in enumerate(ordered, start=1):
            total += one["bytes"]
            failed += one["status"] == 0 or one["status"] >= 400
            what = f"{one['what']} {one['status'] or ''}".strip()
            where = [one["registry"], one["node"], one["image"], what]
            yield [one["time_us"], count, total, failed, one["row"], *where]

    def _events(self) -> Iterator[list[Any]]:
        log = self._variant.log
        pods, all_pods = set(self._shown.pods), self._thins_pods()
        numbers: dict[str, int] = {}
        for event, stored in event_writes(kubernetes_events(log, self._variant.meta)):
            if all_pods and (pod := log[event.row].pod) and pod not in pods:
                continue
            about = f"{stored.object.kind.lower()}/{stored.object.name}"
            yield [
                event.time_us,
                numbers.setdefault(stored.name, len(numbers)),
                stored.last_s,
                stored.object.namespace,
                stored.type,
                stored.reason,
                about,
                table_cell(stored.message.strip()),
                self._links.add(event.row),
            ]

    def _linked(self, request: list[Any]) -> list[Any]:
        self._links.add(request[4])
        return request

    def _marks(self) -> Iterator[list[Any]]:
        """Yield what was done from outside while the run went on, with a label."""
        for row in self._variant.log.rows(*MARKS):
            if row.time_us:
                text = sentence(row, self._variant.meta, self._language)
                label = short_mark(row.kind.name, text).removeprefix("▾ ")
                yield [self._links.add(row.row), label]

    def _step_rows(self) -> list[int]:
        pods, thins = set(self._shown.pods), self._thins_pods()
        wanted = [
            row.row
            for row in self._variant.log.rows(*_STEPS)
            if not (thins and row.pod and row.pod not in pods)
        ]
        return self._links.add_all(evenly(wanted, MAX_EVENTS))

    def _thins_pods(self) -> bool:
        return len(self._shown.pods) < self._variant.tables.pods["pod"].nunique()

    def _thinned(self, requests: int, events: int) -> dict[str, list[int]]:
        """Return, of what is not shown whole, how many are shown of how many."""
        counts = {
            "pods": (len(self._shown.pods), self._variant.tables.pods["pod"].nunique()),
            "nodes": (len(self._shown.nodes), len(self._all_nodes())),
            "requests": (min(requests, MAX_REQUESTS), requests),
            "events": (min(events, MAX_EVENTS), events),
        }
        return {
            k: [part, int(all_)] for k, (part, all_) in counts.items() if part < all_
        }
