"""Tables are folded from rows: intervals, counts, and what holds at a moment."""

from dataclasses import fields

import pandas as pd
import pytest

from sim.analysis.tables import (
    COLUMNS,
    Tables,
    builds_at,
    derive,
    mixed_intervals,
    unscheduled_at,
    waiting_at,
)
from sim.record.kinds import Kind
from sim.units import MINUTE, SECOND
from tests.record_factory import (
    HOST,
    IMAGE,
    UNTIL_US,
    WEB,
    Recorded,
    Recorder,
    credential_gap,
    mixed_rollout,
    stale_pod,
)

SIDE = f"{HOST}/shop/side:1"


def tables_of(made: Recorded) -> Tables:
    return derive(made.log, made.meta)


def listed(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(one[c] for c in columns) for one in table.to_dict("records")]


def started() -> tuple[Recorder, list[str]]:
    """A world in which v1 is pushed and a node is there."""
    made = Recorder(v1=f"{HOST}/shop/web", v2=f"{HOST}/shop/web", s1=f"{HOST}/shop/s")
    made.push(0, "v1")
    made.push(0, "s1", SIDE)
    for node in ("a", "b"):
        made.join(0, node)
    made.apply(0, WEB)
    return made, ["a", "b"]


@pytest.mark.parametrize("name", COLUMNS)
def test_an_empty_table_has_its_columns_and_types(name: str) -> None:
    """Where nothing happened, masks and sums work all the same."""
    table = getattr(tables_of(Recorder().finish()), name)

    assert list(table.columns) == COLUMNS[name].split()
    for column in table.columns:
        if column in ("open", "pre_pulled"):
            assert table[column].dtype == bool
            assert table[table[column]].empty
        elif column.endswith("_us"):
            assert table[column].dtype == "Int64"


def test_every_table_is_described() -> None:
    """The fields of Tables and the lists of columns are the same tables."""
    assert {field.name for field in fields(Tables)} == set(COLUMNS)


def test_a_pull_is_timed_from_its_pulling() -> None:
    """The runtime's time is the row's span, the whole wait starts with Pulling."""
    tables = tables_of(stale_pod())

    (pull,) = tables.pulls.to_dict("records")

    assert pull["outcome"] == "pulled"
    assert (pull["runtime_us"], pull["waiting_us"]) == (900_000, SECOND)
    assert (pull["bytes"], pull["build"]) == (9_000_000, "v1")


def test_a_pull_under_way_is_unfinished() -> None:
    """The end of the run cuts it."""
    made, (node, _) = started()
    pod = made.pod(0, WEB, "web-1", node)
    made.row(
        SECOND,
        Kind.PULLING,
        pod=pod.name,
        node=node,
        container="web",
        image=IMAGE,
        cause=pod.scheduled,
    )

    (pull,) = tables_of(made.finish()).pulls.to_dict("records")

    assert (pull["outcome"], pull["end_us"]) == ("unfinished", UNTIL_US)


def test_a_wait_ends_where_the_container_starts() -> None:
    """Nobody waits and serves at once; a late status changes nothing."""
    made, (node, _) = started()
    pod = made.pod(0, WEB, "web-1", node)
    row = made.start(5 * SECOND, pod)
    made.wait(7 * SECOND, pod, "ContainerCreating", row)

    tables = tables_of(made.finish())

    columns = ("reason", "start_us", "end_us", "open")
    waits = listed(tables.waiting, *columns)
    assert waits == [("ContainerCreating", 0, 6 * SECOND, False)]
    assert listed(tables.service, *columns[1:]) == [(6 * SECOND, UNTIL_US, True)]


def test_a_wait_keeps_its_first_message_until_the_reason_changes() -> None:
    """One interval a reason."""
    made = credential_gap()

    waiting = tables_of(made).waiting
    waiting = waiting[waiting["pod"] == made.pods[1]]

    assert list(waiting["reason"]) == [
        "ContainerCreating",
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImagePull",
        "ImagePullBackOff",
    ]
    assert list(waiting["open"]) == [False] * 4 + [True]
    assert waiting["message"].iloc[-1] == f'Back-off pulling image "{IMAGE}"'


def test_phases_go_from_pending_until_the_pod_is_gone() -> None:
    """A pod is Pending from its creation on; its last phase ends when it is gone."""
    made, (node, _) = started()
    pod = made.pod(0, WEB, "web-1", node)
    made.start(5 * SECOND, pod)
    made.row(7 * SECOND, Kind.POD_PHASE, pod=pod.name, node=node, text="Running")
    made.remove(MINUTE, pod, cause=made.kubectl(MINUTE, WEB, "kubectl delete"))

    phases = tables_of(made.finish()).phases

    assert listed(phases, "phase", "node", "start_us", "end_us", "open") == [
        ("Pending", node, 0, 7 * SECOND, False),
        ("Running", node, 7 * SECOND, MINUTE + SECOND, False),
    ]


