"""A compact record counts what a full one has: the storm against every look played."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.analysis.compact import unfolded
from sim.cluster.world import World
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario
from sim.scenario.model import COMPACT, FULL
from tests.perf.cases import STORM

WORLD = """
title: two images, one or both of which are not there
seed: {seed}
until: {until}s
record: {record}
images:
  - {{name: registry.example/web, builds: {{v1: {{size: 5MB}}}}, tags: {{stable: v1}}}}
  - {{name: registry.example/api, builds: {{v1: {{size: 5MB}}}}, tags: {{stable: v1}}}}
registries:
  registry.example: {{latency: {latency}ms}}
nodes:
  - name: node
    count: {nodes}
    kubelet: {{registryPullQPS: {qps}, serializeImagePulls: {serial}}}
objects:
{objects}
timeline: [{acts}]
"""
OBJECT = """
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: {name}}}
    spec:
      replicas: {replicas}
      selector: {{matchLabels: {{app: {name}}}}}
      template:
        metadata: {{labels: {{app: {name}}}}}
        spec:
          containers:
            - name: app
              image: "registry.example/{name}:{tag}"
              imagePullPolicy: {policy}
"""
ACTS = (
    "push: registry.example/web:gone, build: v1",
    "push: registry.example/api:next, build: v1",
    "deleteTag: registry.example/api:stable",
    "registryDown: registry.example, for: 40s",
    "registrySlow: registry.example, latency: 30ms, for: 70s",
    "nodeDies: node-1",
    "run: kubectl scale deployment/web --replicas=2",
    "run: kubectl set image deployment/api app=registry.example/api:next",
    "run: kubectl rollout restart deployment/web",
)
POLICIES = st.sampled_from(("Always", "IfNotPresent"))


# A quiet attempt of a kubelet's loop is due in the instant of two that are not.
CROWDED = {
    "seed": 0,
    "until": 100,
    "latency": 0,
    "nodes": 1,
    "qps": 0,
    "serial": "true",
    "objects": OBJECT.format(name="web", replicas=12, tag="gone", policy="Always")
    + OBJECT.format(name="api", replicas=3, tag="stable", policy="Always"),
    "acts": "{at: 5s, run: kubectl rollout restart deployment/web}",
}


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, object]:
    """What the text of a small world is filled with."""
    until = draw(st.sampled_from((100, 400, 900)))
    found = draw(
        st.lists(st.tuples(st.integers(5, until), st.sampled_from(ACTS)), max_size=3)
    )
    web = {"name": "web", "replicas": draw(st.integers(1, 30)), "tag": "gone"}
    tag = draw(st.sampled_from(("gone", "stable", "next")))
    api = {"name": "api", "replicas": draw(st.integers(0, 12)), "tag": tag}
    objects = [OBJECT.format(**one, policy=draw(POLICIES)) for one in (web, api)]
    return {
        "seed": draw(st.integers(0, 10_000)),
        "until": until,
        "latency": draw(st.sampled_from((0, 1, 5, 40, 48, 300))),
        "nodes": draw(st.integers(1, 3)),
        "qps": draw(st.sampled_from((0, 1, 5))),
        "serial": draw(st.sampled_from(("true", "true", "false"))),
        "objects": "".join(objects),
        "acts": ", ".join(f"{{at: {at}s, {act}}}" for at, act in found),
    }


def record(folder: Path, world: dict[str, object], kind: str) -> EventLog:
    """Run a world with a record of this kind."""
    path = folder / "world.yaml"
    path.write_text(WORLD.format(**world, record=kind), encoding="utf-8")
    run = World(load_scenario(path).variants[0])
    run.run()
    return run.log


def totals(log: EventLog) -> Counter[tuple[Kind, str, str]]:
    """How many rows of each kind a full record has, by node and pod."""
    full = unfolded(log, {"profile": {}})
    return Counter((row.kind, row.node, row.pod) for row in full.rows())


def attempts(log: EventLog) -> Counter[tuple[str, int, int, str]]:
    """When which pod pulled in vain, from when to when, and why."""
    found: Counter[tuple[str, int, int, str]] = Counter()
    began: dict[int, int] = {}
    full = unfolded(log, {"profile": {}})
    for row in full.rows(Kind.PULLING, Kind.PULL_FAILED):
        if row.kind is Kind.PULLING:
            began[row.row] = row.time_us
        else:
            found[row.pod, began[row.cause], row.time_us, row.text] += 1
    return found


def untouched(log: EventLog) -> list[tuple[int, Kind, str, str, str]]:
    """What no storm plays: the control plane, and all that goes well."""
    kinds = (Kind.POD_CREATED, Kind.POD_GONE, Kind.PULLED, Kind.STARTED, Kind.EXITED)
    found = log.rows(*kinds, Kind.DEPLOYMENT_CONDITION)
    return sorted((r.time_us, r.kind, r.pod, r.container, r.text) for r in found)


@settings(max_examples=40, deadline=None)
@given(world=worlds())
@example(world=CROWDED)
def test_a_compact_record_counts_what_a_full_one_has(
    world: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Totals and attempts are the same, before, between and after what people do."""
    folder = tmp_path_factory.mktemp("storm")
    full, compact = (record(folder, world, kind) for kind in (FULL, COMPACT))

    assert totals(compact) == totals(full)
    assert attempts(compact) == attempts(full)
    assert untouched(compact) == untouched(full)
    for log in (compact, unfolded(compact, {"profile": {}})):
        times = list(log.columns["time_us"])
        assert times == sorted(times)
        assert all(max(row.cause, row.source) < row.row for row in log.rows())
    assert len(compact) <= len(full)


