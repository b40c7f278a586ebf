"""Laws of every run that name no cause: order, delays, phases, pinned digests."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.tables import derive, mixed_intervals
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.rules.backoff import IMAGE_MAX_US
from sim.rules.pod_sync import BACK_OFF_PERIOD_US, JITTER_FACTOR
from sim.scenario import model
from sim.units import SECOND
from tests.properties.strategies import PINNED, scenarios

few = settings(max_examples=40)
FINISHED = ("Succeeded", "Failed")


def rows_of(log: EventLog) -> list[Row]:
    return [log[number] for number in range(len(log))]


@few
@given(scenarios())
def test_a_cause_precedes_its_effect(scenario: model.Scenario) -> None:
    """Cause and source of a row stand before it and happened no later."""
    log, _ = simulate(scenario)

    rows = rows_of(log)
    for row in rows:
        for earlier in (row.cause, row.source):
            assert earlier < row.row
            assert earlier < 0 or rows[earlier].time_us <= row.time_us


@few
@given(scenarios())
def test_no_pull_waits_longer_than_the_cap(scenario: model.Scenario) -> None:
    """After a failed pull the next comes within the cap and one round of syncs."""
    log, _ = simulate(scenario)

    round_us = BACK_OFF_PERIOD_US * (1 + JITTER_FACTOR)
    failed: dict[tuple[str, str], int] = {}
    for row in log.rows(Kind.PULL_FAILED, Kind.PULLING):
        place = row.pod, row.container
        if row.kind is Kind.PULL_FAILED:
            failed[place] = row.time_us
        elif place in failed:
            # A later pull need not be another try: a container may have crashed.
            waited_us = row.time_us - failed.pop(place)
            assert waited_us <= IMAGE_MAX_US + round_us + SECOND


@few
@given(scenarios(acts=(model.Crash,)), st.integers(1, 30))
def test_no_restart_waits_longer_than_the_cap(
    scenario: model.Scenario, cap_s: int
) -> None:
    """A node's ``maxContainerRestartPeriod`` bounds every delay, the first too."""
    kubelet = model.KubeletConfiguration(max_container_restart_period_us=cap_s * SECOND)
    groups = tuple(replace(one, kubelet=kubelet) for one in scenario.node_groups)

    log, _ = simulate(replace(scenario, node_groups=groups))

    for row in log.rows(Kind.RESTART_BACK_OFF):
        assert 0 < row.span <= cap_s * SECOND


@few
@given(scenarios())
def test_a_pod_is_in_one_phase(scenario: model.Scenario) -> None:
    """From its creation to its end, in one after the other; the last is final."""
    log, meta = simulate(scenario)

    tables = derive(log, meta)

    assert set(tables.phases["pod"]) == set(tables.pods["pod"])
    for pod in tables.pods.to_dict("records"):
        spans = tables.phases[tables.phases["pod"] == pod["pod"]]
        assert spans["start_us"].iloc[0] == pod["created_us"]
        for before, after in pairwise(spans.to_dict("records")):
            assert before["end_us"] == after["start_us"]
            assert not before["open"]
            assert before["phase"] != after["phase"]
            assert before["phase"] not in FINISHED


@few
@given(scenarios(reference=PINNED))
def test_a_digest_never_drifts(scenario: model.Scenario) -> None:
    """Whatever is pushed, who names a digest runs it or nothing."""
    log, meta = simulate(scenario)

    tables = derive(log, meta)

    started = {row.digest for row in log.rows(Kind.STARTED)}
    assert started <= {PINNED.partition("@")[2]}
    for owner in set(tables.pods["owner"]):
        assert mixed_intervals(tables, owner, scenario.until_us) == []
