"""The status of a pod as its kubelet publishes it.

Made at the start of every sync from what the PLEG last read and from what the last
attempt to start each container said (the reason cache), hence one sync late.

Source: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, getPhase,
convertToAPIContainerStatuses) and pkg/kubelet/reason_cache.go.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter

from sim.cluster.objects import (
    NO_STATUS,
    ContainerStatus,
    Phase,
    Pod,
    PodStatus,
    State,
    Termination,
)
from sim.cluster.pleg import Snapshot
from sim.cluster.sandbox import ContainerRecord
from sim.scenario.model import Container, PodSpec
from sim.value import value

SIDECAR = "Always"
_NAME = attrgetter("name")


@value
class StartFailure:
    """Why a container did not start, as the reason cache keeps it; row = its event."""

    reason: str
    message: str
    row: int


def should_restart(pod: Pod, container: Container, exit_code: int) -> bool:
    """Whether a container that ended with this code is started again.

    Source: pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted.
    """
    policy = container.restart_policy or pod.spec.restart_policy
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def is_sidecar(container: Container) -> bool:
    """Whether an init container runs beside the regular ones."""
    return container.restart_policy == SIDECAR


def generate(
    pod: Pod,
    snapshot: Snapshot,
    failures: Mapping[str, StartFailure],
    not_ready: frozenset[str] = frozenset(),
) -> PodStatus:
    """Return the status to publish now.

    ``failures`` is the reason cache by container name; ``not_ready`` names running
    containers whose readiness probe has not succeeded yet.
    """
    if snapshot.states.fresh and not failures and not not_ready:
        plain = _plain(pod, snapshot)
        if plain is not None:
            return plain
    return _generate(pod, snapshot, failures, not_ready)


def _generate(
    pod: Pod,
    snapshot: Snapshot,
    failures: Mapping[str, StartFailure],
    not_ready: frozenset[str],
) -> PodStatus:
    spec = pod.spec
    old = {s.name: s for s in (*pod.status.containers, *pod.status.init_containers)}
    waiting = "PodInitializing" if spec.init_containers else "ContainerCreating"

    def status(container: Container, *, init: bool) -> ContainerStatus:
        name = container.name
        record = snapshot.latest(name)
        known = _known(container, record, snapshot, old.get(name), waiting)
        if name in failures and _starts_again(pod, container, record, init=init):
            known = _with_failure(known, failures[name])
        return _with_readiness(known, container, init=init, not_ready=not_ready)

    regular = by_name(spec.containers)
    containers = tuple(status(c, init=False) for c in regular)
    inits = tuple(status(c, init=True) for c in spec.init_containers)
    phase = pod_phase(pod, containers, inits)
    return PodStatus(
        phase=phase,
        containers=containers,
        init_containers=inits,
        ready=_all_ready(pod, phase, containers, inits),
    )


class _PlainStatuses:
    """Statuses of pods of one spec whose containers are all in their first instance.

    They are the same for all pods of a workload, so each is made once: ``made`` has
    them by the id() of the states that are shared, ``ids`` are the id() of each and
    of what a new pod has.
    """

    __slots__ = ("ids", "made", "spec")

    def __init__(self, spec: PodSpec) -> None:
        self.spec = spec
        self.made: dict[int, PodStatus] = {}
        self.ids = {id(NO_STATUS)}


_PLAIN: dict[int, _PlainStatuses] = {}  # by id() of the spec, which they hold
_MOST_SPECS = 4096


def _plain(pod: Pod, snapshot: Snapshot) -> PodStatus | None:
    """Return the status of a pod with fresh states; None if something ended before."""
    spec = pod.spec
    plain = _PLAIN.get(id(spec))
    if plain is None:
        if len(_PLAIN) >= _MOST_SPECS:
            _PLAIN.clear()
        plain = _PLAIN[id(spec)] = _PlainStatuses(spec)
    if id(pod.status) not in plain.ids and _has_ended_before(pod.status):
        return None
    key = id(snapshot.states)
    made = plain.made.get(key)
    if made is None:
        made = plain.made[key] = _generate(pod, snapshot, {}, frozenset())
        plain.ids.add(id(made))
    return made


def _has_ended_before(status: PodStatus) -> bool:
    return any(
        one.restart_count or one.termination or one.last_termination
        for one in (*status.containers, *status.init_containers)
    )


def with_readiness(pod: Pod, not_ready: frozenset[str]) -> PodStatus:
    """Return the published status, with what is ready now.

    Source: pkg/kubelet/status/status_manager.go, SetContainerReadiness.
    """
    status, spec = pod.status, pod.spec
    written = {c.name: c for c in spec.containers}
    containers = tuple(
        _with_readiness(one, written[one.name], init=False, not_ready=not_ready)
        for one in status.containers
    )
    inits = tuple(
        _with_readiness(one, container, init=True, not_ready=not_ready)
        for container, one in zip(
            spec.init_containers, status.init_containers, strict=True
        )
    )
    return replace(
        status,
        containers=containers,
        init_containers=inits,
        ready=_all_ready(pod, status.phase, containers, inits),
    )


def by_name(containers: tuple[Container, ...]) -> tuple[Container, ...]:
    """Return containers in the order in which a status lists them."""
    return tuple(sorted(containers, key=_NAME))


# Most containers of a large cluster look alike; what looks alike is one object.
_alike = lru_cache(maxsize=4096)(ContainerStatus)


def _known(
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
            termination=termination(record),
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


def termination(record: ContainerRecord) -> Termination:
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
            return termination(other)
    if old is None:
        return None
    if old.restart_count < attempt and old.termination is not None:
        return old.termination
    return old.last_termination


def _starts_again(
    pod: Pod, container: Container, record: ContainerRecord | None, *, init: bool
) -> bool:
    """Whether the kubelet wants to start this container (again)."""
    if record is None:
        return True
    if not record.exited:
        return False
    if init and not is_sidecar(container):
        return record.exit_code != 0 and pod.spec.restart_policy != "Never"
    return should_restart(pod, container, record.exit_code)


def _with_failure(known: ContainerStatus, failure: StartFailure) -> ContainerStatus:
    return ContainerStatus(
        name=known.name,
        reason=failure.reason,
        message=failure.message,
        last_termination=known.termination or known.last_termination,
        restart_count=known.restart_count,
        image=known.image,
        image_id=known.image_id,
    )


def _with_readiness(
    status: ContainerStatus,
    container: Container,
    *,
    init: bool,
    not_ready: frozenset[str],
) -> ContainerStatus:
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


def pod_phase(
    pod: Pod,
    containers: tuple[ContainerStatus, ...],
    inits: tuple[ContainerStatus, ...],
) -> Phase:
    """Return the phase that the containers' states add up to.

    Source: pkg/kubelet/kubelet_pods.go, getPhase.
    """
    spec = pod.spec
    plain_inits = [
        status
        for container, status in zip(spec.init_containers, inits, strict=True)
        if not is_sidecar(container)
    ]
    if any(_failed_init(pod, status) for status in plain_inits):
        return Phase.FAILED
    initializing = any(not _init_done(status) for status in plain_inits)
    started = any(status.state is not State.WAITING for status in containers)
    if initializing and not started:
        return Phase.PENDING
    waiting = [s for s in containers if _never_ran(s)]
    running = [s for s in containers if s.state is State.RUNNING]
    if waiting:
        return Phase.PENDING
    if running:
        return Phase.RUNNING
    return _ended_phase(pod, containers)


def _failed_init(pod: Pod, status: ContainerStatus) -> bool:
    ended = status.termination
    return (
        ended is not None
        and ended.exit_code != 0
        and pod.spec.restart_policy == "Never"
    )


def _init_done(status: ContainerStatus) -> bool:
    return status.termination is not None and status.termination.exit_code == 0


def _never_ran(status: ContainerStatus) -> bool:
    return status.state is State.WAITING and status.last_termination is None


def _ended_phase(pod: Pod, containers: tuple[ContainerStatus, ...]) -> Phase:
    if pod.spec.restart_policy == "Always":
        return Phase.RUNNING
    ends = [status.termination for status in containers]
    succeeded = all(end is not None and end.exit_code == 0 for end in ends)
    if succeeded:
        return Phase.SUCCEEDED
    if pod.spec.restart_policy == "Never":
        return Phase.FAILED
    return Phase.RUNNING


def _all_ready(
    pod: Pod,
    phase: Phase,
    containers: tuple[ContainerStatus, ...],
    inits: tuple[ContainerStatus, ...],
) -> bool:
    sidecars = (
        status
        for container, status in zip(pod.spec.init_containers, inits, strict=True)
        if is_sidecar(container)
    )
    return (
        phase is Phase.RUNNING
        and all(status.ready for status in containers)
        and all(status.ready for status in sidecars)
    )
