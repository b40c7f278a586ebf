"""Queue events are exact, so they are gated; seconds are not."""

import pytest

from sim.cluster.world import World
from tests.perf.cases import Case, large, storm, wave
from tests.perf.floor import bare, floor


def events_and_rows(case: Case) -> tuple[int, int]:
    """Run a case; return its queue events and the rows of its record."""
    world = World(case.scenario)
    world.run()
    return world.env.events, len(world.log)


@pytest.mark.parametrize("nodes", [5, 20])
def test_a_wave_costs_so_many_events_a_node(nodes: int) -> None:
    """Five layers, one container, one DaemonSet pod; it does not grow with nodes."""
    events, rows = events_and_rows(wave(nodes, "own link"))

    assert events <= 64 * nodes
    assert rows == 24 * nodes + 2


def test_a_large_cluster_costs_so_many_events_a_pod() -> None:
    """Two containers, a pull for each Always, a tenth of the pods twice."""
    case = large(20)
    events, _ = events_and_rows(case)

    assert events <= 24 * case.pods


def test_a_storm_costs_so_many_events_a_pod() -> None:
    """An hour of a pod that cannot pull: no event a look, and few an attempt."""
    case = storm(20)
    events, rows = events_and_rows(case)

    assert events <= 13 * case.pods
    assert rows <= 27 * case.pods


def test_the_floor_does_its_steps_and_nothing_else() -> None:
    """Four steps of a pod, two of a container, four of a pull, two of a layer."""
    cost = floor(pods=100, containers=2, pulls=100, layers=500, every_s=0.002)

    # One more for the arrival that finds nobody left.
    assert cost.events == 100 * (4 + 2 * 2 + 4 + 2 * 5) + 1
    assert bare().events == 200_000
