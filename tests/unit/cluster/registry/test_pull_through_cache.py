"""Pull-through caches: hits, misses, tags that are old, origins that are away."""

from pathlib import Path

import pytest

from sim.analysis.explain import explain
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.scenario.loader import load_scenario
from sim.units import SECOND

SCENARIO = """
title: t
until: 30m
images:
  - name: o.example/shop/web
    builds: {{v1: {{layers: {{a: 100MB}}}}, v2: {{layers: {{a: 100MB, b: 5MB}}}}}}
    tags: {{stable: v1}}
registries:
  o.example: {{latency: 20ms, bandwidth: 10MB/s}}
  c.example: {{latency: 1ms, cacheOf: o.example{cache}}}
nodes: {nodes}
timeline: {timeline}
objects:
  - apiVersion: apps/v1
    kind: DaemonSet
    metadata: {{name: web}}
    spec:
      selector: {{matchLabels: {{app: web}}}}
      template:
        metadata: {{labels: {{app: web}}}}
        spec: {{containers: [{{name: web, image: "c.example/shop/web:stable"}}]}}
"""
MOVED = '[{at: 1m, push: "o.example/shop/web:stable", build: v2}'
TWO = "[{name: n}, {name: late, joinsAt: 6m}]"


def run(
    tmp_path: Path, *, cache: str = "", nodes: str = TWO, timeline: str = "[]"
) -> tuple[EventLog, dict[str, object]]:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO.format(cache=cache, nodes=nodes, timeline=timeline))
    return simulate(load_scenario(path).variants[0])


def at(log: EventLog, host: str) -> list[Row]:
    return [row for row in log.rows(Kind.REQUEST) if row.object == host]


def texts(log: EventLog, host: str) -> list[str]:
    return [row.text for row in at(log, host)]


def builds(log: EventLog, meta: dict[str, object]) -> dict[str, str]:
    known = meta["builds"]
    assert isinstance(known, dict)
    return {row.node: known[row.digest]["build"] for row in log.rows(Kind.PULLED)}


def test_a_miss_is_fetched_once_and_a_hit_only_asks_what_the_tag_means(
    tmp_path: Path,
) -> None:
    """The origin sees a question for each pull, and every byte once."""
    log, _ = run(tmp_path)

    assert texts(log, "o.example") == [
        "HEAD manifest 200",
        "GET manifest 200",
        "GET config 200",
        "GET blob 200",
        "HEAD manifest 200",
    ]
    assert [row.reason for row in at(log, "c.example")] == [
        *("miss", "hit", "miss", "miss"),
        *("hit", "hit", "hit", "hit"),
    ]
    assert {row.node for row in at(log, "o.example")} == {"c.example"}


def test_two_nodes_at_once_wait_for_one_download(tmp_path: Path) -> None:
    """100 MB at 10 MB/s pass through while they arrive: ten seconds, not twenty."""
    log, _ = run(tmp_path, nodes="[{name: n, count: 2}]")

    blobs = [row for row in at(log, "c.example") if row.text == "GET blob 200"]
    assert texts(log, "o.example").count("GET blob 200") == 1
    assert len(blobs) == 2
    assert all(9 * SECOND < row.span < 10.2 * SECOND for row in blobs)


def test_a_tag_that_moved_is_seen_at_once(tmp_path: Path) -> None:
    """Unless told otherwise a cache asks every time."""
    log, meta = run(tmp_path, timeline=MOVED + "]")

    assert builds(log, meta) == {"n": "v1", "late": "v2"}


@pytest.mark.parametrize(("lifetime", "build"), [("10m", "v1"), ("2m", "v2")])
def test_a_tag_cache_hides_a_move_for_its_lifetime(
    tmp_path: Path, lifetime: str, build: str
) -> None:
    """What it hides, it says: the record has a row, and so has the explanation."""
    cache = f", tagCache: {lifetime}"
    log, meta = run(tmp_path, cache=cache, timeline=MOVED + "]")
    hidden = list(log.rows(Kind.TAG_FROM_CACHE))

    assert builds(log, meta)["late"] == build
    assert len(hidden) == (build == "v1")
    if hidden:
        pod = next(row.pod for row in log.rows(Kind.PULLED) if row.node == "late")
        assert "without asking o.example again: v1" in explain(log, meta, f"pod/{pod}")


