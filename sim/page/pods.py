"""Pods for a page: what each container did, and what ``explain`` says of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from sim.analysis.catalogue import say, shown
from sim.analysis.columns import Columns
from sim.analysis.explain import TRIES, pulled_again
from sim.analysis.sentences import again_sentence, state_sentence
from sim.page.links import Links
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, Row
from sim.units import format_time

_STATES = (Kind.STARTED, Kind.EXITED, Kind.CONTAINER_WAITING)
_SHOWN_BY = (Kind.CONTAINER_WAITING, Kind.CONTAINER_RUNNING, Kind.STARTED)
_OF_PODS = frozenset(
    {
        *_STATES,
        *_SHOWN_BY,
        *TRIES,
        Kind.POD_CREATED,
        Kind.SCHEDULED,
        Kind.FAILED_SCHEDULING,
        Kind.POD_GONE,
    }
)


class PodRows:
    """The rows of each pod of some names that the page speaks of, read once."""

    __slots__ = ("_language", "_links", "_log", "_meta", "_rows")

    def __init__(
        self,
        log: EventLog,
        meta: dict[str, Any],
        links: Links,
        language: str,
        names: Iterable[str],
    ) -> None:
        self._log = log
        self._meta = meta
        self._links = links
        self._language = language
        self._rows: dict[str, list[Row]] = defaultdict(list)
        columns = Columns(log)
        rows = columns.rows(*_OF_PODS)
        mine = np.isin(columns.numbers("pod", rows), columns.find_all(names))
        for number in rows[mine].tolist():
            row = log[number]
            self._rows[row.pod].append(row)

    def of(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return the pods of these names: of one name there may be several."""
        return [pod for name in names for pod in self._of_name(name)]

    def _of_name(self, name: str) -> Iterator[dict[str, Any]]:
        rows = self._rows[name]
        created = [row for row in rows if row.kind is Kind.POD_CREATED]
        ends = [row.row for row in created[1:]] + [len(self._log)]
        shown_by = [row for row in rows if row.kind in _SHOWN_BY]
        containers = list(dict.fromkeys(row.container for row in shown_by))
        for first, end in zip(created, ends, strict=True):
            mine = [row for row in rows if first.row < row.row < end]
            yield self._pod(first, mine, containers)

    def _pod(
        self, created: Row, rows: list[Row], containers: list[str]
    ) -> dict[str, Any]:
        def of(kind: Kind) -> list[Row]:
            return [row for row in rows if row.kind is kind]

        bound, gone = of(Kind.SCHEDULED), of(Kind.POD_GONE)
        name = shown(created.pod)
        node = bound[0].node if bound else ""
        gone_text = ""
        if gone:
            time = format_time(gone[0].time_us)
            gone_text = self._say("explain_pod_gone", time=time)
        tries = [row for row in rows if row.kind in TRIES]
        return {
            "name": created.pod,
            "shown": name,
            "owner": created.object or created.pod,
            "node": node,
            "created": self._links.add(created.row),
            "scheduled": self._links.add(bound[0].row) if bound else NONE,
            "failed": self._links.add_all(r.row for r in of(Kind.FAILED_SCHEDULING)),
            "gone": self._links.add(gone[0].row) if gone else NONE,
            "gone_text": gone_text,
            "bound_title": self._say("explain_pod_title", pod=name, node=node),
            "free_title": self._say("explain_pod_unscheduled", pod=name),
            "containers": containers,
            "states": [
                self._state(row, containers, tries)
                for row in rows
                if row.kind in _STATES
            ],
        }

    def _state(
        self, row: Row, containers: list[str], tries: list[Row]
    ) -> dict[str, Any]:
        mine = (one for one in tries if one.container == row.container)
        again = pulled_again(mine, row)
        state = {
            "container": containers.index(row.container)
            if row.container in containers
            else NONE,
            "row": self._links.add(row.row),
            "does": {Kind.STARTED: "runs", Kind.EXITED: "ended"}.get(row.kind, "waits"),
            "reason": row.reason,
            "text": state_sentence(row, self._meta, self._language),
        }
        if again is not None:
            state["again"] = self._links.add(again.source)
            state["again_text"] = again_sentence(again, self._language)
        return state

    def _say(self, message: str, **parameters: object) -> str:
        return say(self._language, message, **parameters)
