"""A Deployment's status and what it tells of progress: pure numbers.

Source: pkg/controller/deployment (progress.go, sync.go, util/deployment_util.go).
"""

from typing import NamedTuple

NEW_SET_CREATED = "True NewReplicaSetCreated"
UPDATED = "True ReplicaSetUpdated"
COMPLETE = "True NewReplicaSetAvailable"
EXCEEDED = "False ProgressDeadlineExceeded"
PAUSED = "Unknown DeploymentPaused"
RESUMED = "Unknown DeploymentResumed"
AVAILABLE = "True MinimumReplicasAvailable"
NOT_AVAILABLE = "False MinimumReplicasUnavailable"


class Status(NamedTuple):
    """The numbers of a Deployment's status; ``updated`` have the current template."""

    replicas: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    unavailable: int = 0
    terminating: int = 0

    @property
    def old(self) -> int:
        """How many pods have another template."""
        return self.replicas - self.updated


def one_more(status: Status, terminating: int) -> Status:
    """Return a status with one more pod that is ready and available.

    There are pods that are not available; else it would be no change of these alone.
    ``terminating`` is what it is now: no pass is due to a change of that alone.
    """
    replicas, updated, ready, available, unavailable, _ = status
    return Status(
        replicas, updated, ready + 1, available + 1, unavailable - 1, terminating
    )


def is_complete(status: Status, replicas: int) -> bool:
    """Tell whether all pods are there, current and available, and no others.

    Source: deployment_util.go, DeploymentComplete.
    """
    return status.replicas == status.updated == status.available == replicas


def is_progressing(before: Status, after: Status) -> bool:
    """Tell whether anything went forward between two statuses.

    Source: deployment_util.go, DeploymentProgressing.
    """
    return (
        after.updated > before.updated
        or after.ready > before.ready
        or after.available > before.available
        or after.replicas - after.updated < before.replicas - before.updated
    )


def progress(
    reason: str, after: Status, replicas: int, *, forward: bool, late: bool
) -> str:
    """Return the Progressing condition after a pass; ``reason`` is that before it.

    ``forward``: this status ``is_progressing``. ``late``: the deadline has passed
    since the last progress.

    Source: progress.go, syncRolloutStatus; deployment_util.go, DeploymentTimedOut.
    """
    if reason == COMPLETE and after.old == 0:
        return reason
    if is_complete(after, replicas):
        return COMPLETE
    if forward:
        return UPDATED
    if late and reason != COMPLETE:
        return EXCEEDED
    return reason


def when_paused(reason: str, *, paused: bool) -> str:
    """Return the Progressing condition of a Deployment that is, or was, paused.

    Source: sync.go, checkPausedConditions.
    """
    if reason == EXCEEDED:
        return reason
    if paused:
        return PAUSED
    return RESUMED if reason == PAUSED else reason
