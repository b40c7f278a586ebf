"""What the Job controller does next: one pass as a pure decision.

A pod that waits for its image is pending: it counts as active, neither against the
back-off limit nor towards completion. Only an active deadline ends such a Job.

Source: pkg/controller/job/job_controller.go (syncJob, manageJob,
pastBackoffLimitOnFailure, pastActiveDeadline) and backoff_utils.go.
"""

from dataclasses import dataclass
from enum import StrEnum

from sim.units import MINUTE, SECOND

FIRST_BACK_OFF_US = 10 * SECOND
LONGEST_BACK_OFF_US = 10 * MINUTE
MAX_PODS_A_PASS = 500


class JobFailure(StrEnum):
    """Why a Job failed: the reason of its condition and of its event."""

    BACKOFF_LIMIT = "BackoffLimitExceeded"
    DEADLINE = "DeadlineExceeded"


@dataclass(frozen=True, kw_only=True, slots=True)
class JobOrder:
    """What a Job asks for; ``completions`` None ends with the first pods that do.

    ``counts_restarts`` is restartPolicy OnFailure: containers are restarted in place,
    and their restarts count against the limit, not failed pods.
    """

    parallelism: int = 1
    completions: int | None = 1
    backoff_limit: int = 6
    active_deadline_us: int | None = None
    counts_restarts: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPods:
    """The pods of a Job: how many are active, ended well, failed; restarts in all.

    ``failed_in_a_row`` pods have failed since the last that ended well, the last of
    them at ``last_failure_us``. Terminating pods are not active.
    """

    active: int = 0
    succeeded: int = 0
    failed: int = 0
    restarts: int = 0
    failed_in_a_row: int = 0
    last_failure_us: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class JobActs:
    """What one pass does: pods to make or to delete, or to look again later."""

    create: int = 0
    delete: int = 0
    again_in_us: int | None = None


def failure(order: JobOrder, pods: JobPods, active_us: int) -> JobFailure | None:
    """Tell whether a Job that was active for so long has failed, and why."""
    if pods.failed > order.backoff_limit or _restarted_too_often(order, pods):
        return JobFailure.BACKOFF_LIMIT
    deadline = order.active_deadline_us
    if deadline is not None and active_us >= deadline:
        return JobFailure.DEADLINE
    return None


def _restarted_too_often(order: JobOrder, pods: JobPods) -> bool:
    if not order.counts_restarts:
        return False
    if order.backoff_limit == 0:
        return pods.restarts > 0
    return pods.restarts >= order.backoff_limit


def is_complete(order: JobOrder, pods: JobPods) -> bool:
    """Tell whether enough pods ended well; without a number, one does if none runs."""
    if order.completions is None:
        return pods.succeeded > 0 and pods.active == 0
    return pods.succeeded >= order.completions


def next_acts(order: JobOrder, pods: JobPods, now_us: int) -> JobActs:
    """Return the pods to make or delete now; replacements of failed ones wait."""
    wanted = _wanted(order, pods)
    if pods.active > wanted:
        return JobActs(delete=pods.active - wanted)
    missing = wanted - pods.active
    if not missing:
        return JobActs()
    wait_us = back_off(pods.failed_in_a_row) - (now_us - pods.last_failure_us)
    if pods.failed_in_a_row and wait_us > 0:
        return JobActs(again_in_us=wait_us)
    return JobActs(create=min(missing, MAX_PODS_A_PASS))


def _wanted(order: JobOrder, pods: JobPods) -> int:
    if order.completions is None:
        return pods.active if pods.succeeded else order.parallelism
    left = order.completions - pods.succeeded
    return max(0, min(order.parallelism, left))


def back_off(failures: int) -> int:
    """Return how long a replacement waits after so many failures in a row."""
    if failures == 0:
        return 0
    # More doublings than these are past the longest delay anyway.
    return min(FIRST_BACK_OFF_US << min(failures - 1, 16), LONGEST_BACK_OFF_US)
