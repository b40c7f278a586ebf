"""The clusters that are measured, by name; each is a scenario with some values set."""

from dataclasses import dataclass
from pathlib import Path

from sim.scenario.loader import load_scenario
from sim.scenario.model import Scenario

ROOT = Path(__file__).parents[2]
LARGE = ROOT / "scenarios" / "large_cluster.yaml"
WAVE = ROOT / "scenarios" / "image_wave.yaml"
STORM = Path(__file__).parent / "storm.yaml"
DEPLOYMENTS = 10
PODS_PER_NODE = 30
FULL_NODES = 5000


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One cluster, and the work that its floor does.

    ``layers`` counts the layers that arrive, ``pulls`` the answers of the registry.
    """

    name: str
    nodes: int
    pods: int
    containers: int
    pulls: int
    layers: int
    scenario: Scenario


def large_sets(nodes: int) -> list[str]:
    """Return what makes the large cluster one of so many nodes.

    Its tags move a second into the rollout, which is over soon in a small cluster.
    """
    replicas = nodes * PODS_PER_NODE // DEPLOYMENTS
    moves = 15 if nodes >= FULL_NODES else 2
    return [
        f"nodes.node.count={nodes}",
        *(f"objects.{i}.spec.replicas={replicas}" for i in range(DEPLOYMENTS)),
        *(f"timeline.{i}.at=10m{moves}s" for i in (1, 2)),
        *(f"expect.{i}.builds.web-1={replicas}" for i in (0, 3)),
        *(f"expect.{i}.builds.proxy-1={replicas}" for i in (0, 3)),
    ]


def small_sets(scenario: str) -> list[str]:
    """Return what a shipped scenario is set to where it only has to be quick."""
    return large_sets(10) if scenario == LARGE.stem else []


def large(nodes: int) -> Case:
    """Return the large cluster; a tenth of its pods is replaced.

    Two of its Deployments ask the registry at each start, and so does what replaces
    one of them; each node pulls two images.
    """
    scenario = load_scenario(LARGE, sets=large_sets(nodes)).variants[0]
    pods = nodes * PODS_PER_NODE * 11 // 10
    asking = nodes * PODS_PER_NODE * 3 // DEPLOYMENTS
    return Case(
        name="large cluster",
        nodes=nodes,
        pods=pods,
        containers=2,
        pulls=asking + 2 * nodes,
        layers=5 * nodes,
        scenario=scenario,
    )


def wave(nodes: int, variant: str) -> Case:
    """Return the image wave with each node's own link, or a shared one."""
    file = load_scenario(WAVE, sets=[f"nodes.node.count={nodes}"])
    scenario = next(one for one in file.variants if one.variant == variant)
    return Case(
        name=f"image wave, {variant}",
        nodes=nodes,
        pods=nodes,
        containers=1,
        pulls=nodes,
        layers=5 * nodes,
        scenario=scenario,
    )


def storm(nodes: int) -> Case:
    """Return pods that all fail to pull for an hour; 16 attempts each."""
    pods = nodes * PODS_PER_NODE
    sets = [f"nodes.node.count={nodes}", f"objects.0.spec.replicas={pods}"]
    return Case(
        name="storm",
        nodes=nodes,
        pods=pods,
        containers=1,
        pulls=16 * pods,
        layers=0,
        scenario=load_scenario(STORM, sets=sets).variants[0],
    )
