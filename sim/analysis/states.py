"""What containers do at a moment, folded from the record."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row

_STATE_KINDS = (Kind.STARTED, Kind.EXITED, Kind.CONTAINER_WAITING)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerState:
    """What a container did last: started, ended, or was shown to wait."""

    pod: str
    container: str
    row: Row


@dataclass(frozen=True, kw_only=True, slots=True)
class MixedContainer:
    """One container of a workload that runs several builds in several pods."""

    container: str
    builds: int
    since_us: int


def pod_states(log: EventLog, created: Row, at_us: int) -> dict[str, ContainerState]:
    """Return the state of every container of a pod, also of one that is gone.

    ``created`` is the pod's first row: others may have had its name before.
    """
    rows = log.rows(*_STATE_KINDS, pod=created.pod)
    states = _folded(r for r in rows if r.row > created.row and r.time_us <= at_us)
    return states.get(created.pod, {})


def states_of(log: EventLog, pods: set[str], at_us: int) -> list[ContainerState]:
    """Return the states of all containers of these pods, without pods that are gone."""
    rows = log.rows(*_STATE_KINDS, Kind.POD_GONE)
    mine = (row for row in rows if row.time_us <= at_us and row.pod in pods)
    return [one for states in _folded(mine).values() for one in states.values()]


def _folded(rows: Iterable[Row]) -> dict[str, dict[str, ContainerState]]:
    states: dict[str, dict[str, ContainerState]] = {}
    for row in rows:
        if row.kind is Kind.POD_GONE:
            states.pop(row.pod, None)
            continue
        mine = states.setdefault(row.pod, {})
        known = mine.get(row.container)
        late = known is not None and known.row.kind is Kind.STARTED
        if row.kind is Kind.CONTAINER_WAITING and late:
            continue  # a status that is one sync late; the container runs
        mine[row.container] = ContainerState(
            pod=row.pod, container=row.container, row=row
        )
    return states


def mixed_containers(log: EventLog, pods: set[str], at_us: int) -> list[MixedContainer]:
    """Return the containers that run more than one build, each since when."""
    running: dict[str, dict[str, int]] = {}
    since: dict[str, int] = {}
    for row in log.rows(Kind.STARTED, Kind.EXITED):
        if row.time_us > at_us or row.pod not in pods:
            continue
        counts = running.setdefault(row.container, {})
        step = 1 if row.kind is Kind.STARTED else -1
        counts[row.digest] = counts.get(row.digest, 0) + step
        if sum(count > 0 for count in counts.values()) > 1:
            since.setdefault(row.container, row.time_us)
        else:
            since.pop(row.container, None)
    return [
        MixedContainer(
            container=name,
            builds=sum(count > 0 for count in running[name].values()),
            since_us=time_us,
        )
        for name, time_us in since.items()
    ]
