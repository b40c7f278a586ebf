"""Kubernetes files that are not what they should be: one sentence with a place."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sim.errors import ScenarioError
from sim.scenario.loader import ScenarioFile, load_scenario
from sim.scenario.saved.importer import import_files

HEAD = """\
title: t
until: 5m
images:
  - {name: r.example/a, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
nodes: [NODES]
objects: [OBJECTS]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
    - name: c
      image: r.example/a:v1
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.example.com}
---
apiVersion: example.com/v1
kind: Rollout
metadata: {name: r}
spec: {replicas: x}
---
"""


def load(folder: Path, objects: str, nodes: str = "{name: n}") -> ScenarioFile:
    (folder / "o.yaml").write_bytes(objects.encode())
    path = folder / "s.yaml"
    text = HEAD.replace("NODES", nodes).replace("OBJECTS", "o.yaml")
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def told(caught: pytest.ExceptionInfo[ScenarioError], folder: Path) -> str:
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (POD + "  initContainers:\n    - name: 'i", "o.yaml:10:15: not valid YAML"),
        (POD.replace("    - name", "\t- name"), "o.yaml:7:1: not valid YAML: found"),
        (POD.replace("    - name", "\t- name"), "indent with spaces, not tabs"),
        (
            POD.replace("\n", "\r\n").replace("name: c", "name: [c]"),
            "o.yaml:7:13: spec.containers.0.name: expected text, found ['c']",
        ),
        (POD.replace("kind: Pod\n", ""), "o.yaml:1:1: expected a Kubernetes object: "),
        (f"{POD}---\n{POD}", "o.yaml:10:1: pod 'p' is there already (o.yaml:1:1)"),
        (
            POD.replace("name: p", "name: p\n  namespace: nowhere"),
            'o.yaml:1:1: namespaces "nowhere" not found; an object of kind Namespace',
        ),
        ("just words\n", "o.yaml:1:1: expected a Kubernetes object or a file name"),
        (POD.replace("spec:", "spec: 3\nother:"), "spec: expected a map"),
    ],
)
def test_a_bad_file_under_objects(text: str, message: str, tmp_path: Path) -> None:
    """Truncated, tabs, CRLF, no kind, twice, no namespace, no object, no spec."""
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, text)

    assert message in told(caught, tmp_path)


def test_kinds_that_nobody_knows_are_named(tmp_path: Path) -> None:
    """A CRD is harmless; an object of it is left out, and that is said."""
    scenario = load(tmp_path, CRD + POD).variants[0]

    assert scenario.warnings == ("objects of kind Rollout are not simulated",)
    assert len(scenario.objects) == 1


def test_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    """CRLF and old CR are line ends."""
    for end in ("\r\n", "\r"):
        scenario = load(tmp_path, POD.replace("\n", end)).variants[0]

        assert len(scenario.objects) == 1


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_fifty_thousand_lines_take_seconds(form: str, tmp_path: Path) -> None:
    """Five thousand pods in one file, and one mistake in the last."""
    pods = [POD.replace("name: p", f"name: p{n}") for n in range(5_600)]
    pods[-1] = pods[-1].replace("name: c", "name: [c]")
    text = "---\n".join(pods)
    if form == "json":
        items: list[dict[str, Any]] = [
            {
                "kind": "Pod",
                "apiVersion": "v1",
                "metadata": {"name": f"p{n}"},
                "spec": {"containers": [{"name": "c", "image": "r.example/a:v1"}]},
            }
            for n in range(3_500)
        ]
        items[-1]["spec"]["containers"][0]["name"] = ["c"]
        text = json.dumps({"kind": "List", "items": items}, indent=1)
    assert text.count("\n") > 49_000

    started = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, text)

    assert "spec.containers.0.name: expected text" in told(caught, tmp_path)
    assert time.process_time() - started < 20


NODE: dict[str, Any] = {"kind": "Node", "metadata": {"name": "n1"}}


@pytest.mark.parametrize(
    "node",
    [
        NODE,
        NODE | {"status": None},
        NODE | {"status": {"images": None}},
        NODE | {"status": {"images": [{"names": None}, 3]}},
    ],
)
def test_a_node_without_images_starts_cold(node: Any, tmp_path: Path) -> None:
    """It is a node all the same."""
    (tmp_path / "n.json").write_text(json.dumps(node))
    scenario = load(tmp_path, POD, "n.json").variants[0]

    assert [name for group in scenario.node_groups for name in group.names] == ["n1"]
    assert not any(group.pre_pulled for group in scenario.node_groups)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (POD, "s.yaml:5:9: no Node object here; kubectl get nodes -o json prints them"),
        ("words\n", "n.json:1:1: expected a Kubernetes object or a file name"),
        ("kind: Node\nmetadata: {}\n", "n.json:1:1: Node: metadata.name is missing"),
        (
            "kind: Node\nmetadata: {name: n1}\nstatus: ready\n",
            "n.json:3:9: Node: status: expected a map",
        ),
        ("", "s.yaml:5:9: no Node object here"),
    ],
)
def test_another_file_under_nodes(text: str, message: str, tmp_path: Path) -> None:
    """A pod, words, a node without a name, one whose status is none."""
    (tmp_path / "n.json").write_text(text)

    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, POD, "n.json")

    assert message in told(caught, tmp_path)


SAVED: dict[str, Any] = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {"name": "p"},
    "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "r.example/a"}]},
}


@pytest.mark.parametrize(
    "pod",
    [
        SAVED,
        SAVED | {"status": None},
        SAVED | {"status": {"phase": "Running", "containerStatuses": None}},
        SAVED | {"status": {"containerStatuses": [{"imageID": "x"}]}},
    ],
)
def test_a_pod_without_a_status_is_imported(pod: Any, tmp_path: Path) -> None:
    """It has run nothing so far: it starts; the scenario can be run."""
    saved, out = tmp_path / "pods.json", tmp_path / "out.yaml"
    saved.write_text(json.dumps(pod))
    imported = import_files([saved])
    out.write_text(imported.text, encoding="utf-8")

    assert imported.counts["pods"] == 1
    assert len(load_scenario(out).variants[0].objects) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"kind": "List", "items": [', "p.json:2:1: not valid YAML"),
        ('{"kind": "List", "items": ["a"]}', "p.json:1:28: expected a Kubernetes"),
        (json.dumps(SAVED | {"metadata": "x"}), "p.json:1:1: Pod: metadata.name"),
        (json.dumps(SAVED | {"spec": "x"}), "Pod: spec: expected a map"),
        ("", "p.json: holds no Kubernetes objects"),
    ],
)
def test_what_cannot_be_imported(text: str, message: str, tmp_path: Path) -> None:
    """Truncated, no objects, no names, nothing at all."""
    (tmp_path / "p.json").write_text(text)

    with pytest.raises(ScenarioError) as caught:
        import_files([tmp_path / "p.json"])

    assert message in told(caught, tmp_path)
