"""API server, scheduler, node life cycle: small worlds run to a moment."""

from collections import Counter
from pathlib import Path

import pytest

from sim.cluster.controllers.daemon_set import DaemonSetController
from sim.cluster.objects import Pod
from sim.cluster.world import World
from sim.record.kinds import Kind
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.scenario.model import Scenario
from sim.units import MINUTE, SECOND

SCENARIO = """
title: t
until: 20m
images:
  - {name: r.example/web, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
nodes:
  - {name: n, count: 4, maxPods: 3}
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 8
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "r.example/web:v1"}]}
"""


def world_of(tmp_path: Path, extra: str = "", *sets: str) -> World:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO + extra)
    scenario: Scenario = load_scenario(path, sets=sets).variants[0]
    world = World(scenario)
    world.run()
    return world


def test_pods_are_spread_evenly(tmp_path: Path) -> None:
    """Eight pods on four nodes are two each."""
    world = world_of(tmp_path)

    per_node = Counter(pod.node for pod in world.api.pods.values())

    assert set(per_node.values()) == {2}
    assert len(per_node) == 4


def test_what_fits_nowhere_waits_and_says_why(tmp_path: Path) -> None:
    """Twelve places for fourteen pods: two wait, with the scheduler's words."""
    world = world_of(tmp_path, "", "objects.web.spec.replicas=14")

    unbound = [pod for pod in world.api.pods.values() if not pod.node]
    texts = {row.text for row in world.log.rows(Kind.FAILED_SCHEDULING)}

    assert len(unbound) == 2
    assert texts == {"0/4 nodes are available: 4 Too many pods."}


def test_a_node_that_joins_takes_what_waited(tmp_path: Path) -> None:
    """A pod that fitted nowhere is bound when there is room."""
    extra = "  - {at: 1m, run: kubectl scale deployment/web --replicas=14}\n"
    world = world_of(
        tmp_path,
        "timeline:\n" + extra,
        "nodes.n.maxPods=3",
    )
    late = world_of(
        tmp_path,
        "timeline:\n" + extra,
        "nodes=[{name: n, count: 4, maxPods: 3}, {name: late, joinsAt: 5m}]",
    )

    assert sum(not pod.node for pod in world.api.pods.values()) == 2
    assert all(pod.node for pod in late.api.pods.values())


def test_a_selector_is_heeded(tmp_path: Path) -> None:
    """Pods go only to nodes with their labels."""
    world = world_of(
        tmp_path,
        "",
        "nodes=[{name: n, count: 4}, {name: ssd, count: 2, labels: {disk: ssd}}]",
        "objects.web.spec.template.spec.nodeSelector={disk: ssd}",
    )

    assert {pod.node for pod in world.api.pods.values()} == {"ssd-1", "ssd-2"}


def test_drain_moves_the_pods_and_keeps_new_ones_away(tmp_path: Path) -> None:
    """After a drain nothing runs on the node."""
    world = world_of(tmp_path, "timeline:\n  - {at: 2m, run: kubectl drain n-1}\n")

    assert {pod.node for pod in world.api.pods.values()} == {"n-2", "n-3", "n-4"}
    assert len(world.api.pods) == 8


def test_a_dead_node_loses_its_pods_after_grace_and_toleration(tmp_path: Path) -> None:
    """Not ready after 50 s, evicted after 300 s more; replacements run elsewhere."""
    world = world_of(tmp_path, "timeline:\n  - {at: 2m, nodeDies: n-1}\n")

    not_ready = next(world.log.rows(Kind.NODE_NOT_READY))
    evicted = next(world.log.rows(Kind.POD_EVICTED))
    alive = [p for p in world.api.pods.values() if not p.terminating]

    assert not_ready.time_us == 2 * MINUTE + 50 * SECOND
    assert evicted.time_us == not_ready.time_us + 300 * SECOND
    assert len(alive) == 8
    assert "n-1" not in {pod.node for pod in alive}


@pytest.mark.parametrize(
    ("image", "policy"),
    [("r.example/web:v1", "IfNotPresent"), ("r.example/web", "Always")],
)
def test_the_policy_is_filled_in_once_at_creation(
    image: str, policy: str, tmp_path: Path
) -> None:
    """The template carries the default; pods inherit it."""
    path = f"objects.web.spec.template.spec.containers.web.image={image}"
    world = world_of(tmp_path, "", path)

    policies = {
        pod.spec.containers[0].image_pull_policy for pod in world.api.pods.values()
    }

    assert policies == {policy}


