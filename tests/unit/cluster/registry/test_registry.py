"""Registries that limit pulls, refuse pushes and lose manifests, in whole runs."""

from pathlib import Path

from sim.analysis.explain import explain
from sim.cluster.world import World, simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

DAEMON_SET = """
objects:
  - apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "r.example/web:v1"}]}
"""
IMAGES = """
title: t
until: 30m
images:
  - name: r.example/web
    builds: {v1: {layers: {a: 10MB}}, v2: {layers: {a: 10MB, b: 1MB}}}
    tags: {v1: v1}
"""


def scenario(tmp_path: Path, text: str) -> model.Scenario:
    path = tmp_path / "s.yaml"
    path.write_text(IMAGES + text)
    return load_scenario(path).variants[0]


def requests(log: EventLog, what: str) -> int:
    return sum(row.text == what for row in log.rows(Kind.REQUEST))


def limited(tmp_path: Path, limit: str, more: str = "") -> EventLog:
    text = f"registries: {{r.example: {{rateLimit: {limit}}}}}\n"
    text += "nodes: [{name: n, count: 3}]\n" + DAEMON_SET + more
    return simulate(scenario(tmp_path, text))[0]


def test_a_cluster_behind_one_address_shares_the_limit(tmp_path: Path) -> None:
    """Two of three nodes get the image; the header says what is left."""
    log = limited(tmp_path, "{pulls: 2, per: 6h}")

    assert requests(log, "GET manifest 200") == 2
    assert requests(log, "GET manifest 429") > 0
    left = [r.reason for r in log.rows(Kind.REQUEST) if r.text == "GET manifest 200"]
    assert left == ["1;w=21600", "0;w=21600"]


def test_nodes_with_addresses_of_their_own_do_not_share_it(tmp_path: Path) -> None:
    """One pull each is enough."""
    log = limited(tmp_path, "{pulls: 1, per: 6h, by: node}")

    assert requests(log, "GET manifest 200") == 3
    assert requests(log, "GET manifest 429") == 0


def test_what_only_asks_for_the_digest_is_free_or_counts(tmp_path: Path) -> None:
    """HEAD passes when nothing is left, unless HEAD is counted; it says no number."""
    free = limited(tmp_path, "{pulls: 1, per: 6h}")
    counted = limited(tmp_path, "{pulls: 1, per: 6h, countsHead: true}")

    assert requests(free, "HEAD manifest 429") == 0
    heads = [r for r in free.rows(Kind.REQUEST) if r.text == "HEAD manifest 200"]
    assert {row.reason for row in heads} == {""}
    assert requests(counted, "HEAD manifest 429") > 0
    assert requests(counted, "GET manifest 200") == 0  # its HEAD was the one pull


def test_the_explanation_ends_at_who_used_the_limit_up(tmp_path: Path) -> None:
    """A pod that another one's pull left waiting."""
    text = (
        "registries: {r.example: {rateLimit: {pulls: 1, per: 6h}}}\n"
        "nodes: [{name: n}, {name: late, joinsAt: 5m}]\n" + DAEMON_SET
    )
    log, meta = simulate(scenario(tmp_path, text))
    (waiting,) = {r.pod for r in log.rows(Kind.PULL_FAILED)}

    why = explain(log, meta, f"pod/{waiting}")

    assert "its limit of pulls was used up (ratelimit-remaining: 0;w=21600)" in why
    assert "asked n to pull r.example/web:v1" in why


def test_an_immutable_tag_does_not_move(tmp_path: Path) -> None:
    """The push is refused and recorded; the same build again is no move."""
    text = (
        "registries: {r.example: {immutableTags: true}}\n"
        "nodes: [{name: n}]\n"
        "timeline:\n"
        '  - {at: 1m, push: "r.example/web:v1", build: v2}\n'
        '  - {at: 2m, push: "r.example/web:v1", build: v1}\n'
        '  - {at: 3m, push: "r.example/web:v2", build: v2}\n'
    )
    log, _ = simulate(scenario(tmp_path, text))

    (refused,) = log.rows(Kind.PUSH_REFUSED)
    assert refused.reason == "tag is immutable: v1"
    assert [row.text for row in log.rows(Kind.TAG_PUSHED)] == ["v1", "v1", "v2"]


def test_a_deleted_manifest_is_gone_by_tag_and_by_digest(tmp_path: Path) -> None:
    """New nodes fail though nobody touched the tag; the explanation says who did."""
    digest = scenario(tmp_path, "").images[0].builds["v1"].digest
    text = (
        "nodes: [{name: n}, {name: late, joinsAt: 5m}]\n"
        + DAEMON_SET.replace(":v1", "@" + digest)
        + "timeline:\n"
        f'  - {{at: 1m, deleteManifest: "r.example/web@{digest}"}}\n'
        '  - {at: 2m, deleteManifest: "r.example/web", build: v1}\n'
        "  - {at: 9m, push: 'r.example/web:v1', build: v1}\n"
    )
    log, meta = simulate(scenario(tmp_path, text))
    (waiting,) = {r.pod for r in log.rows(Kind.PULL_FAILED)}

    why = explain(log, meta, f"pod/{waiting}", at_us=8 * MINUTE)

    assert "(v1) was deleted" in why
    reasons = [row.reason for row in log.rows(Kind.MANIFEST_DELETED)]
    assert reasons == ["", "manifest unknown"]
    assert "runs the build v1" in explain(log, meta, f"pod/{waiting}")


def test_a_manifest_that_goes_during_a_pull_is_missed_by_its_get(
    tmp_path: Path,
) -> None:
    """The pull failed because of that answer, and the answer is due to the deletion."""
    text = (
        "registries: {r.example: {latency: 10s}}\n"
        "nodes: [{name: n}]\n"
        + DAEMON_SET
        + 'timeline: [{at: 35s, deleteManifest: "r.example/web", build: v1}]\n'
    )
    log, _ = simulate(scenario(tmp_path, text))

    failed = next(log.rows(Kind.PULL_FAILED))
    answer = log[failed.source]
    assert answer.text == "GET manifest 404"
    assert log[answer.source].kind is Kind.MANIFEST_DELETED


def test_a_manifest_that_two_repositories_have_is_deleted_in_one(
    tmp_path: Path,
) -> None:
    """The other one still serves it."""
    text = (
        "  - name: r.example/copy\n"
        "    builds: {v1: {layers: {a: 10MB}}}\n"
        "    tags: {v1: v1}\n"
        "nodes: [{name: n, joinsAt: 2m}]\n"
        + DAEMON_SET.replace("/web:v1", "/copy:v1")
        + 'timeline: [{at: 1m, deleteManifest: "r.example/web", build: v1}]\n'
    )
    world = World(scenario(tmp_path, text))
    world.run()

    assert len(list(world.log.rows(Kind.PULLED))) == 1
