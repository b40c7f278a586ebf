"""Images and links at the edge of what anybody would declare."""

from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario
from sim.units import SECOND

SCENARIO = """
title: t
until: {until}
images:
  - {{name: r.example/web, builds: {{v1: {build}}}, tags: {{v1: v1}}}}
registries: {{r.example: {registry}}}
nodes: [{{name: n, bandwidth: 10Gbit, disk: 1000GB}}]
timeline: {timeline}
objects:
  - {{apiVersion: v1, kind: Pod, metadata: {{name: web}}, spec: {{
      containers: [{{name: web, image: "r.example/web:v1"}}]}}}}
"""


def run(
    tmp_path: Path,
    build: str,
    *,
    registry: str = "{}",
    timeline: str = "[]",
    until: str = "2h",
) -> EventLog:
    path = tmp_path / "s.yaml"
    text = SCENARIO.format(
        build=build, registry=registry, timeline=timeline, until=until
    )
    path.write_text(text)
    return simulate(load_scenario(path).variants[0])[0]


def pulled(log: EventLog) -> tuple[int, int]:
    """The bytes of the one pull, and how long it took."""
    (row,) = log.rows(Kind.PULLED)
    return row.amount, row.span


def test_layers_without_bytes_arrive(tmp_path: Path) -> None:
    """They cost a request each, and nothing else."""
    size, length_us = pulled(run(tmp_path, "{layers: {a: 0MB, b: 0MB}}"))

    assert size == 0
    assert length_us < SECOND


def test_a_layer_of_30_gb_takes_its_time(tmp_path: Path) -> None:
    """At 1 Gbit/s four minutes of link at the least; no progress time-out strikes."""
    log = run(
        tmp_path,
        "{layers: {a: {size: 30GB, unpacked: 30GB, files: 1}}}",
        registry="{bandwidth: 1Gbit}",
    )
    size, length_us = pulled(log)

    assert size == 30_000_000_000
    assert 240 * SECOND < length_us < 400 * SECOND


def test_a_cache_that_fetches_for_long_is_no_stalled_download(tmp_path: Path) -> None:
    """Ten minutes at the origin's link are more than image_pull_progress_timeout."""
    path = tmp_path / "s.yaml"
    text = SCENARIO.format(
        build="{layers: {a: {size: 6GB, unpacked: 6GB, files: 1}}}",
        registry="{bandwidth: 10MB/s}, c.example: {cacheOf: r.example}",
        timeline="[]",
        until="1h",
    )
    path.write_text(text.replace('"r.example/web:v1"', '"c.example/web:v1"'))
    log, _ = simulate(load_scenario(path).variants[0])

    assert not list(log.rows(Kind.PULL_FAILED))
    assert 600 * SECOND < pulled(log)[1] < 640 * SECOND


def test_thousands_of_layers_cost_a_request_each(tmp_path: Path) -> None:
    """No depth of recursion, no time that grows with the square."""
    layers = ", ".join(f"l{n}: 1kB" for n in range(3000))
    log = run(tmp_path, f"{{layers: {{{layers}}}}}")

    texts = [row.text for row in log.rows(Kind.REQUEST)]
    assert texts.count("GET blob 200") == 3000


@pytest.mark.parametrize("act", ["registryDown: r.example", "nodeDies: n"])
def test_a_link_that_stays_down_for_ever_ends_with_the_run(
    tmp_path: Path, act: str
) -> None:
    """The pod waits, and the simulation comes to its end."""
    log = run(
        tmp_path,
        "{layers: {a: 100MB}}",
        registry="{bandwidth: 1MB/s}",
        timeline=f"[{{at: 5s, {act}}}]",
        until="1h",
    )

    assert not list(log.rows(Kind.PULLED))


def test_a_link_of_a_byte_a_second_brings_nothing(
    tmp_path: Path,
) -> None:
    """Below its first MiB a response is not timed: it goes on to the end of the run."""
    log = run(tmp_path, "{layers: {a: 100MB}}", registry="{bandwidth: 1B/s}")

    assert not list(log.rows(Kind.PULLED))
