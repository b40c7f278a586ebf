"""The status of one container, as its kubelet makes it.

Source: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses.
"""

from functools import lru_cache

from sim.cluster.kubelet.pleg import Snapshot
from sim.cluster.kubelet.restart_policy import is_sidecar
from sim.cluster.objects import ContainerStatus, State, Termination
from sim.cluster.runtime.sandbox import ContainerRecord
from sim.scenario.model import Container
from sim.value import value


@value
class StartFailure:
    """Why a container did not start, as the reason cache keeps it; row = its event."""

    reason: str
    message: str
    row: int


# Most containers of a large cluster look alike; what looks alike is one object.
_alike = lru_cache(maxsize=4096)(ContainerStatus)


def known_status(
    container: Container,
    record: ContainerRecord | None,
    snapshot: Snapshot,
    old: ContainerStatus | None,
    waiting: str,
) -> ContainerStatus:
    """What the runtime says of a container, without the reason cache."""
    last = _last_termination(record, snapshot, old)
    if record is None:
        return _alike(
            name=container.name,
            reason=waiting,
            image=container.image,
            last_termination=last,
            restart_count=old.restart_count if old else 0,
        )
    if record.exited:
        if old is not None and old.last_termination == last and _shows(old, record):
            return old
        # It ended in its own microsecond, so no other looks alike.
        return ContainerStatus(
            name=container.name,
            state=State.TERMINATED,
            termination=_termination(record),
            last_termination=last,
            restart_count=record.attempt,
            image=record.image,
            image_id=record.image_id,
        )
    runs = record.running
    return _alike(
        name=container.name,
        state=State.RUNNING if runs else State.WAITING,
        last_termination=last,
        restart_count=record.attempt,
        image=record.image if runs else container.image,
        image_id=record.image_id if runs else "",
    )


def _shows(status: ContainerStatus, record: ContainerRecord) -> bool:
    """Whether a status already says how this instance ended."""
    ended = status.termination
    return (
        ended is not None
        and status.restart_count == record.attempt
        and ended.finished_us == record.finished_us
        and ended.exit_code == record.exit_code
    )


def _termination(record: ContainerRecord) -> Termination:
    """How a container that exited is described."""
    return Termination(
        reason="Error" if record.exit_code else "Completed",
        exit_code=record.exit_code,
        finished_us=record.finished_us,
    )


def _last_termination(
    record: ContainerRecord | None, snapshot: Snapshot, old: ContainerStatus | None
) -> Termination | None:
    """How the instance before the newest one ended, also after its removal."""
    attempt = record.attempt if record else 0
    for other in snapshot.containers:
        if record and other.name == record.name and other.attempt == attempt - 1:
            return _termination(other)
    if old is None:
        return None
    if old.restart_count < attempt and old.termination is not None:
        return old.termination
    return old.last_termination


def failed_status(known: ContainerStatus, failure: StartFailure) -> ContainerStatus:
    """Return a status that says why the container did not start."""
    return ContainerStatus(
        name=known.name,
        reason=failure.reason,
        message=failure.message,
        last_termination=known.termination or known.last_termination,
        restart_count=known.restart_count,
        image=known.image,
        image_id=known.image_id,
    )


def ready_status(
    status: ContainerStatus,
    container: Container,
    *,
    init: bool,
    not_ready: frozenset[str],
) -> ContainerStatus:
    """Return a status that says whether the container is ready and started."""
    running = status.state is State.RUNNING
    if init and not is_sidecar(container):
        ended = status.termination
        ready = ended is not None and ended.exit_code == 0
    else:
        ready = running and status.name not in not_ready
    if not (running or ready):
        return status
    return _alike(
        name=status.name,
        state=status.state,
        reason=status.reason,
        message=status.message,
        termination=status.termination,
        last_termination=status.last_termination,
        restart_count=status.restart_count,
        ready=ready,
        started=running,
        image=status.image,
        image_id=status.image_id,
    )
