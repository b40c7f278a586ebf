"""The row of ``kubectl get pods`` says what matters most, in one word."""

from dataclasses import replace

import pytest

from sim.rules.kubectl_get import (
    POD_COLUMNS,
    WIDE_POD_COLUMNS,
    Condition,
    ContainerView,
    PodView,
    Running,
    StatusView,
    Terminated,
    Waiting,
    format_table,
    pod_row,
    table_cell,
)
from sim.units import SECOND

NOW_US = 1_000 * SECOND
TRUE = Condition(status=True)
State = Waiting | Running | Terminated | None


def container(
    state: State = None, *, sidecar: bool = False, **more: int
) -> ContainerView:
    status = StatusView(
        state=state,
        ready=bool(more.get("ready", 0)),
        started=bool(more.get("started", 0)),
        restart_count=more.get("restarts", 0),
        last_terminated=(
            Terminated(exit_code=1, finished_us=more["ended_s"] * SECOND)
            if "ended_s" in more
            else None
        ),
    )
    return ContainerView(status=status, sidecar=sidecar)


def a_pod(*containers: ContainerView, **conditions: Condition) -> PodView:
    return PodView(
        name="web-1",
        phase="Pending",
        created_us=NOW_US - 95 * SECOND,
        containers=containers,
        conditions=conditions,
    )


def with_init(*init: ContainerView, **conditions: Condition) -> PodView:
    pod = a_pod(container(Waiting(reason="PodInitializing")), **conditions)
    return replace(pod, init_containers=init)


def status_of(pod: PodView) -> str:
    return pod_row(pod, NOW_US)[2]


def restarts_of(pod: PodView) -> str:
    return pod_row(pod, NOW_US)[3]


RUNNING = container(Running(), ready=1)
DONE = container(Terminated(exit_code=0, reason="Completed"))


def test_a_plain_row_has_five_cells() -> None:
    """A running pod of one container, without ``-o wide``."""
    pod = replace(a_pod(RUNNING), phase="Running")

    row = pod_row(pod, NOW_US)

    assert row == ("web-1", "1/1", "Running", "0", "95s")
    assert len(row) == len(POD_COLUMNS)


def test_a_wide_row_says_where() -> None:
    """What is not known is ``<none>``; readiness gates are counted."""
    bare = a_pod(RUNNING)
    full = replace(
        a_pod(RUNNING, gate=TRUE, shut=Condition(status=False)),
        ip="10.1.2.3",
        node="n1",
        nominated_node="n2",
        readiness_gates=("gate", "shut", "absent"),
    )

    assert pod_row(bare, NOW_US, wide=True)[5:] == ("<none>",) * 4
    assert pod_row(full, NOW_US, wide=True)[5:] == ("10.1.2.3", "n1", "n2", "1/3")
    assert len(pod_row(full, NOW_US, wide=True)) == len(WIDE_POD_COLUMNS)


def test_a_reason_of_the_pod_comes_before_its_phase() -> None:
    """An evicted pod says so; a gated one above all."""
    pod = replace(a_pod(ContainerView()), reason="Evicted")
    gated = Condition(status=False, reason="SchedulingGated")
    waiting = Condition(status=False, reason="Unschedulable")

    assert status_of(pod) == "Evicted"
    assert status_of(replace(pod, conditions={"PodScheduled": gated})) == gated.reason
    assert status_of(replace(pod, conditions={"PodScheduled": waiting})) == "Evicted"


def test_the_first_container_in_the_list_is_heard() -> None:
    """A failing first container hides what the second says."""
    bad = container(Waiting(reason="ImagePullBackOff"))
    crashing = container(Waiting(reason="CrashLoopBackOff"))

    assert status_of(a_pod(bad, crashing)) == "ImagePullBackOff"
    assert status_of(a_pod(RUNNING, crashing)) == "CrashLoopBackOff"
    assert status_of(a_pod(container(Waiting()), crashing)) == "CrashLoopBackOff"


@pytest.mark.parametrize(
    ("ended", "shown"),
    [
        (Terminated(exit_code=137, reason="OOMKilled"), "OOMKilled"),
        (Terminated(exit_code=2, signal=9), "Signal:9"),
        (Terminated(exit_code=2), "ExitCode:2"),
    ],
)
def test_an_end_without_a_reason_shows_its_number(
    ended: Terminated, shown: str
) -> None:
    """The same words serve regular and init containers."""
    assert status_of(a_pod(container(ended))) == shown
    assert status_of(with_init(container(ended))) == f"Init:{shown}"


def test_a_completed_first_container_does_not_hide_the_others() -> None:
    """Running if the pod is ready, else the last error walked over, else NotReady."""
    failed = container(Terminated(exit_code=1, reason="Error"))

    assert status_of(a_pod(DONE)) == "Completed"
    assert status_of(a_pod(DONE, RUNNING)) == "NotReady"
    assert status_of(a_pod(DONE, RUNNING, Ready=TRUE)) == "Running"
    assert status_of(a_pod(DONE, failed, Ready=TRUE)) == "Error"
    assert status_of(a_pod(DONE, failed, RUNNING)) == "Error"
    assert status_of(a_pod(DONE, failed, RUNNING, Ready=TRUE)) == "Running"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (Waiting(reason="ErrImagePull"), "Init:ErrImagePull"),
        (Waiting(reason="PodInitializing"), "Init:1/2"),
        (Waiting(), "Init:1/2"),
        (Running(), "Init:1/2"),
        (None, "Init:1/2"),
    ],
)
def test_init_containers_are_shown_first(state: State, shown: str) -> None:
    """The first that is not done is shown by its reason or its place."""
    assert status_of(with_init(DONE, container(state))) == shown