def test_an_origin_that_is_down_makes_the_tag_stale(tmp_path: Path) -> None:
    """Status 200, the old build, and a walk that ends at the outage."""
    away = MOVED + ", {at: 5m, registryDown: o.example}]"
    log, meta = run(tmp_path, timeline=away)
    pod = next(row.pod for row in log.rows(Kind.PULLED) if row.node == "late")

    why = explain(log, meta, f"pod/{pod}")

    assert builds(log, meta)["late"] == "v1"
    assert "c.example could not learn from o.example what" in why
    assert "the registry o.example went down" in why
    korean = explain(log, meta, f"pod/{pod}", language="ko")
    assert "o.example에서 확인하지 못해" in korean


def test_a_tag_deleted_at_the_origin_lives_on_in_the_cache(tmp_path: Path) -> None:
    """404 is a failure of the upstream like any other."""
    act = '[{at: 5m, deleteTag: "o.example/shop/web:stable"}]'
    log, meta = run(tmp_path, timeline=act)

    assert builds(log, meta)["late"] == "v1"


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("registryDown: o.example", 500),
        ('deleteTag: "o.example/shop/web:stable"', 404),
    ],
)
def test_a_cache_that_serves_nothing_stale_fails_with_its_origin(
    tmp_path: Path, act: str, status: int
) -> None:
    """It says so with a status of its own."""
    log, _ = run(tmp_path, cache=", serveStale: false", timeline=f"[{{at: 5m, {act}}}]")

    assert f"HEAD manifest {status}" in texts(log, "c.example")


def test_a_tag_that_the_cache_never_saw_is_not_found_while_the_origin_is_down(
    tmp_path: Path,
) -> None:
    """404, though the image is there; the explanation ends at the outage."""
    log, meta = run(
        tmp_path, nodes="[{name: n}]", timeline="[{at: 0s, registryDown: o.example}]"
    )
    (pod,) = {row.pod for row in log.rows(Kind.PULL_FAILED)}

    assert set(texts(log, "c.example")) == {"HEAD manifest 404"}
    assert "the registry o.example went down" in explain(log, meta, f"pod/{pod}")


def test_old_content_is_fetched_again(tmp_path: Path) -> None:
    """Its lifetime counts from when it came."""
    log, _ = run(tmp_path, cache=", contentCache: 5m")

    assert texts(log, "o.example").count("GET blob 200") == 2


def test_an_origin_that_goes_down_breaks_off_what_streams_through(
    tmp_path: Path,
) -> None:
    """The node sees an error of the cache, and the bytes come when it is back."""
    log, _ = run(
        tmp_path,
        nodes="[{name: n}]",
        timeline="[{at: 5s, registryDown: o.example, for: 10s}]",
    )

    assert "GET blob 500" in texts(log, "c.example")
    assert len(list(log.rows(Kind.PULLED))) == 1


def test_a_cache_that_goes_down_breaks_off_both_sides(tmp_path: Path) -> None:
    """What had come is lost; all of it is fetched again."""
    log, _ = run(
        tmp_path,
        nodes="[{name: n}]",
        timeline="[{at: 5s, registryDown: c.example, for: 10s}]",
    )

    broken = next(row for row in at(log, "c.example") if row.text == "GET blob 200")
    assert (broken.amount, broken.time_us) == (0, 5 * SECOND)
    sent = [row.amount for row in at(log, "o.example") if "blob" in row.text]
    assert len(sent) == 2
    assert sent[0] < sent[1] == 100_000_000
    assert len(list(log.rows(Kind.PULLED))) == 1


def test_a_limit_at_the_origin_turns_into_an_error_of_the_cache(
    tmp_path: Path,
) -> None:
    """The manifest was refused, so what the tag means helps nobody."""
    path = tmp_path / "s.yaml"
    text = SCENARIO.format(cache="", nodes=TWO, timeline=MOVED + "]")
    limit = "rateLimit: {pulls: 1, per: 6h}"
    path.write_text(text.replace("bandwidth: 10MB/s", limit))
    log, _ = simulate(load_scenario(path).variants[0])

    assert "GET manifest 429" in texts(log, "o.example")
    assert "HEAD manifest 500" in texts(log, "c.example")
