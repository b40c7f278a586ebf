"""A StatefulSet makes pods of the same name again: they are told apart everywhere."""

import pytest

from sim.analysis.answer import answer
from sim.analysis.events import kubernetes_events, stored_events
from sim.analysis.expectations import all_ready_at
from sim.analysis.explain import explain
from sim.analysis.tables import builds_at, derive, unscheduled_at
from sim.errors import UnknownNameError
from sim.record.kinds import Kind
from sim.units import MINUTE, SECOND
from tests.record_factory import HOST, Recorded, Recorder

DB = "default/statefulset/db"
OLD, NEW = f"{HOST}/shop/web:1", f"{HOST}/shop/web:2"
COMMAND = "kubectl set image sts/db web=:2"


def replaced() -> Recorded:
    """``db-0`` runs v1 on a, is replaced at 10m, and its successor runs v2 on b."""
    made = Recorder()
    made.push(0, "v1", OLD)
    made.push(0, "v2", NEW)
    made.join(0, "a")
    made.join(0, "b")
    made.apply(0, DB)
    first = made.pod(SECOND, DB, "db-0", "a", web=OLD)
    made.start(5 * SECOND, first)
    act = made.kubectl(10 * MINUTE, DB, COMMAND)
    made.remove(10 * MINUTE, first, act)
    second = made.pod(10 * MINUTE + SECOND, DB, "db-0", "b", web=NEW)
    made.start(10 * MINUTE + 5 * SECOND, second)
    return made.finish()


def test_the_table_of_pods_has_both() -> None:
    """Each with its own node and times; the phases know their own pod's node."""
    made = replaced()

    tables = derive(made.log, made.meta)

    assert list(tables.pods["pod"]) == ["default/db-0"] * 2
    assert list(tables.pods["node"]) == ["a", "b"]
    assert list(tables.pods["gone_us"].isna()) == [False, True]
    assert list(tables.phases["node"]) == ["a", "b"]
    assert set(tables.phases["owner"]) == {DB}
    assert all_ready_at(tables, DB) == 10 * MINUTE + 6 * SECOND
    assert builds_at(tables, DB, 5 * MINUTE) == {"v1": 1}
    assert builds_at(tables, DB, 20 * MINUTE) == {"v2": 1}


def test_an_explanation_is_of_the_pod_of_that_moment() -> None:
    """By default of the last one; nothing of another pod of the name is told."""
    made = replaced()

    now = explain(made.log, made.meta, "pod/db-0")
    before = explain(made.log, made.meta, "pod/db-0", at_us=5 * MINUTE)
    between = explain(made.log, made.meta, "pod/db-0", at_us=10 * MINUTE + 2 * SECOND)

    assert "db-0 on b" in now
    assert "runs the build v2" in now
    assert "It was gone" not in now
    assert "db-0 on a" in before
    assert "runs the build v1" in before
    assert "runs the build" not in between
    with pytest.raises(UnknownNameError, match="was not there yet"):
        explain(made.log, made.meta, "pod/db-0", at_us=0)


def test_a_workload_of_any_kind_is_explained() -> None:
    """By kind and name, or the beginning of the name."""
    made = replaced()

    told = explain(made.log, made.meta, "statefulset/d")

    assert told.startswith("statefulset/db at 30m")
    assert "runs v2" in told


def test_the_answer_names_the_command_that_changed_the_image() -> None:
    """Not the push of the new tag, which nobody used before."""
    made = replaced()

    lines = answer(made.log, made.meta, derive(made.log, made.meta))

    assert any(COMMAND in line for line in lines), lines


def test_a_pod_that_finds_no_node_the_second_time_is_told_of() -> None:
    """That its predecessor found one does not matter."""
    made = Recorder()
    made.push(0, "v1", OLD)
    made.join(0, "a")
    made.apply(0, DB)
    first = made.pod(0, DB, "db-0", "a", web=OLD)
    made.remove(MINUTE, first, made.kubectl(MINUTE, DB, COMMAND))
    second = made.pod(2 * MINUTE, DB, "db-0", web=OLD)
    made.row(
        2 * MINUTE,
        Kind.FAILED_SCHEDULING,
        pod=second.name,
        text="0/1 nodes are available: 1 Too many pods.",
        cause=second.created,
    )
    done = made.finish()

    told = explain(done.log, done.meta, "statefulset/db")

    assert "Too many pods" in told
    assert unscheduled_at(derive(done.log, done.meta), DB, 3 * MINUTE) == 1


def test_events_of_two_pods_are_two_events() -> None:
    """Kubernetes counts repeats for one UID only."""
    made = replaced()
    events = list(kubernetes_events(made.log, made.meta))

    stored = stored_events(events, 20 * MINUTE)
    started = [e.count for e in stored if e.reason == "Started"]

    assert started == [1, 1]
    assert {e.uid for e in events if e.reason == "Started"} == {"1", "2"}


def test_a_command_counts_also_where_a_pod_was_created_for_another_reason() -> None:
    """A node that joins gets the image that the last command asked for."""
    made = Recorder()
    made.push(0, "v1", OLD)
    made.push(0, "v2", NEW)
    made.join(0, "a")
    made.apply(0, DB)
    made.start(5 * SECOND, made.pod(SECOND, DB, "db-0", "a", web=OLD))
    made.kubectl(10 * MINUTE, DB, COMMAND)
    # The recorder's pods are due to the last act on their workload: now a new one.
    made.apply(11 * MINUTE, DB)
    made.join(12 * MINUTE, "b")
    second = made.pod(12 * MINUTE, DB, "db-1", "b", web=NEW)
    made.start(12 * MINUTE + 5 * SECOND, second)
    done = made.finish()

    lines = answer(done.log, done.meta, derive(done.log, done.meta))

    assert any(COMMAND in line for line in lines), lines
