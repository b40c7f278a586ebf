"""Pods that ran before the run are their workload's, of the right revision."""

from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario

NEW, OLD = "sha256:" + 32 * "ab", "sha256:" + 32 * "cd"
TEXT = f"""\
title: Saved
until: 20m
images:
  - name: r.example/app
    builds: {{v1: {{size: 1MB, digest: {OLD}}}, v2: {{size: 1MB, digest: {NEW}}}}}
    tags: {{v1: v1, v2: v2}}
nodes: [{{name: n, count: 2}}]
objects:
  - apiVersion: apps/v1
    kind: KIND
    metadata: {{name: web}}
    spec:
      REPLICAS
      selector: {{matchLabels: {{app: web}}}}
      template:
        metadata: {{labels: {{app: web}}}}
        spec: {{containers: [{{name: c, image: "r.example/app:v2"}}]}}
"""
POD = """\
  - apiVersion: v1
    kind: Pod
    metadata:
      name: web-NUMBER
      labels: {app: web}
      ownerReferences: [{kind: OWNER, name: NAME, controller: true}]
    spec:
      nodeName: n-NODE
      containers: [{name: c, image: "r.example/app:TAG"}]
    status:
      phase: Running
      containerStatuses:
        - {name: c, imageID: "r.example/app@DIGEST", state: {running: {}}}
"""
OWNERS = {"Deployment": ("ReplicaSet", "web-abc")}


def run(tmp_path: Path, kind: str, *tags: str) -> EventLog:
    """A workload of v2 whose pods run these tags, in order."""
    replicas = "" if kind == "DaemonSet" else f"replicas: {len(tags)}"
    text = TEXT.replace("KIND", kind).replace("REPLICAS", replicas)
    owner, name = OWNERS.get(kind, (kind, "web"))
    for number, tag in enumerate(tags):
        pod = POD.replace("NUMBER", str(number)).replace("NODE", str(number + 1))
        pod = pod.replace("OWNER", owner).replace("NAME", name).replace("TAG", tag)
        text += pod.replace("DIGEST", NEW if tag == "v2" else OLD)
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return simulate(load_scenario(path).variants[0])[0]


def gone(log: EventLog) -> list[str]:
    return sorted(row.pod for row in log.rows(Kind.POD_DELETED))


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_pods_with_the_images_of_the_template_are_left_alone(
    tmp_path: Path, kind: str
) -> None:
    """Nothing is to be rolled out."""
    log = run(tmp_path, kind, "v2", "v2")

    assert gone(log) == []
    assert not list(log.rows(Kind.SCALED_REPLICA_SET))
    assert len(list(log.rows(Kind.POD_CREATED))) == 2


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_pods_with_other_images_are_of_a_rollout_that_goes_on(
    tmp_path: Path, kind: str
) -> None:
    """They are replaced."""
    log = run(tmp_path, kind, "v1", "v1")

    assert gone(log) == ["default/web-0", "default/web-1"]
