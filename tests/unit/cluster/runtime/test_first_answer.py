"""What comes of a pull whose machine dies before or after its first answer."""

from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario
from sim.units import MILLISECOND

WORLD = """\
title: t
question: q
kubernetes: "1.36"
until: 1m
images:
  - {name: r.example/web, builds: {v1: {size: 50MB}}, tags: {v1: v1}}
registries: {r.example: {latency: 5ms}}
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec: {containers: [{name: a, image: "r.example/web:v1"}]}
"""


def run(folder: Path, timeline: str = "") -> EventLog:
    """Run the world with what happens; return its record."""
    path = folder / "s.yaml"
    path.write_text(WORLD + timeline, encoding="utf-8")
    log, _ = simulate(load_scenario(path).variants[0])
    return log


@pytest.mark.parametrize(
    ("after_ms", "resolved"), [(2, False), (10, False), (22, True)]
)
def test_a_dead_machine_asks_nothing_and_hears_nothing(
    tmp_path: Path, after_ms: int, *, resolved: bool
) -> None:
    """Before it has asked, before the answer, and while it fetches what is missing."""
    started = next(run(tmp_path).rows(Kind.PULL_STARTED))
    death_us = started.time_us + after_ms * MILLISECOND

    log = run(tmp_path, f"timeline: [{{at: {death_us}us, nodeDies: n}}]\n")

    assert [row.time_us for row in log.rows(Kind.NODE_DIED)] == [death_us]
    assert bool(list(log.rows(Kind.REQUEST))) == resolved
    assert bool(list(log.rows(Kind.RESOLVED))) == resolved
    assert list(log.rows(Kind.PULLED, Kind.PULL_FAILED)) == []
