"""Folds: rows into intervals and counts, column by column.

State is never recorded, only change; what held from when to when is put together
here, once. Every fold is a table with the columns of ``COLUMNS`` in ``tables``, and
``row``, the row that began an interval or that a line is. Intervals that the run's
end cuts are ``open``.

A test folds the same records row by row, which is slower and easier to read.
"""

from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.columns import (
    Columns,
    Flags,
    Ints,
    Texts,
    column_of,
    last_before,
    times,
)
from sim.analysis.intervals import ALWAYS_NEW, ENDS, Changes, Intervals, intervals
from sim.analysis.sentences import build_name
from sim.record.kinds import Kind
from sim.record.rows import NONE

_NEVER = -1  # a time that has not come


class Folds:
    """Folds the changes of a finished record into tables."""

    __slots__ = (
        "_columns",
        "_created",
        "_meta",
        "_only",
        "_places",
        "_times",
        "_until",
    )

    def __init__(self, columns: Columns, meta: dict[str, Any]) -> None:
        self._columns = columns
        self._meta = meta
        self._until = int(meta["until_us"])
        self._created = self._columns.rows(Kind.POD_CREATED)
        self._times = self._columns.all("time_us")
        # The last pod of each name, which is the only one unless a name came again.
        pods = self._columns.numbers("pod", self._created)
        self._places = np.full(len(self._columns.names), NONE)
        self._places[pods] = np.arange(len(pods))
        self._only = len(np.unique(pods)) == len(pods)

    def pods(self) -> pd.DataFrame:
        """Return all pods; a StatefulSet makes one of the same name again."""
        known, created = self._columns, self._created
        node = np.full(len(created), NONE)
        bound, places = self._rows_of_pods(Kind.SCHEDULED)
        node[places] = known.numbers("node", bound)
        ready, ready_places = self._rows_of_pods(Kind.POD_READY)
        turned = known.numbers("amount", ready) != 0
        return pd.DataFrame(
            {
                "pod": known.said(known.numbers("pod", created)),
                "owner": known.said(self._owners(np.arange(len(created)))),
                "replica_set": known.said(known.numbers("text", created)),
                "node": known.said(node),
                "created_us": times(self._times[created]),
                "scheduled_us": self._last_time(bound, places),
                "started_us": self._first_time(*self._rows_of_pods(Kind.STARTED)),
                "ready_us": self._first_time(ready[turned], ready_places[turned]),
                "deleted_us": self._last_time(*self._rows_of_pods(Kind.POD_DELETED)),
                "gone_us": self._last_time(*self._rows_of_pods(Kind.POD_GONE)),
                "row": created,
            }
        )

    def _rows_of_pods(self, kind: Kind) -> tuple[Ints, Ints]:
        rows = self._columns.rows(kind)
        return rows, self._pods_of(rows)

    def _pods_of(self, rows: Ints) -> Ints:
        """Return the place of the pod of each row: the last that had its name then."""
        pods = self._columns.numbers("pod", rows)
        if self._only:
            return self._places[pods]
        made = self._columns.numbers("pod", self._created)
        return last_before(pods, rows, made, self._created)

    def _owners(self, places: Ints) -> Ints:
        """Return the workload of each pod; a bare pod is its own."""
        created = self._created[places]
        owners = self._columns.numbers("object", created)
        return np.where(owners < 0, self._columns.numbers("pod", created), owners)

    def _last_time(self, rows: Ints, places: Ints) -> pd.arrays.IntegerArray:
        found = np.full(len(self._created), _NEVER)
        found[places] = self._times[rows]  # of several, the last one stays
        return times(found, found == _NEVER)

    def _first_time(self, rows: Ints, places: Ints) -> pd.arrays.IntegerArray:
        return self._last_time(rows[::-1], places[::-1])

    def _changes(self, rows: Ints, group: str, member: str, values: Ints) -> Changes:
        return Changes(
            rows=rows,
            groups=self._columns.numbers(group, rows),
            members=self._columns.numbers(member, rows),
            values=values,
        )

    def _ending(self, rows: Ints, group: str, member: str) -> Changes:
        return self._changes(rows, group, member, np.full(len(rows), ENDS))

    def _intervals(
        self, changes: Changes, ends: tuple[Ints, Ints] | None = None
    ) -> Intervals:
        return intervals(changes, self._times, self._until, ends=ends)

    def _ends_of_pods(self) -> tuple[Ints, Ints]:
        gone = self._columns.rows(Kind.POD_GONE)
        return gone, self._columns.numbers("pod", gone)

    def service(self) -> pd.DataFrame:
        """Return which container ran which build, from when to when."""
        started = self._columns.rows(Kind.STARTED)
        new = np.full(len(started), ALWAYS_NEW)
        starts = self._changes(started, "pod", "container", new)
        ended = self._ending(self._columns.rows(Kind.EXITED), "pod", "container")
        found = self._intervals(Changes.joined(starts, ended))
        rows = found.rows
        return pd.DataFrame(
            {
                **self._of_containers(rows),
                "image": self._said("image", rows),
                "digest": self._said("digest", rows),
                "build": self._builds(rows),
                **_spans(found),
            }
        )

    def _said(self, column: str, rows: Ints) -> pd.api.extensions.ExtensionArray:
        return self._columns.said(self._columns.numbers(column, rows))

    def _of_containers(self, rows: Ints) -> dict[str, Any]:
        owners = self._owners(self._pods_of(rows))
        return {
            "pod": self._said("pod", rows),
            "owner": self._columns.said(owners),
            "node": self._said("node", rows),
            "container": self._said("container", rows),
        }

    def _build_texts(self, rows: Ints) -> Texts:
        digests = self._columns.numbers("digest", rows)
        return self._columns.mapped(digests, lambda d: build_name(self._meta, d))

    def _builds(self, rows: Ints) -> pd.api.extensions.ExtensionArray:
        return column_of(self._build_texts(rows))

    def waiting(self) -> pd.DataFrame:
        """Return what containers waited for; where one runs, its status is late."""
        known = self._columns
        shown = known.rows(Kind.CONTAINER_WAITING)
        shown = shown[~self._runs(shown)]
        reasons = known.numbers("reason", shown)
        waits = self._changes(shown, "pod", "container", reasons)
        over = known.rows(
            Kind.CONTAINER_TERMINATED, Kind.CONTAINER_RUNNING, Kind.STARTED
        )
        ended = self._ending(over, "pod", "container")
        found = self._intervals(Changes.joined(waits, ended), self._ends_of_pods())
        return pd.DataFrame(
            {
                **self._of_containers(found.rows),
                "reason": self._said("reason", found.rows),
                "message": self._said("text", found.rows),
                **_spans(found),
            }
        )

    def _runs(self, rows: Ints) -> Flags:
        """Whether the container of a row ran, as far as rows before it say."""
        known = self._columns
        acts = known.rows(Kind.STARTED, Kind.EXITED)
        last = last_before(
            known.pairs("pod", "container", rows),
            rows,
            known.pairs("pod", "container", acts),
            acts,
        )
        started = known.kinds(acts[last]) == Kind.STARTED if len(acts) else last >= 0
        return (last >= 0) & started

    def phases(self) -> pd.DataFrame:
        """Return all phases; a pod's node is the one that it came to be bound to."""
        known = self._columns
        told = known.rows(Kind.POD_CREATED, Kind.POD_PHASE)
        made = known.kinds(told) == Kind.POD_CREATED
        pending = known.find("Pending")
        pending = len(known.names) if pending < 0 else pending
        phase = np.where(made, pending, known.numbers("text", told))
        one = np.zeros(len(told), dtype=np.int64)
        groups = known.numbers("pod", told)
        changes = Changes(rows=told, groups=groups, members=one, values=phase)
        found = self._intervals(changes, self._ends_of_pods())
        places = self._pods_of(found.rows)
        texts = known.texts("text", found.rows)
        texts[known.kinds(found.rows) == Kind.POD_CREATED] = "Pending"
        bound, bound_places = self._rows_of_pods(Kind.SCHEDULED)
        node = np.full(len(self._created), NONE)
        node[bound_places] = known.numbers("node", bound)
        return pd.DataFrame(
            {
                "pod": self._said("pod", found.rows),
                "owner": known.said(self._owners(places)),
                "node": known.said(node[places]),
                "phase": column_of(texts),
                **_spans(found),
            }
        )

    def node_images(self) -> pd.DataFrame:
        """Return what each image name meant on each node."""
        known = self._columns
        stored = known.rows(Kind.PRE_PULLED, Kind.IMAGE_STORED)
        new = np.full(len(stored), ALWAYS_NEW)
        changes = self._changes(stored, "node", "image", new)
        removed = self._ending(known.rows(Kind.IMAGE_REMOVED), "node", "image")
        died = known.rows(Kind.NODE_DIED)
        ends = (died, known.numbers("node", died))
        found = self._intervals(Changes.joined(changes, removed), ends)
        return pd.DataFrame(
            {
                **{c: self._said(c, found.rows) for c in ("node", "image", "digest")},
                "build": self._builds(found.rows),
                **_spans(found),
                "pre_pulled": known.kinds(found.rows) == Kind.PRE_PULLED,
            }
        )

    def back_offs(self) -> pd.DataFrame:
        """Return when a pull was held back."""
        rows = self._columns.rows(Kind.BACK_OFF)
        return pd.DataFrame(
            {
                **self._of_containers(rows),
                "image": self._said("image", rows),
                "time_us": times(self._times[rows]),
                "row": rows,
            }
        )

    def pulls(self) -> pd.DataFrame:
        """Return all pulls; one under way ends with the run."""
        known = self._columns
        began = known.rows(Kind.PULLING)
        over = known.rows(Kind.PULLED, Kind.PULL_FAILED)
        done = over[known.kinds(over) == Kind.PULLED]
        place = np.searchsorted(began, known.numbers("cause", over))
        done_place = np.searchsorted(began, known.numbers("cause", done))
        last, got = np.full(len(began), NONE), np.full(len(began), NONE)
        last[place], got[done_place] = over, done
        ended, pulled = last >= 0, got >= 0
        start_us = self._times[began]
        kinds = known.kinds(last)
        outcome = np.where(kinds == Kind.PULLED, "pulled", "failed").astype(object)
        outcome[~ended] = "unfinished"
        texts = {"digest": "", "build": "", "error": ""}
        columns: dict[str, Texts] = {
            name: np.full(len(began), text, dtype=object)
            for name, text in texts.items()
        }
        columns["error"][ended] = known.texts("text", last[ended])
        columns["digest"][pulled] = known.texts("digest", got[pulled])
        columns["build"][pulled] = self._build_texts(got[pulled])
        return pd.DataFrame(
            {
                **self._of_containers(began),
                "image": self._said("image", began),
                "start_us": times(start_us),
                "end_us": times(np.where(ended, self._times[last], self._until)),
                "outcome": column_of(outcome),
                "digest": column_of(columns["digest"]),
                "build": column_of(columns["build"]),
                "bytes": np.where(pulled, known.numbers("amount", got), 0),
                "runtime_us": times(known.numbers("span", got), ~pulled),
                "waiting_us": times(self._times[got] - start_us, ~pulled),
                "error": column_of(columns["error"]),
                "row": began,
            }
        )

    def requests(self) -> pd.DataFrame:
        """Return every request to a registry and its answer."""
        known = self._columns
        rows = known.rows(Kind.REQUEST)
        texts = known.numbers("text", rows)
        return pd.DataFrame(
            {
                "registry": self._said("object", rows),
                "node": self._said("node", rows),
                "image": self._said("image", rows),
                "what": column_of(known.mapped(texts, _what)),
                "status": known.mapped(texts, _status).astype(np.int64),
                "bytes": known.numbers("amount", rows),
                "time_us": times(self._times[rows]),
                "span_us": times(known.numbers("span", rows)),
                "row": rows,
            }
        )


def _spans(found: Intervals) -> dict[str, Any]:
    return {
        "start_us": times(found.start_us),
        "end_us": times(found.end_us),
        "open": found.open,
        "row": found.rows,
    }


def _what(text: str) -> str:
    return text.rpartition(" ")[0]


def _status(text: str) -> int:
    status = text.rpartition(" ")[2]
    return int(status) if status.isdecimal() else 0