def test_builds_in_service_holds_changes_only() -> None:
    """Two containers of one build in one pod are one pod; equal counts are no step."""
    made, (node, _) = started()
    pod = made.pod(0, WEB, "web-1", node, web=IMAGE, other=IMAGE)
    made.start(5 * SECOND, pod)
    made.start(9 * SECOND, pod, "other")
    made.exit(MINUTE, pod, container="other")

    steps = tables_of(made.finish()).builds_in_service

    assert listed(steps, "build", "time_us", "pods") == [("v1", 6 * SECOND, 1)]


def test_a_sidecar_does_not_make_a_workload_mixed() -> None:
    """Different containers run different builds by design."""
    made, (node, _) = started()
    pod = made.pod(0, WEB, "web-1", node, web=IMAGE, side=SIDE)
    made.start(5 * SECOND, pod)
    made.start(9 * SECOND, pod, "side")

    tables = tables_of(made.finish())

    assert builds_at(tables, WEB, MINUTE) == {"v1": 1, "s1": 1}
    assert mixed_intervals(tables, WEB, UNTIL_US) == []


def test_a_workload_is_mixed_while_builds_of_a_container_overlap() -> None:
    """From the start of the second build to the end of the first."""
    made, (node, fresh) = started()
    old = made.pod(0, WEB, "web-1", node, web=IMAGE, side=SIDE)
    made.start(5 * SECOND, old)
    made.start(6 * SECOND, old, "side")
    made.push(MINUTE, "v2")
    new = made.pod(2 * MINUTE, WEB, "web-2", fresh, web=IMAGE, side=SIDE)
    made.start(2 * MINUTE + SECOND, new)
    made.remove(5 * MINUTE, old, cause=made.kubectl(5 * MINUTE, WEB, "kubectl drain"))

    spans = mixed_intervals(tables_of(made.finish()), WEB, UNTIL_US)

    assert spans == [(2 * MINUTE + 2 * SECOND, 5 * MINUTE + SECOND)]


def test_a_build_that_gives_way_at_once_does_not_mix() -> None:
    """What ends and starts at the same instant never ran together."""
    made, (node, fresh) = started()
    old = made.pod(0, WEB, "web-1", node)
    made.start(5 * SECOND, old)
    made.push(MINUTE, "v2")
    new = made.pod(MINUTE, WEB, "web-2", fresh)
    made.start(2 * MINUTE - SECOND, new)
    made.exit(2 * MINUTE, old)

    assert mixed_intervals(tables_of(made.finish()), WEB, UNTIL_US) == []


def test_mixed_to_the_end_ends_with_the_run() -> None:
    """An open overlap is cut where the run is."""
    tables = tables_of(mixed_rollout())

    (span,) = mixed_intervals(tables, WEB, UNTIL_US)

    assert span == (10 * MINUTE + 6 * SECOND, UNTIL_US)


def test_a_pod_waits_with_the_reason_that_tells_more() -> None:
    """An init container's ErrImagePull says why the others are PodInitializing."""
    made, (node, _) = started()
    pod = made.pod(0, WEB, "web-1", node, app=IMAGE, first=IMAGE)
    made.wait(SECOND, pod, "PodInitializing", pod.scheduled, "app")
    joined = made.join(SECOND, "c", docker_config=False)
    made.fail(3 * SECOND, pod, source=joined, container="first")

    tables = tables_of(made.finish())

    assert waiting_at(tables, WEB, 2 * SECOND) == {"PodInitializing": 1}
    assert waiting_at(tables, WEB, MINUTE) == {"ErrImagePull": 1}


def test_a_pod_on_no_node_counts_until_it_is_bound() -> None:
    """Unscheduled is not waiting: no container has a status yet."""
    made, _ = started()
    made.pod(MINUTE, WEB, "web-1")

    tables = tables_of(made.finish())

    assert unscheduled_at(tables, WEB, MINUTE - 1) == 0
    assert unscheduled_at(tables, WEB, MINUTE) == 1
    assert waiting_at(tables, WEB, MINUTE) == {}


def test_an_unknown_digest_is_named_by_its_beginning() -> None:
    """Seven hexadecimal digits, as people compare them."""
    made, (node, _) = started()
    stranger = "sha256:0123456789abcdef"
    made.row(0, Kind.PRE_PULLED, node=node, image=IMAGE, digest=stranger)

    images = tables_of(made.finish()).node_images

    assert listed(images, "build", "pre_pulled") == [("0123456", True)]
