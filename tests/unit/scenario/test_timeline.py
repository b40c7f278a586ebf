"""What a timeline says besides commands, and what it brings into the world."""

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario import model
from sim.scenario.loader import load_scenario

HEAD = """
title: t
until: 10m
images:
  - {name: r.example/a, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
nodes: [{name: n, count: 2, images: ["r.example/a:v1"], labels: {zone: a}}]
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: late}
spec:
  selector: {matchLabels: {app: late}}
  template:
    metadata: {labels: {app: late}}
    spec: {containers: [{name: c, image: "elsewhere.example/tool:v3"}]}
"""


def load(folder: Path, text: str) -> model.Scenario:
    path = folder / "s.yaml"
    path.write_text(HEAD + text)
    return load_scenario(path).variants[0]


def test_an_autoscaler_s_nodes_are_like_their_group_but_cold(tmp_path: Path) -> None:
    """Their numbers go on where the group's end; later acts may name them."""
    scenario = load(
        tmp_path,
        "timeline:\n"
        "  - {at: 1m, addNodes: n, count: 2}\n"
        "  - {at: 2m, addNodes: n}\n"
        "  - {at: 3m, nodeDies: n-4}\n",
    )

    _, two, one = scenario.node_groups
    assert (two.names, two.joins_at_us) == (("n-3", "n-4"), 60_000_000)
    assert (one.names, one.joins_at_us) == (("n-5",), 120_000_000)
    assert (two.name, two.labels, two.pre_pulled) == ("n", {"zone": "a"}, ())
    assert scenario.timeline == (model.NodeDies(at_us=180_000_000, node="n-4"),)


def test_what_is_applied_later_can_be_spoken_of(tmp_path: Path) -> None:
    """Workloads of applied files are known, and so are their images."""
    (tmp_path / "late.yaml").write_text(DEPLOYMENT)
    scenario = load(
        tmp_path,
        "timeline:\n"
        "  - {at: 5m, run: kubectl scale deployment/late --replicas=3 -n shop}\n"
        "  - {at: 1m, run: kubectl apply -f late.yaml -n shop}\n"
        "objects:\n  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n",
    )

    _, applied = scenario.timeline
    assert isinstance(applied, model.Apply)
    (obj,) = applied.objects
    assert isinstance(obj, model.Deployment)
    assert (obj.namespace, obj.name) == ("shop", "late")
    assert "elsewhere.example/tool" in [image.name for image in scenario.images]


def test_an_object_of_another_namespace_is_refused(tmp_path: Path) -> None:
    """Before the run, as kubectl would."""
    (tmp_path / "late.yaml").write_text(
        DEPLOYMENT.replace("late}", "late, namespace: a}", 1)
    )

    with pytest.raises(ScenarioError, match='object "a" does not match'):
        load(
            tmp_path,
            "timeline:\n  - {at: 1m, run: kubectl apply -f late.yaml -n kube-system}\n"
            "objects:\n  - {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n",
        )


def test_a_registry_is_slow_for_a_while(tmp_path: Path) -> None:
    """What is not said stays as it is."""
    scenario = load(
        tmp_path,
        "timeline:\n  - {at: 1m, registrySlow: r.example, latency: 3s, for: 2m}\n",
    )

    assert scenario.timeline == (
        model.RegistrySlow(
            at_us=60_000_000,
            host="r.example",
            latency_us=3_000_000,
            until_us=180_000_000,
        ),
    )


def test_a_tag_that_is_pushed_can_be_deleted(tmp_path: Path) -> None:
    """Tags of the start and of every push are known."""
    scenario = load(
        tmp_path,
        "timeline:\n"
        '  - {at: 1m, push: "r.example/a:v2", build: v1}\n'
        '  - {at: 2m, deleteTag: "r.example/a:v2"}\n',
    )

    assert scenario.timeline[1] == model.DeleteTag(
        at_us=120_000_000, image="r.example/a", tag="v2"
    )
