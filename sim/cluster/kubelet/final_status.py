"""The status of a pod of which nothing runs any more, and nothing will.

Source: pkg/kubelet/kubelet_pods.go (getPhase with podIsTerminal) and
pkg/kubelet/status/status_manager.go (TerminatePod).
"""

from dataclasses import replace

from sim.cluster.objects import (
    ContainerStatus,
    Phase,
    PodStatus,
    State,
    Termination,
)

STATUS_UNKNOWN = "ContainerStatusUnknown"
STATUS_UNKNOWN_CODE = 137


def with_final_phase(status: PodStatus) -> PodStatus:
    """Succeeded if every container ended well, else Failed."""
    ends = [c.termination for c in _all_of(status)]
    succeeded = all(end is not None and end.exit_code == 0 for end in ends)
    # As dataclasses.replace, which takes several times as long.
    return PodStatus(
        phase=Phase.SUCCEEDED if succeeded else Phase.FAILED,
        containers=status.containers,
        init_containers=status.init_containers,
        reason=status.reason,
    )


def closed(status: PodStatus) -> PodStatus:
    """Count containers that never started as ended, for an unknown reason."""
    if all(c.state is not State.WAITING for c in _all_of(status)):
        return status
    return replace(
        status,
        containers=tuple(_close(c) for c in status.containers),
        init_containers=tuple(_close(c) for c in status.init_containers),
    )


def _all_of(status: PodStatus) -> tuple[ContainerStatus, ...]:
    return (*status.containers, *status.init_containers)


def _close(status: ContainerStatus) -> ContainerStatus:
    if status.state is not State.WAITING:
        return status
    unknown = Termination(
        reason=STATUS_UNKNOWN, exit_code=STATUS_UNKNOWN_CODE, finished_us=0
    )
    return replace(
        status, state=State.TERMINATED, reason="", message="", termination=unknown
    )
