"""A machine that is off does nothing more, whatever its kubelet was about to do."""

from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.scenario.loader import load_scenario

WORLD = """\
title: t
question: q
kubernetes: "1.36"
until: 5m
images:
  - name: r.example/web
    builds: {{v1: {{size: 50MB}}, v2: {{size: 50MB}}}}
    tags: {{v1: v1, v2: v2}}
registries: {{r.example: {{latency: 5ms}}}}
nodes: [{{name: n}}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {{name: p}}
    spec:
      containers:
        - {{name: a, image: "r.example/web:v1"}}
        - {{name: b, image: "r.example/web:v1"}}
timeline:
  - {{at: 1m, run: "kubectl set image pod/p a=r.example/web:v2 b=r.example/web:v2"}}
  - {{at: {death}, nodeDies: n}}
"""
# Of the kubelet and the runtime; what the machine's end ends itself is none of these.
THEIR_OWN = (Kind.KILLING, Kind.PULLING, Kind.CREATED, Kind.STARTED, Kind.PULL_STARTED)


@pytest.mark.parametrize("death", ["0s", "1s", "6s", "60100ms", "60300ms", "62500ms"])
def test_nothing_is_begun_once_a_machine_is_off(tmp_path: Path, death: str) -> None:
    """While it pulls, starts, or stops one edited container after another."""
    path = tmp_path / "s.yaml"
    path.write_text(WORLD.format(death=death), encoding="utf-8")
    log, _ = simulate(load_scenario(path).variants[0])
    died = next(log.rows(Kind.NODE_DIED))

    assert [row for row in log.rows(*THEIR_OWN) if row.row > died.row] == []
    if died.time_us > 60_000_000:
        assert list(log.rows(Kind.KILLING)) != []
