"""Nothing that a shipped scenario claims hangs on the order within an instant."""

from collections import deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sim.analysis.expectations import judge
from sim.analysis.tables import derive
from sim.cluster.world import World, _meta
from sim.scenario import model
from sim.scenario.loader import load_scenario
from tests.perf.cases import small_sets

FILES = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
SHUFFLES = 2


def shuffled(draws: Random) -> Iterator[int]:
    """Yield different numbers without order, in place of running ones."""
    return (draws.getrandbits(32) << 32 | number for number in count())


class Shuffled(deque[Any]):
    """What happens in one instant, in a drawn order."""

    def __init__(self, draws: Random) -> None:
        super().__init__()
        self.draws = draws

    def popleft(self) -> Any:
        """Take any of them."""
        self.rotate(-self.draws.randrange(len(self)))
        return super().popleft()


def failures(scenario: model.Scenario, draws: Random) -> list[str]:
    """Run with equal times in random order; return the claims that do not hold."""
    world = World(scenario)
    world.env._numbers = shuffled(draws)  # type: ignore[assignment]
    line = world.env._line
    world.env._line = Shuffled(draws)
    world.env._line.extend(line)
    world.run()
    meta = _meta(scenario)
    verdicts = judge(derive(world.log, meta), meta, scenario.expectations)
    return [f"{v.variant}: {v.text}: {v.found}" for v in verdicts if not v.holds]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_shipped_claim_hangs_on_a_tie(path: Path) -> None:
    """All that is to happen in one microsecond happens in a drawn order."""
    for scenario in load_scenario(path, sets=small_sets(path.stem)).variants:
        for seed in range(SHUFFLES):
            assert failures(scenario, Random(seed)) == []


TIED = """
title: a login in the very instant in which the registry comes back
until: 15m
images:
  - {name: r.example/web, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
registries: {r.example: {accounts: {u: p}}}
nodes: [{name: n}]
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "r.example/web:v1"}]}
timeline:
  - {at: 10s, registryDown: r.example, for: 10s}
  - {at: 20s, on: n, run: docker login r.example -u u -p p}
  - at: 1m
    on: n
    run: scp ~/.docker/config.json root@n:/var/lib/kubelet/config.json
expect:
  - {workload: deployment/web, builds: {v1: 1}}
"""


def test_a_claim_that_hangs_on_a_tie_is_found_out(tmp_path: Path) -> None:
    """Whether the login still meets the outage is nobody's choice: both happen."""
    path = tmp_path / "tied.yaml"
    path.write_text(TIED, encoding="utf-8")
    (scenario,) = load_scenario(path).variants

    held = [failures(scenario, Random(seed)) == [] for seed in range(5 * SHUFFLES)]

    assert True in held
    assert False in held
