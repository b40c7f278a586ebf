"""What a change of a pod's status writes into the record.

The pods of a workload go through the same few changes, most of them with the very
same status objects: what a change says is worked out once.
"""

from collections.abc import Callable

from sim.cluster.objects import ContainerStatus, Phase, PodStatus, State
from sim.record.kinds import Kind
from sim.record.packed_rows import PodRow
from sim.record.rows import NONE
from sim.value import value

REMEMBERED = 4096


@value
class StatusChange:
    """From one status to another.

    ``rows`` are what is written: containers, then a new phase, then readiness;
    ``packed`` are the same as the record takes them.
    ``running`` is 1 if the pod runs now, -1 if it does no more; ``ready`` says whether
    it turned either way. ``told``: whether watchers hear of it.
    """

    before: PodStatus
    after: PodStatus
    rows: tuple[PodRow, ...]
    packed: tuple[bytes, ...]
    running: int
    ready: bool | None
    told: bool


class StatusChanges:
    """The changes that were met lately; ``ids`` gives the record's numbers of names.

    Objects are known by their identity: what is remembered keeps them.
    """

    __slots__ = ("_changes", "_ids", "_rows")

    def __init__(self, ids: Callable[[str], int]) -> None:
        self._ids = ids
        self._changes: dict[tuple[int, int], StatusChange] = {}
        self._rows: dict[
            tuple[int, int],
            tuple[ContainerStatus | None, ContainerStatus, PodRow | None],
        ] = {}

    def between(self, before: PodStatus, after: PodStatus) -> StatusChange:
        """Return what a change from one status to another says."""
        key = id(before), id(after)
        change = self._changes.get(key)
        if change is None:
            if len(self._changes) >= REMEMBERED:
                self._changes.clear()
            change = self._changes[key] = self._compare(before, after)
        return change

    def _compare(self, before: PodStatus, after: PodStatus) -> StatusChange:
        rows = self._containers(before, after)
        moved = before.phase is not after.phase
        if moved or before.reason != after.reason:
            text, reason = self._ids(after.phase), self._ids(after.reason)
            rows.append(PodRow(Kind.POD_PHASE, reason=reason, text=text))
        turned = before.ready != after.ready
        if turned:
            rows.append(PodRow(Kind.POD_READY, amount=int(after.ready)))
        return StatusChange(
            before=before,
            after=after,
            rows=tuple(rows),
            packed=tuple(row.packed() for row in rows),
            running=runs(after) - runs(before),
            ready=after.ready if turned else None,
            told=turned or moved,
        )

    def _containers(self, before: PodStatus, after: PodStatus) -> list[PodRow]:
        old = {c.name: c for c in (*before.containers, *before.init_containers)}
        rows = [
            self._row(old.get(status.name), status)
            for status in (*after.init_containers, *after.containers)
        ]
        return [row for row in rows if row is not None]

    def _row(
        self, before: ContainerStatus | None, after: ContainerStatus
    ) -> PodRow | None:
        key = id(before), id(after)
        known = self._rows.get(key)
        if known is None:
            if len(self._rows) >= REMEMBERED:
                self._rows.clear()
            new = before is None or _shown(before) != _shown(after)
            row = self._made(after) if new else None
            known = self._rows[key] = (before, after, row)
        return known[2]

    def _made(self, status: ContainerStatus) -> PodRow:
        ids, ended = self._ids, status.termination
        kind, reason, text, amount = Kind.CONTAINER_WAITING, NONE, NONE, 0
        container, image = ids(status.name), ids(status.image)
        digest = ids(status.image_id.partition("@")[2])
        if status.state is State.RUNNING:
            kind = Kind.CONTAINER_RUNNING
        elif status.state is State.TERMINATED and ended is not None:
            kind = Kind.CONTAINER_TERMINATED
            reason, amount = ids(ended.reason), ended.exit_code
        else:
            digest, reason, text = NONE, ids(status.reason), ids(status.message)
        return PodRow(kind, container, image, digest, reason, text, amount)


def runs(status: PodStatus) -> bool:
    """Whether a pod is in the phase Running."""
    return status.phase is Phase.RUNNING


def _shown(status: ContainerStatus) -> tuple[object, ...]:
    """What a change of which is worth a row."""
    return (
        status.state,
        status.reason,
        status.message,
        status.termination,
        status.restart_count,
        status.image_id,
    )
