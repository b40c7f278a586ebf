"""A compact record reads as a full one: events, tables and the explanation."""

from collections import Counter
from functools import cache
from typing import Any

import pytest

from sim.analysis.compact import rows, statuses, totals
from sim.analysis.events import kubernetes_events, stored_events
from sim.analysis.explain import explain
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.builder import COUNTED
from sim.scenario.loader import load_scenario
from sim.scenario.model import COMPACT, FULL
from sim.units import MINUTE
from tests.perf.cases import STORM

KINDS = (FULL, COMPACT)
UNTIL_US = 30 * MINUTE


@cache
def run(kind: str) -> tuple[EventLog, dict[str, Any]]:
    """Six pods of one node that cannot pull, for half an hour."""
    sets = ["nodes.node.count=1", "objects.0.spec.replicas=6", "until=30m"]
    file = load_scenario(STORM, sets=[*sets, f"record={kind}"])
    return simulate(file.variants[0])


def test_a_compact_record_is_short() -> None:
    """One row an attempt, and the looks since the last one."""
    log, _ = run(COMPACT)
    retried = list(log.rows(Kind.PULL_RETRIED))

    assert 10 * len(log) < 5 * len(run(FULL)[0])
    assert {tuple(statuses(row)) for row in retried} >= {
        ("ErrImagePull", "ImagePullBackOff")
    }
    assert {row.object for row in retried} == {"registry.example"}
    assert len(list(log.rows(Kind.BACKED_OFF))) == 6


def test_both_have_the_same_totals() -> None:
    """By kind, node and pod."""
    full, compact = (totals(run(kind)[0]) for kind in KINDS)

    assert compact == full


def test_both_have_the_same_events() -> None:
    """As many of each, in the same words; attempts at the same times."""
    full, compact = (list(kubernetes_events(*run(kind))) for kind in KINDS)

    def told(events: list[Any], *, timed: bool) -> Counter[tuple[object, ...]]:
        return Counter(
            (e.reason, e.object, e.message, e.time_us if timed else 0)
            for e in events
            if not timed or e.reason == "Pulling"
        )

    assert told(compact, timed=False) == told(full, timed=False)
    assert told(compact, timed=True) == told(full, timed=True)


def test_event_objects_have_the_same_counts() -> None:
    """Every Event that the API holds, with how often it was seen."""

    def stored(kind: str) -> Counter[tuple[str, str, str, int]]:
        events = stored_events(kubernetes_events(*run(kind)), UNTIL_US)
        return Counter((e.reason, e.object.name, e.message, e.count) for e in events)

    assert stored(COMPACT) == stored(FULL)
    assert max(count for *_, count in stored(COMPACT)) > 100


@pytest.mark.parametrize("table", ["pulls", "back_offs", "requests", "waiting"])
def test_both_have_the_same_tables(table: str) -> None:
    """As many rows, of the same pods."""
    full, compact = (getattr(derive(*run(kind)), table) for kind in KINDS)
    column = "pod" if "pod" in full else "image"

    assert compact[column].value_counts().to_dict() == (
        full[column].value_counts().to_dict()
    )


def test_pulls_have_their_times() -> None:
    """A failed pull began when it did in the full record, and ended then."""
    full, compact = (derive(*run(kind)).pulls for kind in KINDS)
    columns = ["start_us", "pod", "end_us", "outcome", "error"]

    first, second = (
        table[columns].sort_values(columns).values.tolist() for table in (full, compact)
    )
    assert first == second


def test_the_explanation_ends_where_it_does() -> None:
    """The pod waits, for its tag is not there; nothing says who should have pushed."""
    log, meta = run(COMPACT)
    pod = next(log.rows(Kind.POD_CREATED)).pod.partition("/")[2]

    text = explain(log, meta, f"pod/{pod}")

    assert "ImagePullBackOff" in text or "ErrImagePull" in text
    assert "registry.example/shop/web:gone" in text
    assert explain(log, meta, "deployment/web")


def test_a_full_record_is_left_as_it_is() -> None:
    """Rows of the kinds that are asked for, and of one pod."""
    log, _ = run(FULL)
    pod = next(log.rows(Kind.POD_CREATED)).pod

    assert list(rows(log, (Kind.BACK_OFF,))) == list(log.rows(Kind.BACK_OFF))
    mine = list(log.rows(Kind.PULLING, pod=pod))
    assert list(rows(log, (Kind.PULLING,), pod)) == mine


def test_readers_are_told_that_looks_are_only_counted() -> None:
    """Among the warnings of a run, and not of one with a full record."""
    told = {kind: run(kind)[1]["warnings"] for kind in KINDS}

    assert told[FULL] == []
    assert told[COMPACT] == [COUNTED]
