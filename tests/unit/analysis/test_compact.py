"""A compact record reads as a full one: events, tables and the explanation."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.analysis import compact
from sim.analysis.catalogue import say
from sim.analysis.compact import leaves_looks_out, unfolded
from sim.analysis.events import kubernetes_events, stored_events
from sim.analysis.explain import explain
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.errors import PullsimError
from sim.record.files import load_record
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.run_folder import load_variant
from sim.runner import run_file, save_run
from sim.scenario.builder import COUNTED
from sim.scenario.loader import load_scenario
from sim.scenario.model import COMPACT, FULL
from sim.units import MINUTE
from tests.perf.cases import STORM

KINDS = (FULL, COMPACT)
UNTIL_US = 30 * MINUTE


@cache
def simulated(kind: str, kubernetes: str = "1.36") -> tuple[EventLog, dict[str, Any]]:
    """Six pods of one node that cannot pull, for half an hour."""
    sets = ["nodes.node.count=1", "objects.0.spec.replicas=6", "until=30m"]
    file = load_scenario(
        STORM, sets=[*sets, f"record={kind}", f"kubernetes={kubernetes}"]
    )
    return simulate(file.variants[0])


@cache
def run(kind: str) -> tuple[EventLog, dict[str, Any]]:
    """The same in full."""
    log, meta = simulated(kind)
    return unfolded(log, meta), meta


LOOKS = (Kind.BACK_OFF, Kind.START_FAILED, Kind.CONTAINER_WAITING)


def told(log: EventLog) -> Counter[tuple[object, ...]]:
    """What rows say, with what caused and decided them; the times of looks vary."""

    def said(number: int) -> tuple[object, ...]:
        if number == NONE:
            return ()
        row = log[number]
        time_us = 0 if row.kind in LOOKS else row.time_us
        return (time_us, *row[2:13])

    return Counter(
        (said(row.row), said(row.cause), said(row.source)) for row in log.rows()
    )


def test_a_compact_record_is_short() -> None:
    """One row an attempt, and the looks since the last one."""
    log, _ = simulated(COMPACT)
    retried = list(log.rows(Kind.PULL_RETRIED))

    assert 10 * len(log) < 5 * len(run(FULL)[0])
    assert {row.reason for row in retried} >= {"ErrImagePull, ImagePullBackOff"}
    assert {row.object for row in retried} == {"registry.example"}
    assert len(list(log.rows(Kind.BACKED_OFF))) == 6


@pytest.mark.parametrize("kubernetes", ["1.36", "1.31"])
def test_it_stands_for_the_rows_of_a_full_one(kubernetes: str) -> None:
    """All that they say, and what they go back to; only looks have other times."""
    log, meta = simulated(COMPACT, kubernetes)

    assert told(unfolded(log, meta)) == told(simulated(FULL, kubernetes)[0])


def test_rows_are_in_order() -> None:
    """By time; links point backwards."""
    log, _ = run(COMPACT)
    times = list(log.columns["time_us"])

    assert times == sorted(times)
    assert all(max(row.cause, row.source) < row.row for row in log.rows())


def test_a_full_record_is_left_as_it_is() -> None:
    """Nothing is made anew."""
    log, meta = simulated(FULL)

    assert unfolded(log, meta) is log
    assert not leaves_looks_out(log)


def test_a_large_record_has_one_look_an_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attempts, and what the API showed, are all there."""
    log, meta = simulated(COMPACT)
    full = run(FULL)[0]
    monkeypatch.setattr(compact, "WHOLE", 100)

    thin = unfolded(log, meta)

    assert leaves_looks_out(log)
    for kind in (Kind.PULLING, Kind.REQUEST, Kind.CONTAINER_WAITING):
        assert len(list(thin.rows(kind))) == len(list(full.rows(kind)))
    assert len(list(thin.rows(Kind.BACK_OFF))) <= len(list(thin.rows(Kind.PULLING)))
    assert all(max(row.cause, row.source) < row.row for row in thin.rows())


def test_a_record_may_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how large, and what to do."""
    monkeypatch.setattr(compact, "MOST", 100)

    with pytest.raises(PullsimError, match=r"stands for 2,010 rows.*fewer pods"):
        unfolded(*simulated(COMPACT))


def test_both_have_the_same_events() -> None:
    """As many of each, in the same words; attempts at the same times."""
    full, compact = (list(kubernetes_events(*run(kind))) for kind in KINDS)

    def in_words(events: list[Any], *, timed: bool) -> Counter[tuple[object, ...]]:
        return Counter(
            (e.reason, e.object, e.message, e.time_us if timed else 0)
            for e in events
            if not timed or e.reason == "Pulling"
        )

    assert in_words(compact, timed=False) == in_words(full, timed=False)
    assert in_words(compact, timed=True) == in_words(full, timed=True)


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


def test_readers_are_told_that_looks_are_only_counted() -> None:
    """Among the warnings of a run, and not of one with a full record."""
    warnings = {kind: run(kind)[1]["warnings"] for kind in KINDS}

    assert warnings[FULL] == []
    assert warnings[COMPACT] == [COUNTED]


def test_a_run_folder_keeps_the_compact_record(tmp_path: Path) -> None:
    """Its readers get the full one."""
    sets = ["nodes.node.count=1", "objects.0.spec.replicas=2", "until=5m"]
    run_of_it = run_file(load_scenario(STORM, sets=sets))
    folder = save_run(run_of_it, tmp_path / "run", formats=(), language="en")

    (record,) = folder.glob("variants/*/record.zip")
    full, _ = load_variant(folder, None)

    assert list(load_record(record)[0].rows(Kind.PULL_RETRIED))
    assert not list(full.rows(Kind.PULL_RETRIED))
    assert list(full.rows()) == list(run_of_it.variants[0].log.rows())


def test_the_run_tells_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the reader's language, after the other warnings."""
    monkeypatch.setattr(compact, "WHOLE", 100)
    sets = ["nodes.node.count=1", "objects.0.spec.replicas=2", "until=5m"]

    (variant,) = run_file(load_scenario(STORM, sets=sets), "ko").variants

    assert variant.meta["warnings"] == [COUNTED, say("ko", "looks_left_out")]
