"""What a run loads before it simulates; names are gated, seconds are not."""

from tests.perf.imports import BEFORE_A_RUN, fresh

HEAVY = ("numpy", "pandas", "matplotlib", "PIL")


def test_the_import_for_a_run_loads_nothing_heavy() -> None:
    """A fresh process that is ready to simulate has not loaded pandas."""
    program = f"{BEFORE_A_RUN}\nimport sys\nprint(*sys.modules)"

    loaded = set(fresh(program).split())

    assert "sim.cluster.world" in loaded
    assert not loaded & set(HEAVY)


def test_a_run_simulates_before_it_loads_anything_heavy() -> None:
    """The command comes to the simulation without what only its results need."""
    program = """
import sys
import sim.simulation
from sim.cli import main

def simulate(*_):
    print(*sys.modules)
    raise KeyboardInterrupt

sim.simulation.simulate = simulate
main(["scenarios/tag_mutation.yaml"])
"""

    loaded = set(fresh(program).split())

    assert "sim.scenario.schema" in loaded
    assert not loaded & set(HEAVY)
