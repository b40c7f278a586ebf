"""Folds: rows into intervals and counts, one pass over the record.

State is never recorded, only change; what held from when to when is put together
here, once. Intervals that the run's end cuts are ``open``;
``row`` is the row that began one.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sim.analysis import compact
from sim.analysis.intervals import Intervals, Record
from sim.analysis.sentences import build_name
from sim.record.kinds import Kind
from sim.record.log import EventLog, Row

# A row costs more to read than to skip.
_FOLDED = frozenset(
    {
        Kind.POD_CREATED,
        Kind.SCHEDULED,
        Kind.POD_READY,
        Kind.POD_DELETED,
        Kind.POD_GONE,
        Kind.POD_PHASE,
        Kind.REQUEST,
        Kind.STARTED,
        Kind.EXITED,
        Kind.CONTAINER_WAITING,
        Kind.CONTAINER_TERMINATED,
        Kind.CONTAINER_RUNNING,
        Kind.PULLING,
        Kind.PULLED,
        Kind.PULL_FAILED,
        Kind.BACK_OFF,
        Kind.PRE_PULLED,
        Kind.IMAGE_STORED,
        Kind.IMAGE_REMOVED,
        Kind.NODE_DIED,
    }
)


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
        for row in compact.rows(log, _FOLDED):
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
                "status": int(status) if status.isdigit() else 0,
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
