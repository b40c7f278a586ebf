"""Simulate every variant of a scenario: all that has to happen before any analysis.

Kept apart from ``runner``, so that a run is on its way before pandas is loaded.
"""

from typing import Any, TextIO

from sim.cluster.world import simulate
from sim.record.log import EventLog
from sim.report.progress import Progress
from sim.scenario.loader import ScenarioFile
from sim.scenario.model import Scenario

Record = tuple[EventLog, dict[str, Any]]


def simulate_file(file: ScenarioFile, terminal: TextIO | None = None) -> list[Record]:
    """Return the record of each variant, and what a reader must know beside it.

    Where ``terminal`` is one, it shows how far a long run has come.
    """
    return [_simulate(scenario, terminal) for scenario in file.variants]


def _simulate(scenario: Scenario, terminal: TextIO | None) -> Record:
    if terminal is None or not terminal.isatty():
        return simulate(scenario)
    label = f"[{scenario.variant}] " if scenario.variant else ""
    with Progress(terminal, label) as progress:
        return simulate(scenario, progress)