def test_always_pull_images_changes_pods_only(tmp_path: Path) -> None:
    """The plug-in rewrites the pods' policy."""
    world = world_of(tmp_path, "admission: [AlwaysPullImages]\n")

    policies = {
        pod.spec.containers[0].image_pull_policy for pod in world.api.pods.values()
    }

    assert policies == {"Always"}


def test_an_unknown_service_account_is_refused_in_the_api_server_s_words(
    tmp_path: Path,
) -> None:
    """No pod is made, and the refusal is recorded."""
    world = world_of(
        tmp_path, "", "objects.web.spec.template.spec.serviceAccountName=robot"
    )

    refusal = next(world.log.rows(Kind.ADMISSION_DENIED))

    assert world.api.pods == {}
    assert 'serviceaccount "robot" not found' in refusal.text


def test_a_crashed_container_restarts_in_place(tmp_path: Path) -> None:
    """The first exit restarts at once, in the same pod."""
    extra = "timeline:\n  - {at: 2m, crash: deployment/web, count: 1}\n"
    world = world_of(tmp_path, extra)

    crashed = next(world.log.rows(Kind.CRASHED))
    starts = list(world.log.rows(Kind.STARTED, pod=crashed.pod))

    assert len(starts) == 2
    assert starts[1].time_us - crashed.time_us < 3 * SECOND


def test_a_rolling_update_keeps_its_bounds(tmp_path: Path) -> None:
    """Never more than R + surge pods, never fewer available than R - unavailable."""
    extra = "timeline:\n  - {at: 5m, run: kubectl rollout restart deployment/web}\n"
    world = world_of(tmp_path, extra)

    sizes: dict[str, int] = {}
    for row in world.log.rows(Kind.SCALED_REPLICA_SET):
        sizes[row.text] = row.amount
        assert sum(sizes.values()) <= 8 + 2
    assert sorted(sizes.values()) == [0, 8]
    assert len({pod.replica_set for pod in world.api.pods.values()}) == 1


DAEMON = model.DaemonSet(
    namespace="default",
    name="agent",
    template=model.PodTemplate(
        labels={"app": "agent"},
        annotations={},
        spec=model.PodSpec(
            containers=(model.Container(name="agent", image="r.example/web:v1"),)
        ),
    ),
)


def world_with_daemons(
    tmp_path: Path, extra: str = "", *sets: str, at_us: int = 0
) -> World:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO + extra)
    world = World(load_scenario(path, sets=sets).variants[0])
    controller = DaemonSetController(world.env, world.log, world.api)
    world.api.workloads["daemonset"] = controller
    world.env.call_after(
        at_us, lambda: world.api.apply(DAEMON, world.log.append(Kind.APPLIED))
    )
    world.run()
    return world


def daemons(world: World) -> list[Pod]:
    pods = world.api.pods.values()
    return [pod for pod in pods if pod.owner == "default/daemonset/agent"]


def test_daemon_pods_are_bound_to_the_nodes_they_are_meant_for(tmp_path: Path) -> None:
    """The scheduler binds them, one to each node, and spreads the others as before."""
    world = world_with_daemons(tmp_path)

    assert sorted(pod.node for pod in daemons(world)) == ["n-1", "n-2", "n-3", "n-4"]
    assert all(pod.ready for pod in daemons(world))
    assert {len(node.pods) for node in world.api.nodes.values()} == {3}


def test_a_daemon_pod_that_finds_its_node_full_says_so(tmp_path: Path) -> None:
    """Its affinity rules all other nodes out."""
    world = world_with_daemons(tmp_path, "", "nodes.n.maxPods=1", at_us=MINUTE)

    texts = {
        row.text
        for row in world.log.rows(Kind.FAILED_SCHEDULING)
        if row.pod.startswith("default/agent-")
    }

    why = "1 Too many pods, 3 node(s) didn't satisfy plugin(s) [NodeAffinity]"
    assert texts == {f"0/4 nodes are available: {why}."}


def test_daemon_pods_stay_on_drained_and_lost_nodes(tmp_path: Path) -> None:
    """They tolerate both; a node that is cordoned keeps its daemon."""
    extra = (
        "timeline:\n  - {at: 2m, run: kubectl drain n-1}\n  - {at: 3m, nodeDies: n-2}\n"
    )
    world = world_with_daemons(tmp_path, extra)

    on_lost = [pod for pod in daemons(world) if pod.node in ("n-1", "n-2")]
    evicted = {row.pod for row in world.log.rows(Kind.POD_EVICTED)}

    assert len(on_lost) == 2
    assert not any(pod.terminating for pod in on_lost)
    assert evicted
    assert not any(pod.startswith("default/agent-") for pod in evicted)
