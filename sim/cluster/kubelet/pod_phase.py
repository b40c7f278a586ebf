"""The phase of a pod, which its containers' states add up to.

Source: pkg/kubelet/kubelet_pods.go, getPhase.
"""

from sim.cluster.kubelet.restart_policy import is_sidecar
from sim.cluster.objects import ContainerStatus, Phase, Pod, State


def pod_phase(
    pod: Pod,
    containers: tuple[ContainerStatus, ...],
    inits: tuple[ContainerStatus, ...],
) -> Phase:
    """Return the phase, by the statuses of regular and of init containers."""
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
