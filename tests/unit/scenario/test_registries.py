"""What a scenario says of its registries, and what it cannot say."""

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.rules.rate_limit import CountedBy, RateLimit, Window
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.units import HOUR, MINUTE

HEAD = """
title: t
until: 30m
images:
  - {name: r.example/web, builds: {v1: {layers: {a: 10MB}}}, tags: {v1: v1}}
nodes: [{name: n}]
"""


def load(tmp_path: Path, text: str) -> model.Scenario:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + text)
    return load_scenario(path).variants[0]


def registry(tmp_path: Path, text: str) -> model.Registry:
    return load(tmp_path, f"registries: {{q.example: {text}}}\n").registries[0]


def test_a_limit_is_by_address_and_sliding_unless_it_says_otherwise(
    tmp_path: Path,
) -> None:
    """As Docker Hub has it for those without an account."""
    plain = registry(tmp_path, "{rateLimit: {pulls: 100, per: 6h}}")
    other = registry(
        tmp_path,
        "{rateLimit: {pulls: 5, per: 1m, by: node, countsHead: true, window: fixed}}",
    )

    assert plain.rate_limit == RateLimit(pulls=100, per_us=6 * HOUR)
    assert other.rate_limit == RateLimit(
        pulls=5,
        per_us=MINUTE,
        by=CountedBy.NODE,
        counts_head=True,
        window=Window.FIXED,
    )


def test_a_cache_asks_every_time_and_keeps_content_for_a_week(tmp_path: Path) -> None:
    """Unless it says otherwise."""
    plain = registry(tmp_path, "{cacheOf: r.example}")
    other = registry(
        tmp_path,
        "{cacheOf: r.example, tagCache: 10m, contentCache: 1h, serveStale: false}",
    )

    assert plain.cache == model.Cache(of="r.example", content_us=168 * HOUR)
    assert other.cache == model.Cache(
        of="r.example", tag_us=10 * MINUTE, content_us=HOUR, serve_stale=False
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{q: {rateLimit: {pulls: 0, per: 6h}}}", "greater than or equal to 1"),
        ("{q: {rateLimit: {pulls: 1, per: 0s}}}", "greater than 0"),
        ("{q: {rateLimit: {pulls: 1}}}", "'per'"),
        ("{q: {rateLimit: {pulls: 1, per: 6h, by: pod}}}", "'pod'"),
        ("{q: {bandwidth: 0MB/s}}", "at least one byte a second"),
        ("{q: {bandwidth: -5MB/s}}", "expected a bandwidth"),
        ("{q: {tagCache: 10m}}", "'tagCache' goes with cacheOf"),
        ("{q: {serveStale: true}}", "'serveStale' goes with cacheOf"),
        ("{q: {contentCache: 1h}}", "'contentCache' goes with cacheOf"),
        ("{q: {cacheOf: r.exmple}}", "did you mean 'r.example'"),
        ("{q: {cacheOf: q}}", "nobody has content: q → q"),
        (
            "{a.x: {cacheOf: b.x}, b.x: {cacheOf: c.x}, c.x: {cacheOf: a.x}}",
            "nobody has content: a.x → b.x → c.x → a.x",
        ),
        ("{a.x: {cacheOf: b.x}, b.x: {cacheOf: b.x}}", "content: b.x → b.x"),
        ("{r.example: {cacheOf: docker.io}}", "is a cache of docker.io: declare"),
        ("{q: {cacheOf: docker.io, immutableTags: true}}", "nobody pushes to a cache"),
        ("{q: {accounts: {}}}", "accounts are empty"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, message: str) -> None:
    """With a place, and what is allowed."""
    with pytest.raises(ScenarioError, match=r"s\.yaml:\d+:\d+") as raised:
        load(tmp_path, f"registries: {text}\n")

    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ('deleteManifest: "r.example/web"', "by image@digest, or by image and 'build'"),
        (
            f'deleteManifest: "r.example/web@sha256:{"0" * 64}", build: v1',
            "by image@digest",
        ),
        ('deleteManifest: "r.example/web:v1", build: v1', "by image@digest"),
        ('deleteManifest: "r.example/web", build: v9', "has no build 'v9'"),
        (f'deleteManifest: "r.example/web@sha256:{"0" * 64}"', "with this digest"),
        ('deleteManifest: "r.example/wob", build: v1', "did you mean"),
    ],
)
def test_manifests_are_deleted_by_digest_or_build(
    tmp_path: Path, act: str, message: str
) -> None:
    """A tag is not enough: registries refuse that."""
    with pytest.raises(ScenarioError) as raised:
        load(tmp_path, f"timeline: [{{at: 1m, {act}}}]\n")

    assert message in str(raised.value)


def test_what_is_asked_for_through_a_cache_exists_at_its_origin(
    tmp_path: Path,
) -> None:
    """Also through two caches; a host that nobody describes holds anything."""
    scenario = load(
        tmp_path,
        "registries: {near.example: {cacheOf: far.example}, "
        "far.example: {cacheOf: docker.io}}\n"
        "objects:\n"
        "  - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: "
        '[{name: c, image: "near.example/library/nginx:1.27"}]}}\n',
    )

    assumed = [image.name for image in scenario.images if image.name != "r.example/web"]
    assert assumed == ["docker.io/library/nginx"]
