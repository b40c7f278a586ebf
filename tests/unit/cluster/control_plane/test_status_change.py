"""What a change of status writes: container rows, phase, readiness; worked out once."""

from dataclasses import replace
from itertools import pairwise

import pytest

from sim.cluster.control_plane import status_change
from sim.cluster.control_plane.status_change import StatusChanges
from sim.cluster.objects import ContainerStatus, Phase, PodStatus, State, Termination
from sim.record.kinds import Kind
from sim.record.names import Names
from sim.record.packed_rows import PodRow

EMPTY = PodStatus()
WAITING = ContainerStatus(name="web", reason="ContainerCreating", image="web:v1")
RUNNING = ContainerStatus(
    name="web", state=State.RUNNING, ready=True, image="r/web:v1", image_id="r/web@sha"
)
ENDED = ContainerStatus(
    name="web",
    state=State.TERMINATED,
    termination=Termination(reason="Error", exit_code=3, finished_us=7),
    image="r/web:v1",
    image_id="r/web@sha",
)


def shown(row: PodRow, names: Names) -> tuple[object, ...]:
    texts = (row.image, row.digest, row.reason, row.text)
    return row.kind, *[names.text(number) for number in texts], row.amount


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (WAITING, (Kind.CONTAINER_WAITING, "web:v1", "", "ContainerCreating", "", 0)),
        (RUNNING, (Kind.CONTAINER_RUNNING, "r/web:v1", "sha", "", "", 0)),
        (ENDED, (Kind.CONTAINER_TERMINATED, "r/web:v1", "sha", "Error", "", 3)),
    ],
)
def test_a_new_state_of_a_container_is_a_row(
    status: ContainerStatus, expected: tuple[object, ...]
) -> None:
    """With what there is to say of that state."""
    names = Names()
    change = StatusChanges(names.id).between(EMPTY, PodStatus(containers=(status,)))

    assert [shown(row, names) for row in change.rows] == [expected]


def test_what_nobody_is_shown_is_no_row() -> None:
    """A container that turns ready changed, but not in a way that has a row."""
    before = PodStatus(containers=(replace(RUNNING, ready=False),))
    change = StatusChanges(Names().id).between(before, PodStatus(containers=(RUNNING,)))

    assert change.rows == ()
    assert not change.told


def test_phase_and_readiness_are_told() -> None:
    """And how many pods run changes with them."""
    names = Names()
    changes = StatusChanges(names.id)
    running = PodStatus(phase=Phase.RUNNING, containers=(RUNNING,), ready=True)
    failed = PodStatus(phase=Phase.FAILED, containers=(ENDED,), reason="Evicted")

    up, down = changes.between(EMPTY, running), changes.between(running, failed)

    assert (up.running, up.ready, up.told) == (1, True, True)
    assert (down.running, down.ready, down.told) == (-1, False, True)
    _, phase, ready = down.rows
    assert shown(phase, names) == (Kind.POD_PHASE, "", "", "Evicted", "Failed", 0)
    assert ready == PodRow(Kind.POD_READY, amount=0)


def test_the_same_objects_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until too many are remembered: what comes then is worked out like the first."""
    monkeypatch.setattr(status_change, "REMEMBERED", 3)
    changes = StatusChanges(Names().id)
    statuses = [
        PodStatus(containers=(replace(RUNNING, restart_count=n),)) for n in range(20)
    ]

    first = changes.between(EMPTY, statuses[0])
    assert changes.between(EMPTY, statuses[0]) is first
    for before, after in pairwise(statuses):
        assert len(changes.between(before, after).rows) == 1
    assert changes.between(EMPTY, statuses[0]) == first
