"""Given the chance of a recorded run, our kubelet does the same to the millisecond."""

from collections import Counter

import pytest

from sim.cluster.nodes.clockwork import Clockwork
from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.timeline import KUBELET_AGE_US
from tests.conformance.adapters.timeline_chance import RecordedChance, attempts
from tests.conformance.adapters.timeline_replay import Raw, Replay, Run, recorded
from tests.conformance.harness import SHIPPED, Case, read_folder
from tests.conformance.judge import by_kind

# All runs that ship are equal. Elsewhere an unusual mix of jitter that leaves no trace
# may not be guessed.
EQUAL = 0.98


def replay(data: Raw, run: Raw, chance: RecordedChance, shows_us: int) -> Run:
    """Run the scenario with a recorded run's phases, and this chance."""
    clockwork = Clockwork(
        start_us=0,
        pleg_phase_us=round(run["pleg_phase_ms"] * MILLISECOND),
        requeue=chance.requeue,
        coin=chance.coin,
        tie=chance.tie,
    )
    replayed = Replay(data["config"], shows_us=shows_us, clockwork=clockwork)
    chance.now = lambda: replayed.env.now
    return replayed.run()


def equal(one: Run, other: Run) -> bool:
    """Whether all is the same; the order within an instant is no one's."""
    return (
        Counter(one.calls) == Counter(other.calls)
        and Counter(one.events) == Counter(other.events)
        and Counter(one.statuses) == Counter(other.statuses)
    )


def is_reproduced(data: Raw, run: Raw) -> bool:
    """Whether our kubelet can do exactly what a run shows."""
    shows_us = KUBELET_AGE_US + round(run["offset_ms"] * MILLISECOND)
    theirs = recorded(data, run)
    return any(
        equal(replay(data, run, chance, shows_us), theirs)
        for chance in attempts(theirs, shows_us)
    )


def scenarios(config: pytest.Config) -> list[Case]:
    """All scenarios but bursts: there the order of relists leaves no trace."""
    cases = by_kind(read_folder(config.getoption("cases")))
    return [c for c in cases.get("pod_timeline", ()) if c.data["kind"] != "qps"]


def test_runs_are_equal_to_the_millisecond(request: pytest.FixtureRequest) -> None:
    """Every call, event and status, with its time and its words."""
    runs = [
        (c, n) for c in scenarios(request.config) for n in range(len(c.data["runs"]))
    ]

    wrong = [
        f"{case.id} run {number}"
        for case, number in runs
        if not is_reproduced(case.data, case.data["runs"][number])
    ]

    shipped = request.config.getoption("cases") == SHIPPED
    allowed = 0 if shipped else (1 - EQUAL) * len(runs)
    assert len(wrong) <= allowed, f"{len(wrong)} of {len(runs)}: {wrong[:20]}"


@pytest.mark.parametrize(
    ("method", "value", "kind"),
    [
        ("sync_loop.SyncLoop._busy_us", 0, "bad_image"),
        ("sync_loop.SyncLoop._busy_us", 2 * MILLISECOND, "bad_image"),
        ("kubelet.Kubelet._to_pass_us", SECOND, "delete_in_backoff"),
        ("pleg._inspection_us", 0, "healthy"),
    ],
)
def test_a_constant_instead_of_a_method_is_noticed(
    monkeypatch: pytest.MonkeyPatch, method: str, value: object, kind: str
) -> None:
    """Also where it is about milliseconds, which no statistics would see."""
    cases = by_kind(read_folder(SHIPPED))["pod_timeline"]
    data = next(case.data for case in cases if case.data["kind"] == kind)
    assert is_reproduced(data, data["runs"][0])

    monkeypatch.setattr(f"sim.cluster.kubelet.{method}", lambda *_: value)

    assert not is_reproduced(data, data["runs"][0])