def hour(nodes: int, pods: int, kind: str) -> EventLog:
    """An hour of a storm."""
    sets = [
        f"nodes.node.count={nodes}",
        f"objects.0.spec.replicas={pods}",
        f"record={kind}",
    ]
    world = World(load_scenario(STORM, sets=sets).variants[0])
    world.run()
    return world.log


@pytest.mark.slow
def test_2000_pods_in_an_hour() -> None:
    """The storm at a size at which every look can be played, too."""
    full, compact = (hour(67, 2000, kind) for kind in (FULL, COMPACT))

    assert totals(compact) == totals(full)
    assert attempts(compact) == attempts(full)
    assert 20 * len(compact) < len(full)


def with_sets(kind: str, sets: list[str]) -> EventLog:
    """Six pods of two nodes for ten minutes, with other values."""
    small = ["nodes.node.count=2", "objects.0.spec.replicas=6", "until=10m"]
    file = load_scenario(STORM, sets=[*small, f"record={kind}", *sets])
    world = World(file.variants[0])
    world.run()
    return world.log


SPEC = "objects.0.spec.template.spec"
HOST = "registries.registry.example"


@pytest.mark.parametrize(
    "sets",
    [
        [f"{HOST}.accounts={{u: p}}"],
        [f"{HOST}.rateLimit={{pulls: 5, per: 1m, countsHead: true}}"],
        ["images.0.name=docker.io/shop/web", f"{HOST}.cacheOf=docker.io"],
        [f"{HOST}.latency=2s"],
        [f"{SPEC}.imagePullSecrets=[{{name: login}}]"],
        [f"{SPEC}.containers.0.imagePullPolicy=Never"],
        [f"{SPEC}.containers.0.image=registry.example/shop/Web:gone"],
        [f"{SPEC}.containers.0.image=registry.example/shop/web@sha256:{'a' * 64}"],
        [f"{SPEC}.initContainers=[{{name: first, image: 'registry.example/a:b'}}]"],
    ],
    ids=lambda sets: sets[0].rpartition(".")[2][:24],
)
def test_what_is_not_foreseen_is_simulated(sets: list[str]) -> None:
    """Registries that have more to say, pods that wait for more: row by row."""
    full, compact = (with_sets(kind, sets) for kind in (FULL, COMPACT))

    assert not list(compact.rows(Kind.PULL_RETRIED))
    assert list(compact.rows()) == list(full.rows())
