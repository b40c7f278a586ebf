"""When a Job makes pods, waits, ends."""

import pytest

from sim.rules.job import (
    JobActs,
    JobFailure,
    JobOrder,
    JobPods,
    back_off,
    failure,
    is_complete,
    next_acts,
)
from sim.units import MINUTE, SECOND


def test_pods_that_wait_for_their_image_never_end_a_job() -> None:
    """A pending pod is active: with a limit of 0 the Job stays active for ever."""
    order = JobOrder(backoff_limit=0)

    assert failure(order, JobPods(active=1), 10**15) is None
    assert not is_complete(order, JobPods(active=1))


def test_only_a_deadline_ends_it() -> None:
    """The deadline counts from the Job's start."""
    order = JobOrder(active_deadline_us=60 * SECOND)

    assert failure(order, JobPods(active=1), 60 * SECOND - 1) is None
    assert failure(order, JobPods(active=1), 60 * SECOND) is JobFailure.DEADLINE


@pytest.mark.parametrize(
    ("limit", "failed", "restarts", "in_place", "fails"),
    [
        (2, 2, 9, False, False),
        (2, 3, 0, False, True),
        (2, 0, 1, True, False),
        (2, 0, 2, True, True),
        (0, 0, 0, True, False),
        (0, 0, 1, True, True),
    ],
)
def test_failed_pods_or_restarts_count(
    limit: int, failed: int, restarts: int, *, in_place: bool, fails: bool
) -> None:
    """Never counts failed pods beyond the limit, OnFailure restarts up to it."""
    order = JobOrder(backoff_limit=limit, counts_restarts=in_place)
    pods = JobPods(active=1, failed=failed, restarts=restarts)

    expected = JobFailure.BACKOFF_LIMIT if fails else None
    assert failure(order, pods, 0) is expected


@pytest.mark.parametrize(
    ("parallelism", "completions", "active", "succeeded", "create", "delete"),
    [
        (3, 5, 0, 0, 3, 0),
        (3, 5, 1, 3, 1, 0),
        (3, 5, 2, 4, 0, 1),
        (3, None, 0, 0, 3, 0),
        (3, None, 1, 1, 0, 0),
        (0, 5, 2, 0, 0, 2),
        (900, 900, 0, 0, 500, 0),
    ],
)
def test_so_many_run_at_once(
    parallelism: int,
    completions: int | None,
    active: int,
    succeeded: int,
    create: int,
    delete: int,
) -> None:
    """As many as asked for, never more than are still needed, 500 a pass."""
    order = JobOrder(parallelism=parallelism, completions=completions)
    pods = JobPods(active=active, succeeded=succeeded)

    assert next_acts(order, pods, 0) == JobActs(create=create, delete=delete)


def test_a_replacement_waits_after_failures() -> None:
    """10 s after the first failure in a row, doubling up to 10 minutes."""
    pods = JobPods(failed=2, failed_in_a_row=2, last_failure_us=5 * SECOND)

    acts = next_acts(JobOrder(), pods, 6 * SECOND)

    assert acts == JobActs(again_in_us=19 * SECOND)
    assert next_acts(JobOrder(), pods, 25 * SECOND) == JobActs(create=1)
    assert [back_off(n) for n in (0, 1, 2, 7, 99)] == [
        0,
        10 * SECOND,
        20 * SECOND,
        10 * MINUTE,
        10 * MINUTE,
    ]


def test_a_job_without_a_number_ends_with_its_first_pods() -> None:
    """When one pod ended well and none runs any more."""
    order = JobOrder(parallelism=2, completions=None)

    assert not is_complete(order, JobPods(active=1, succeeded=1))
    assert is_complete(order, JobPods(succeeded=1))
    assert is_complete(JobOrder(completions=2), JobPods(active=1, succeeded=2))
