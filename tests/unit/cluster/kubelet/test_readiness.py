"""When a container with a readiness probe turns ready."""

from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario
from sim.units import MINUTE, SECOND

TEXT = """\
title: Ready
until: 10m
images:
  - {name: r.example/app, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
      containers:
        - {name: c, image: "r.example/app:v1", readinessProbe: PROBE}
"""
CRASH = "timeline: [{at: 5m, crash: pod/p}]\n"


def run(tmp_path: Path, probe: str, more: str = "") -> EventLog:
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace("PROBE", probe) + more, encoding="utf-8")
    return simulate(load_scenario(path).variants[0])[0]


def waits(log: EventLog) -> list[int]:
    """How long after each start the pod was written as ready."""
    ready = [row.time_us for row in log.rows(Kind.POD_READY) if row.amount]
    starts = [row.time_us for row in log.rows(Kind.STARTED)]
    return [at - start for at, start in zip(ready, starts, strict=True)]


def test_without_a_delay_the_first_status_asks(tmp_path: Path) -> None:
    """A probe changes nothing of when a quick container is ready."""
    with_probe = waits(run(tmp_path, "{httpGet: {path: /}}"))
    without = waits(run(tmp_path, "null"))

    assert with_probe == without
    assert with_probe[0] < 2 * SECOND


@pytest.mark.parametrize(
    ("probe", "least", "most"),
    [
        # The status shows the container up to a relist (1 s) after its start.
        ("{initialDelaySeconds: 5}", 10, 11.1),
        ("{initialDelaySeconds: 5, periodSeconds: 3}", 6, 7.1),
        ("{initialDelaySeconds: 5, periodSeconds: 3, successThreshold: 2}", 9, 10.1),
        # A status that follows at once asks too, and starts the period anew.
        ("{periodSeconds: 4, successThreshold: 3}", 4, 9.1),
        ("{initialDelaySeconds: 10, periodSeconds: 0}", 10, 11.1),
    ],
)
def test_it_is_asked_every_period(
    probe: str, least: float, most: float, tmp_path: Path
) -> None:
    """Ready at the first probe after the delay, or at the n-th in a row."""
    (wait,) = waits(run(tmp_path, probe))

    assert least * SECOND <= wait <= most * SECOND


def test_a_restart_makes_it_unready_until_the_next_probe(tmp_path: Path) -> None:
    """The delay holds for each instance; the row of successes goes on."""
    log = run(tmp_path, "{initialDelaySeconds: 20, successThreshold: 2}", CRASH)
    first, second = waits(log)
    lost = [row.time_us for row in log.rows(Kind.POD_READY) if not row.amount]

    assert 30 * SECOND <= first <= 31.1 * SECOND
    assert 20 * SECOND <= second <= 21.1 * SECOND
    assert len(lost) == 1
    assert 5 * MINUTE <= lost[0] <= 5 * MINUTE + 2 * SECOND


def test_a_rollout_waits_for_it(tmp_path: Path) -> None:
    """A Deployment takes no old pod away before the new one is ready."""
    text = TEXT.replace("PROBE", "{initialDelaySeconds: 60, periodSeconds: 5}")
    head, _, pod = text.partition("  - apiVersion: v1\n")
    spec = pod[pod.index("    spec:") :].replace("\n", "\n    ")
    path = tmp_path / "s.yaml"
    path.write_text(
        head + "  - apiVersion: apps/v1\n    kind: Deployment\n"
        "    metadata: {name: d}\n    spec:\n      replicas: 1\n"
        "      selector: {matchLabels: {a: b}}\n      template:\n"
        "        metadata: {labels: {a: b}}\n    " + spec.rstrip() + "\n"
        "timeline: [{at: 5m, run: kubectl rollout restart deployment/d}]\n",
        encoding="utf-8",
    )
    log, _ = simulate(load_scenario(path).variants[0])
    new = list(log.rows(Kind.STARTED))[-1]
    deleted = next(log.rows(Kind.POD_DELETED))

    assert new.time_us > 5 * MINUTE
    assert deleted.time_us >= new.time_us + 60 * SECOND
