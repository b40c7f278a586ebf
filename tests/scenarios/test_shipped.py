"""Every scenario that ships teaches its lesson, and its lesson could fail."""

from pathlib import Path

import pytest

from sim.analysis.expectations import judge
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.scenario.loader import ScenarioFile, load_scenario
from tests.perf.cases import LARGE, small_sets

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
NAMES = [path.stem for path in FILES]


def failures(file: ScenarioFile) -> list[str]:
    """The claims that do not hold, over all variants."""
    failed = []
    for scenario in file.variants:
        log, meta = simulate(scenario)
        verdicts = judge(derive(log, meta), meta, scenario.expectations)
        failed += [f"{v.variant}: {v.text}: {v.found}" for v in verdicts if not v.holds]
    return failed


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_expectation_holds(path: Path) -> None:
    """A scenario that stops teaching its lesson fails."""
    file = load_scenario(path, sets=small_sets(path.stem))

    assert sum(len(s.expectations) for s in file.variants) >= 3
    assert failures(file) == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_with_its_broken_by_an_expectation_fails(path: Path) -> None:
    """An expectation that cannot fail is none."""
    file = load_scenario(path, sets=small_sets(path.stem), broken=True)

    assert file.has_broken_by
    assert failures(file) != []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_scenario_is_short_asks_a_question_and_has_variants(path: Path) -> None:
    """One question, under 60 lines, and something to compare."""
    file = load_scenario(path, sets=small_sets(path.stem))

    assert len(file.text.splitlines()) < 60
    assert file.question.endswith("?")
    assert len(file.variants) > 1 or path == LARGE
