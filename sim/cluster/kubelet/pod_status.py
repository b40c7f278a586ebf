"""The status of a pod as its kubelet publishes it.

Made at the start of every sync from what the PLEG last read and from what the last
attempt to start each container said (the reason cache), hence one sync late.

Source: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus) and
pkg/kubelet/reason_cache.go.
"""

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter

from sim.cluster.kubelet.container_status import (
    StartFailure,
    failed_status,
    known_status,
    ready_status,
)
from sim.cluster.kubelet.pleg import Snapshot
from sim.cluster.kubelet.pod_phase import pod_phase
from sim.cluster.kubelet.restart_policy import is_sidecar, starts_again
from sim.cluster.objects import (
    NO_STATUS,
    ContainerStatus,
    Phase,
    Pod,
    PodStatus,
)
from sim.scenario.model import Container, PodSpec

_NAME = attrgetter("name")


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
        known = known_status(container, record, snapshot, old.get(name), waiting)
        if name in failures and starts_again(pod, container, record, init=init):
            known = failed_status(known, failures[name])
        return ready_status(known, container, init=init, not_ready=not_ready)

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
        ready_status(one, written[one.name], init=False, not_ready=not_ready)
        for one in status.containers
    )
    inits = tuple(
        ready_status(one, container, init=True, not_ready=not_ready)
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