def test_finished_init_containers_leave_the_word_to_the_rest() -> None:
    """When all are done the regular containers are asked."""
    assert status_of(with_init(DONE, DONE)) == "PodInitializing"


def test_a_pod_initialised_once_shows_its_containers() -> None:
    """A restarting init container then shows only where the others say nothing."""
    pod = with_init(container(Running()), Initialized=TRUE)
    silent = replace(pod, containers=(RUNNING,))

    assert status_of(pod) == "PodInitializing"
    assert status_of(silent) == "Init:0/1"


def test_a_started_sidecar_counts_and_does_not_hold_up() -> None:
    """Sidecars add to both numbers of READY; one without a status to the total."""
    ready = container(Running(), sidecar=True, started=1, ready=1)
    unready = container(Running(), sidecar=True, started=1)
    pod = replace(
        with_init(ready, unready, ContainerView(sidecar=True)),
        containers=(RUNNING, ContainerView()),
    )

    assert pod_row(pod, NOW_US)[1:3] == ("2/5", "Pending")


def test_a_sidecar_that_has_not_started_holds_up() -> None:
    """It counts as an ordinary init container, ready or not."""
    starting = container(Running(), sidecar=True, ready=1)

    assert pod_row(with_init(starting), NOW_US)[1:3] == ("0/2", "Init:0/1")


def test_an_ordinary_init_container_holds_up_although_started() -> None:
    """Running sets ``started`` on it too, but only a sidecar may be left behind."""
    running = container(Running(), started=1, ready=1)

    assert pod_row(with_init(running), NOW_US)[1:3] == ("0/1", "Init:0/1")


def test_restarts_say_when_the_last_one_was() -> None:
    """The latest end counts, whose ever it is; without restarts it is left out."""
    pod = a_pod(
        container(Running(), restarts=2, ended_s=700),
        container(Running(), restarts=1, ended_s=880),
        container(Running(), ended_s=300),
    )

    assert restarts_of(pod) == "3 (2m ago)"
    assert restarts_of(a_pod(container(Running(), ended_s=700))) == "0"
    assert restarts_of(a_pod(container(Running(), restarts=1))) == "1"


def test_an_end_at_an_unknown_time_is_no_time() -> None:
    """A last instance whose end nobody knows leaves the age out."""
    status = StatusView(restart_count=1, last_terminated=Terminated(exit_code=137))

    assert restarts_of(a_pod(ContainerView(status=status))) == "1"


def test_old_restarts_of_init_containers_are_left_out() -> None:
    """While init runs its restarts are shown, afterwards only the sidecars'."""
    init = container(Terminated(exit_code=0), restarts=4, ended_s=900)
    sidecar = container(Running(), sidecar=True, started=1, restarts=2, ended_s=800)
    waiting = container(Waiting(), restarts=1)

    assert restarts_of(with_init(init, sidecar)) == "2 (3m20s ago)"
    assert restarts_of(with_init(init, sidecar, waiting)) == "7 (100s ago)"


@pytest.mark.parametrize(
    ("phase", "reason", "shown"),
    [
        ("Running", "", "Terminating"),
        ("Pending", "Evicted", "Terminating"),
        ("Running", "NodeLost", "Unknown"),
        ("Succeeded", "", "Succeeded"),
        ("Failed", "", "Failed"),
    ],
)
def test_a_deleted_pod_says_so(phase: str, reason: str, shown: str) -> None:
    """Unless its node is lost, or it is finished anyway."""
    pod = replace(a_pod(RUNNING), phase=phase, reason=reason, deleting=True)

    assert status_of(pod) == shown


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("one\ntwo\nthree", "one..."),
        ("one\r", "one..."),
        ("one\ftwo", "one..."),
        ("\x1b[31mred", "^[[31mred"),
    ],
)
def test_cells_are_one_harmless_line(text: str, cell: str) -> None:
    """Line breaks cut a cell; escape sequences do not reach the terminal."""
    assert table_cell(text) == cell


def test_columns_are_headed_as_kubectl_heads_them() -> None:
    """``-o wide`` adds to the right of the usual ones."""
    usual = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    more = ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]

    assert list(POD_COLUMNS) == usual
    assert list(WIDE_POD_COLUMNS) == usual + more


def test_a_status_without_a_count_has_no_restarts() -> None:
    """The API leaves zero out."""
    assert restarts_of(a_pod(ContainerView(status=StatusView()))) == "0"


def test_columns_line_up() -> None:
    """Three spaces part the columns; nothing trails the last one."""
    rows = [("NAME", "AGE"), ("web-12345", "2d"), ("db", "95s")]

    assert format_table(rows).split("\n") == [
        "NAME        AGE",
        "web-12345   2d",
        "db          95s",
    ]
