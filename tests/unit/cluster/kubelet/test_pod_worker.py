"""What a pod's worker writes when it begins with what runs, and when all has ended."""

from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

DIGEST = "sha256:" + 32 * "ab"
TEXT = """\
title: Workers
until: 20m
images:
  - {name: r.example/app, builds: {v1: {size: 1MB, digest: DIGEST}}, tags: {v1: v1}}
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec: SPEC
    status: STATUS
"""
RUNS = (
    "{phase: Running, containerStatuses: [{name: c, state: {running: {}},"
    " imageID: 'r.example/app@DIGEST'}]}"
)


def run(tmp_path: Path, spec: str, status: str = "null", more: str = "") -> EventLog:
    path = tmp_path / "s.yaml"
    text = TEXT.replace("SPEC", spec).replace("STATUS", status)
    text = text.replace("DIGEST", DIGEST)
    path.write_text(text + more, encoding="utf-8")
    return simulate(load_scenario(path).variants[0])[0]


@pytest.mark.parametrize("probe", ["null", "{initialDelaySeconds: 300}"])
def test_what_runs_already_is_ready_from_the_first_instant(
    tmp_path: Path, probe: str
) -> None:
    """Whether it is probed or not: its kubelet finds it ready, and it stays so."""
    container = f"{{name: c, image: r.example/app:v1, readinessProbe: {probe}}}"

    log = run(tmp_path, f"{{nodeName: n, containers: [{container}]}}", RUNS)

    assert [(row.time_us, row.amount) for row in log.rows(Kind.POD_READY)] == [(0, 1)]


def test_what_runs_already_may_have_come_through_a_cache(tmp_path: Path) -> None:
    """Its content is the origin's; nothing is pulled."""
    container = "{name: c, image: c.example/app:v1}"
    status = RUNS.replace("r.example", "c.example")
    cache = "registries: {c.example: {cacheOf: r.example}}\n"

    log = run(tmp_path, f"{{nodeName: n, containers: [{container}]}}", status, cache)

    assert [row.digest for row in log.rows(Kind.STARTED)] == [DIGEST]
    assert not list(log.rows(Kind.PULLING))


def test_a_pod_whose_last_container_ended_is_unready_before_it_is_over(
    tmp_path: Path,
) -> None:
    """Its phase waits until its sandbox has stopped; its readiness does not."""
    container = "{name: c, image: r.example/app:v1}"
    spec = f"{{restartPolicy: Never, containers: [{container}]}}"

    log = run(tmp_path, spec, more="timeline: [{at: 5m, crash: pod/p}]\n")

    kinds = (Kind.CONTAINER_TERMINATED, Kind.POD_READY, Kind.POD_PHASE)
    ended, unready, phase = [
        row for row in log.rows(*kinds) if row.time_us >= 5 * MINUTE
    ]
    assert (unready.kind, unready.amount) == (Kind.POD_READY, 0)
    assert phase.text == "Failed"
    assert ended.time_us == unready.time_us < phase.time_us
