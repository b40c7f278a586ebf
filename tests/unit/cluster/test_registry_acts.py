"""Registries that lose a tag or are slow for a while."""

from pathlib import Path

from sim.analysis.explain import explain
from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.network.transfers import Link
from sim.cluster.world import World, simulate
from sim.record.kinds import Kind
from sim.scenario.loader import load_scenario
from sim.units import MINUTE, SECOND

SCENARIO = """
title: t
until: 30m
images:
  - {name: r.example/web, builds: {v1: {layers: {a: 120MB}}}, tags: {v1: v1}}
registries: {r.example: {bandwidth: 12MB/s}}
nodes: [{name: n}, {name: late, joinsAt: 5m}]
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {nodeName: n, containers: [
      {name: web, image: "r.example/web:v1"}]}}
timeline:
"""


def write(tmp_path: Path, act: str) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO + act)
    return path


def test_a_deleted_tag_is_not_found_and_the_explanation_says_who(
    tmp_path: Path,
) -> None:
    """The walk ends at the deletion, until the tag is pushed again."""
    path = write(
        tmp_path,
        '  - {at: 0s, deleteTag: "r.example/web:v1"}\n'
        '  - {at: 10m, push: "r.example/web:v1", build: v1}\n',
    )
    log, meta = simulate(load_scenario(path).variants[0])

    before = explain(log, meta, "pod/web", at_us=9 * MINUTE)
    after = explain(log, meta, "pod/web")

    assert "the tag r.example/web:v1 was deleted" in before
    assert "runs the build v1" in after


def test_a_tag_that_is_gone_is_not_deleted_twice(tmp_path: Path) -> None:
    """The second act changes nothing and says so."""
    act = '  - {at: 1m, deleteTag: "r.example/web:v1"}\n'
    world = World(load_scenario(write(tmp_path, act * 2)).variants[0])
    world.run()

    reasons = [row.reason for row in world.log.rows(Kind.TAG_DELETED)]
    assert reasons == ["", "tag unknown: v1"]


def test_a_slow_registry_stretches_the_pull_that_is_under_way(tmp_path: Path) -> None:
    """120 MB at 12 MB/s, but for 30 s at a twelfth of it."""
    act = "  - {at: 5s, registrySlow: r.example, bandwidth: 1MB/s, for: 30s}\n"

    def pulled_us(text: str) -> int:
        world = World(load_scenario(write(tmp_path, text)).variants[0])
        world.run()
        (pulled,) = world.log.rows(Kind.PULLED)
        return pulled.time_us

    usual, slow = pulled_us("  - {at: 29m, nodeDies: late}\n"), pulled_us(act)

    wanted = 30 * SECOND * 11 // 12
    assert abs(slow - usual - wanted) < SECOND // 100


def test_latency_changes_and_comes_back(tmp_path: Path) -> None:
    """The record says how slow, and when it is over."""
    act = "  - {at: 1m, registrySlow: r.example, latency: 3s, for: 1m}\n"
    world = World(load_scenario(write(tmp_path, act)).variants[0])
    world.run()

    (slow,) = world.log.rows(Kind.REGISTRY_SLOW)
    (again,) = world.log.rows(Kind.REGISTRY_RESTORED)
    assert slow.text == "latency 3s, bandwidth 12 MB/s"
    assert again.time_us == 2 * MINUTE
    assert world.registries.at("r.example").gate.latency_us == 40_000


def arrivals(
    network: Network, env: Clock, sizes: dict[str, tuple[Link, Link, int]]
) -> dict[str, int]:
    """Start these transfers now; return, once they are over, when each arrived."""
    done: dict[str, int] = {}

    def note(name: str, egress: Link, ingress: Link, size: int) -> None:
        transfer = network.transfer(egress, ingress, size)
        assert transfer.done.callbacks is not None
        transfer.done.callbacks.append(lambda _: done.update({name: env.now}))

    for name, given in sizes.items():
        note(name, *given)
    return done


def test_a_registry_may_become_slow_and_fast_again_under_way() -> None:
    """Bytes that already came count."""
    env = Clock()
    network = Network(env)
    egress, slow, fast = Link(None), Link(1_000_000), Link(2_000_000)

    done = arrivals(
        network,
        env,
        {"slow": (egress, slow, 10_000_000), "fast": (egress, fast, 10_000_000)},
    )
    env.call_after(2 * SECOND, lambda: network.set_rate(egress, 1_000_000))
    env.call_after(6 * SECOND, lambda: network.set_rate(egress, None))
    env.run(until=60 * SECOND)

    # For 4 s each has half of 1 MB/s, before and after that its own link.
    assert done == {"slow": 12 * SECOND, "fast": 8 * SECOND}


def test_what_no_link_limits_any_more_arrives_at_once() -> None:
    """A node with an unlimited link waits only for the registry."""
    env = Clock()
    network = Network(env)
    egress = Link(1_000_000)

    done = arrivals(network, env, {"one": (egress, Link(None), 10_000_000)})
    env.call_after(2 * SECOND, lambda: network.set_rate(egress, None))
    env.run(until=60 * SECOND)

    assert done == {"one": 2 * SECOND}


def test_overlapping_outages_last_until_their_own_ends(tmp_path: Path) -> None:
    """The registry answers again when the last one is over, and not before."""
    acts = (
        "  - {at: 1m, registryDown: r.example, for: 2m}\n"
        "  - {at: 2m, registryDown: r.example, for: 4m}\n"
        "  - {at: 3m, registryDown: r.example, for: 1m}\n"
    )
    world = World(load_scenario(write(tmp_path, acts)).variants[0])
    world.run()

    ups = [row.time_us for row in world.log.rows(Kind.REGISTRY_UP)]
    assert ups == [6 * MINUTE]


def test_registry_up_ends_every_outage_but_no_later_one(tmp_path: Path) -> None:
    """An end that comes after that means nothing any more."""
    acts = (
        "  - {at: 1m, registryDown: r.example, for: 5m}\n"
        "  - {at: 2m, registryDown: r.example}\n"
        "  - {at: 3m, registryUp: r.example}\n"
        "  - {at: 4m, registryDown: r.example, for: 10m}\n"
    )
    world = World(load_scenario(write(tmp_path, acts)).variants[0])
    world.run()

    ups = [row.time_us for row in world.log.rows(Kind.REGISTRY_UP)]
    assert ups == [3 * MINUTE, 14 * MINUTE]


def test_a_refusal_is_due_to_the_outage_that_still_lasts(tmp_path: Path) -> None:
    """The pod on the late node meets the second outage alone."""
    acts = (
        "  - {at: 1m, registryDown: r.example, for: 1m}\n"
        "  - {at: 90s, registryDown: r.example, for: 20m}\n"
        '  - {at: 6m, run: "kubectl apply -f late.yaml"}\n'
    )
    path = write(tmp_path, acts)
    (tmp_path / "late.yaml").write_text(
        "{apiVersion: v1, kind: Pod, metadata: {name: late}, spec: {nodeName: late, "
        'containers: [{name: web, image: "r.example/web:v1"}]}}\n'
    )
    world = World(load_scenario(path).variants[0])
    world.run()

    second = list(world.log.rows(Kind.REGISTRY_DOWN))[1]
    requests = world.log.rows(Kind.REQUEST)
    refused = [row for row in requests if row.text.endswith("refused")]
    assert refused
    assert {world.log[row.source].time_us for row in refused} == {second.time_us}
