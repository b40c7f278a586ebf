"""Nodes that ask mirrors first, in whole runs."""

from pathlib import Path

import pytest

from sim.analysis.explain import explain
from sim.analysis.sentences import sentence
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.scenario.loader import load_scenario
from sim.units import MILLISECOND, MINUTE, SECOND

SCENARIO = """
title: t
until: 30m
images:
  - name: o.example/shop/web
    builds: {{v1: {{layers: {{a: 10MB, b: 10MB}}}}, v2: {{layers: {{c: 10MB}}}}}}
    tags: {{stable: v1}}
registries:
  o.example: {{latency: 20ms}}
  m.example: {{latency: 1ms, cacheOf: o.example}}
nodes:
  - name: n
    joinsAt: 2m
    containerd: {{hosts: {{o.example: {{host: {{m.example: {mirror}}}}}}}}}
  - {{name: plain}}
timeline: {timeline}
objects:
  - {{apiVersion: v1, kind: Pod, metadata: {{name: web}}, spec: {{nodeName: n,
      containers: [{{name: web, image: "o.example/shop/web:stable"}}]}}}}
"""


def run(
    tmp_path: Path, *, mirror: str = "{}", timeline: str = "[]"
) -> tuple[EventLog, dict[str, object]]:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO.format(mirror=mirror, timeline=timeline))
    return simulate(load_scenario(path).variants[0])


def asked(log: EventLog) -> list[str]:
    """Who answered the node, with what."""
    rows = [row for row in log.rows(Kind.REQUEST) if row.node == "n"]
    return [f"{row.object[0]} {row.text}" for row in rows]


def first_asked(log: EventLog) -> Row:
    """The first request to the mirror."""
    return next(row for row in log.rows(Kind.REQUEST) if row.object == "m.example")


def pull_us(log: EventLog) -> int:
    (pulled,) = log.rows(Kind.PULLED)
    return pulled.span


def test_a_mirror_answers_everything_under_the_origins_name(tmp_path: Path) -> None:
    """The origin hears of it from the cache alone."""
    log, _ = run(tmp_path)

    assert {text[0] for text in asked(log)} == {"m"}
    assert [row.object for row in log.rows(Kind.RESOLVED)] == ["m.example"]


def test_a_mirror_that_may_only_pull_decides_no_tag(tmp_path: Path) -> None:
    """HEAD goes to the origin, the bytes come from the mirror."""
    log, _ = run(tmp_path, mirror="{capabilities: [pull]}")

    assert asked(log)[:2] == ["o HEAD manifest 200", "m GET manifest 200"]


@pytest.mark.parametrize(
    ("act", "text", "least_us", "most_us"),
    [
        ("registryDown: m.example", "refused", 0, 2 * SECOND),
        ("registryDown: m.example, silent: true", "unanswered", 120 * SECOND, 122e6),
    ],
)
def test_a_dead_mirror_costs_its_connect_failure_for_each_sequential_request(
    tmp_path: Path, act: str, text: str, least_us: int, most_us: float
) -> None:
    """HEAD, manifest, config and one wave of layers: four times 30 s, or nothing."""
    log, _ = run(tmp_path, timeline=f"[{{at: 1m, {act}}}]")

    assert f"m HEAD manifest {text}" in asked(log)
    assert least_us <= pull_us(log) < most_us


@pytest.mark.parametrize(
    ("silence_us", "heard", "after_us"),
    [
        (2 * SECOND, "200", 3 * SECOND),
        (13 * SECOND, "200", 15 * SECOND),
        (20 * SECOND, "unanswered", 30 * SECOND),  # nobody tries after 15 s
    ],
)
def test_a_host_that_answers_again_is_heard_by_the_next_try(
    tmp_path: Path, silence_us: int, heard: str, after_us: int
) -> None:
    """Packets that nothing answers are sent again 1, 3, 7 and 15 s after the first."""
    usual = first_asked(run(tmp_path)[0])
    lasts_ms = (usual.time_us - usual.span - MINUTE + silence_us) // MILLISECOND
    away = f"[{{at: 1m, registryDown: m.example, silent: true, for: {lasts_ms}ms}}]"
    log, _ = run(tmp_path, timeline=away)

    asked = first_asked(log)
    assert asked.text == f"HEAD manifest {heard}"
    assert after_us <= asked.span < after_us + SECOND


def test_a_registry_that_is_silent_is_told_from_one_that_refuses(
    tmp_path: Path,
) -> None:
    """Kubelet's error says time-out; the explanation says who stopped answering."""
    away = (
        "[{at: 1m, registryDown: m.example},"
        " {at: 1m, registryDown: o.example, silent: true}]"
    )
    log, meta = run(tmp_path, timeline=away)
    down = [row for row in log.rows(Kind.REGISTRY_DOWN) if row.object == "o.example"]

    errors = [row.text for row in log.rows(Kind.PULL_FAILED)]
    assert down[0].text == "silent"
    assert sentence(down[0], meta, "en").endswith("stopped answering at all")
    assert "dial tcp" in errors[0]
    assert "went down" in explain(log, meta, "pod/web")


def test_a_stale_mirror_in_front_of_one_node_makes_two_versions(
    tmp_path: Path,
) -> None:
    """What the cache saw last, against what the tag means now."""
    path = tmp_path / "s.yaml"
    text = SCENARIO.format(
        mirror="{}",
        timeline="[{at: 1m, run: crictl pull m.example/shop/web:stable, on: plain},"
        ' {at: 90s, push: "o.example/shop/web:stable", build: v2}]',
    ).replace("cacheOf: o.example", "cacheOf: o.example, tagCache: 1h")
    path.write_text(text)
    log, meta = simulate(load_scenario(path).variants[0])

    assert "runs the build v1" in explain(log, meta, "pod/web")
