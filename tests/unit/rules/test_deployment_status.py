"""Progress of a Deployment, from one status to the next."""

import pytest

from sim.rules.deployment_status import (
    COMPLETE,
    EXCEEDED,
    NEW_SET_CREATED,
    PAUSED,
    RESUMED,
    UPDATED,
    Status,
    is_complete,
    is_progressing,
    one_more,
    progress,
    when_paused,
)

DONE = Status(replicas=3, updated=3, ready=3, available=3)
STUCK = Status(replicas=4, updated=1, ready=3, available=3, unavailable=1)


def test_complete_means_all_current_and_available_and_no_others() -> None:
    """A pod too many, an old one, or one not available: not complete."""
    assert is_complete(DONE, 3)
    assert not is_complete(DONE, 4)
    assert not is_complete(DONE._replace(updated=2), 3)
    assert not is_complete(DONE._replace(available=2), 3)


def test_one_more_ready_pod_is_one_less_that_is_not_available() -> None:
    """Nothing else changes but who is terminating, and it is progress."""
    after = one_more(STUCK, terminating=2)

    assert after == STUCK._replace(ready=4, available=4, unavailable=0, terminating=2)
    assert is_progressing(STUCK, after)


@pytest.mark.parametrize(
    "after",
    [
        STUCK._replace(updated=2, replicas=5),
        STUCK._replace(ready=4),
        STUCK._replace(available=4),
        STUCK._replace(replicas=3),
    ],
)
def test_each_kind_of_progress_counts(after: Status) -> None:
    """More updated, ready or available pods, or fewer old ones."""
    assert is_progressing(STUCK, after)
    assert not is_progressing(after, after)


@pytest.mark.parametrize(
    ("reason", "before", "after", "late", "expected"),
    [
        (COMPLETE, DONE, DONE._replace(available=2), True, COMPLETE),
        (UPDATED, DONE, DONE, True, COMPLETE),
        (EXCEEDED, STUCK, DONE, True, COMPLETE),
        (EXCEEDED, STUCK, STUCK._replace(ready=4), True, UPDATED),
        (NEW_SET_CREATED, STUCK, STUCK, False, NEW_SET_CREATED),
        (NEW_SET_CREATED, STUCK, STUCK, True, EXCEEDED),
        (RESUMED, STUCK, STUCK, True, EXCEEDED),
        (COMPLETE, STUCK, STUCK, True, COMPLETE),
    ],
)
def test_progress(
    reason: str, before: Status, after: Status, late: bool, expected: str
) -> None:
    """A finished rollout is not late; progress takes the deadline's verdict back."""
    forward = is_progressing(before, after)

    assert progress(reason, after, 3, forward=forward, late=late) == expected


@pytest.mark.parametrize(
    ("reason", "paused", "expected"),
    [
        (UPDATED, True, PAUSED),
        (PAUSED, True, PAUSED),
        (PAUSED, False, RESUMED),
        (UPDATED, False, UPDATED),
        (EXCEEDED, True, EXCEEDED),
        (EXCEEDED, False, EXCEEDED),
    ],
)
def test_pausing_does_not_hide_an_exceeded_deadline(
    reason: str, paused: bool, expected: str
) -> None:
    """All else becomes DeploymentPaused, then DeploymentResumed."""
    assert when_paused(reason, paused=paused) == expected
