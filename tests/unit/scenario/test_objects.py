"""Kubernetes objects from files, secrets, kubectl lines: what the engine gets."""

import json
from pathlib import Path

import pytest

from sim.scenario import model
from sim.scenario.commands import kubectl
from sim.scenario.commands.command_line import CommandError
from sim.scenario.loader import load_scenario

HEAD = """
title: t
until: 10m
images:
  - {name: r.example/a, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
nodes: [{name: n}]
"""
FILE = """
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: robot, namespace: shop}
    imagePullSecrets: [{name: regcred}]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec:
  serviceAccountName: robot
  initContainers: [{name: i, image: "r.example/a:v1"}]
  containers:
    - name: c
      image: r.example/a
      readinessProbe: {httpGet: {path: /}, initialDelaySeconds: 7}
  tolerations: [{operator: Exists}]
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: "1"}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: x}}
"""


def load(folder: Path, text: str) -> model.Scenario:
    path = folder / "s.yaml"
    path.write_text(HEAD + text)
    return load_scenario(path).variants[0]


def test_objects_come_from_files_with_lists_and_documents(tmp_path: Path) -> None:
    """A file name stands for all its documents; a List for its items."""
    (tmp_path / "shop.yaml").write_text(FILE)

    scenario = load(tmp_path, "objects: [shop.yaml]\n")

    kinds = [type(obj).__name__ for obj in scenario.objects]
    pod = scenario.objects[2]
    assert kinds == ["Namespace", "ServiceAccount", "PodObject"]
    assert isinstance(pod, model.PodObject)
    probe = pod.template.spec.containers[0].readiness_probe
    assert probe is not None
    assert (probe.initial_delay_us, probe.period_us) == (7_000_000, 10_000_000)
    assert pod.template.spec.init_containers[0].name == "i"


def test_what_is_not_simulated_is_named_once(tmp_path: Path) -> None:
    """Other kinds, and fields that would matter, give one warning each."""
    (tmp_path / "shop.yaml").write_text(FILE)

    scenario = load(tmp_path, "objects: [shop.yaml]\n")

    assert set(scenario.warnings) == {
        "objects of kind ResourceQuota are not simulated",
        "taints and tolerations are not simulated",
    }


def test_a_secret_in_short_form_is_what_kubectl_makes(tmp_path: Path) -> None:
    """Type, key and JSON are those of kubectl create secret docker-registry."""
    scenario = load(
        tmp_path,
        "timeline:\n  - at: 1m\n    createSecret: "
        "{name: s, server: r.example, username: u, password: p}\n",
    )

    (action,) = scenario.timeline
    assert isinstance(action, model.ApplySecret)
    data = json.loads(action.secret.data[".dockerconfigjson"])
    assert action.secret.type == "kubernetes.io/dockerconfigjson"
    assert data["auths"]["r.example"]["auth"] == "dTpw"


@pytest.mark.parametrize(
    ("line", "name", "replicas"),
    [
        ("kubectl scale deployment/web --replicas=3", "web", 3),
        ("kubectl scale deployment web --replicas 3", "web", 3),
        ("kubectl scale --replicas=3 deploy/web -n shop", "web", 3),
        ("kubectl scale deployment.apps/web --replicas=3", "web", 3),
        ("kubectl -n shop scale deployment/web --replicas=3", "web", 3),
        ("kubectl --namespace=shop scale deployment/web --replicas=3", "web", 3),
    ],
)
def test_kubectl_scale_is_read_in_its_spellings(
    line: str, name: str, replicas: int
) -> None:
    """Kubectl's own ways of naming a workload."""
    command = kubectl.parse(line, 5)

    assert isinstance(command, model.Scale)
    assert (command.name, command.replicas, command.at_us) == (name, replicas, 5)
    assert command.namespace == ("shop" if "shop" in line else "default")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("statefulset/web", "statefulset"),
        ("sts/web", "statefulset"),
        ("StatefulSet web", "statefulset"),
        ("statefulsets.apps/web", "statefulset"),
        ("ds/web", "daemonset"),
        ("daemonset/web", "daemonset"),
        ("daemonsets web", "daemonset"),
    ],
)
def test_kubectl_knows_the_short_names_of_kinds(word: str, kind: str) -> None:
    """Every kind of workload can be restarted."""
    command = kubectl.parse(f"kubectl rollout restart {word}", 5)

    assert isinstance(command, model.RolloutRestart)
    assert (command.kind, command.name) == (kind, "web")


def test_kubectl_set_image_names_containers() -> None:
    """Container by container; an image may hold anything behind the first sign."""
    line = "kubectl set image sts web web=r.example/a:v2 *=r.example/a@sha256:ab=c"
    command = kubectl.parse(line, 5)

    assert isinstance(command, model.SetImage)
    assert (command.kind, command.name) == ("statefulset", "web")
    assert command.images == {"web": "r.example/a:v2", "*": "r.example/a@sha256:ab=c"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kubectl explode x", "known are"),
        ("scale deployment/web", "known are"),
        ("kubectl scale deployment/web", "--replicas"),
        ("kubectl scale deployment/web --replicas=-1", "0 or more"),
        ("kubectl scale job/web --replicas=1", "scale of a job is not simulated"),
        ("kubectl delete node n", "expected: kubectl delete"),
        ("kubectl set image sts/web", "at least one image update"),
        ("kubectl set image sts/web c=", "expected CONTAINER=IMAGE"),
        ("kubectl drain", "node"),
        ("kubectl 'unfinished", "No closing quotation"),
    ],
)
def test_other_lines_say_what_is_known(line: str, message: str) -> None:
    """A line that cannot be carried out is told in a sentence."""
    with pytest.raises(CommandError, match=message):
        kubectl.parse(line, 0)


def test_unpacked_sizes_and_files_follow_the_stated_rule(tmp_path: Path) -> None:
    """2.7 times the compressed size, a file per 100 kB, unless given."""
    scenario = load(
        tmp_path,
        "variants:\n  as written: {}\n  given:\n"
        "    images.r.example/a.builds.v1.layers:"
        " {a: {size: 10MB, unpacked: 11MB, files: 3}}\n",
    )

    (layer,) = scenario.images[0].builds["v1"].layers

    assert (layer.unpacked_bytes, layer.files) == (2_700_000, 27)
    given = load_scenario(tmp_path / "s.yaml").variants[1]
    (layer,) = given.images[0].builds["v1"].layers
    assert (layer.size_bytes, layer.unpacked_bytes, layer.files) == (
        10_000_000,
        11_000_000,
        3,
    )
