"""Pods are admitted when they are written, and again when their image is edited."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sim.cluster.objects import Pod
from sim.cluster.world import World
from sim.record.kinds import Kind
from sim.rules.admission import AdmissionError
from sim.scenario.loader import load_scenario
from sim.scenario.model import PodTemplate
from sim.units import MINUTE

SCENARIO = """
title: t
until: 5m
images:
  - name: r.example/web
    builds: {v1: {layers: {a: 1MB}}, v2: {layers: {a: 2MB}}}
    tags: {v1: v1, v2: v2}
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      initContainers: [{name: init, image: "r.example/web:v1"}]
      containers:
        - {name: web, image: "r.example/web:v1"}
        - {name: logs, image: "r.example/web:v1", restartPolicy: Always}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: bot}
    spec:
      replicas: 1
      selector: {matchLabels: {app: bot}}
      template:
        metadata: {labels: {app: bot}}
        spec:
          serviceAccountName: absent
          containers: [{name: bot, image: "r.example/web:v1"}]
"""


def world_of(tmp_path: Path, extra: str = "") -> World:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO + extra)
    return World(load_scenario(path, sets=()).variants[0])


def edited(world: World, image: str) -> Pod:
    """Edit the image of a running pod at two minutes and run to the end."""

    def edit() -> None:
        pod = world.api.pods["default/web"]
        world.api.set_pod_image(pod, {"web": image}, pod.scheduled_row)

    world.env.call_after(2 * MINUTE, edit)
    world.run()
    return world.api.pods["default/web"]


def test_a_refused_pod_of_a_workload_has_no_suffix_yet(tmp_path: Path) -> None:
    """Admission comes before the name is generated."""
    world = world_of(tmp_path)

    world.run()

    refusals = {row.text for row in world.log.rows(Kind.ADMISSION_DENIED)}
    objects = {row.object for row in world.log.rows(Kind.ADMISSION_DENIED)}
    assert objects == {"default/deployment/bot"}
    (text,) = refusals
    assert text.startswith('pods "bot-')
    assert '-" is forbidden: error looking up service account default/absent' in text


def test_a_pod_with_white_space_around_its_image_is_refused(tmp_path: Path) -> None:
    """Its template is not; the name of the pod is whole by then."""
    world = world_of(tmp_path)
    world.run()
    spec = world.api.pods["default/web"].spec
    spaced = replace(spec.containers[0], image=" r.example/web:v1")
    template = PodTemplate(
        labels={}, annotations={}, spec=replace(spec, containers=(spaced,))
    )

    made = world.api.create_pod("default", "spaced-", template, cause=-1)

    assert made is None
    *_, refusal = world.log.rows(Kind.ADMISSION_DENIED)
    assert refusal.object == "default/pod/spaced-"
    assert re.match(
        r'Pod "spaced-\w{5}" is invalid: spec\.containers\[0\]\.image: Invalid',
        refusal.text,
    )


def test_a_running_container_with_another_image_is_replaced(tmp_path: Path) -> None:
    """Its kubelet stops it, pulls the new image and starts it; others run on."""
    world = world_of(tmp_path)

    pod = edited(world, "r.example/web:v2")

    (killing,) = world.log.rows(Kind.KILLING)
    web, logs = (
        next(s for s in pod.status.containers if s.name == n) for n in ("web", "logs")
    )
    assert (killing.container, killing.text) == ("web", "definition changed")
    assert killing.time_us >= 2 * MINUTE
    assert (web.image, web.restart_count) == ("r.example/web:v2", 1)
    assert logs.restart_count == 0
    assert pod.ready


def test_always_pull_images_refuses_an_edit_that_would_change_a_policy(
    tmp_path: Path,
) -> None:
    """Pods from before the plug-in keep their policy, and their images."""
    world = world_of(tmp_path, "admission: [AlwaysPullImages]\n")
    world.run()
    pod = world.api.pods["default/web"]

    assert {c.image_pull_policy for c in pod.spec.containers} == {"Always"}
    changed = world.api.with_images(pod, {"web": "r.example/web:v2"})
    assert changed.containers[0].image == "r.example/web:v2"

    old = world_of(tmp_path)
    old.run()
    older = old.api.pods["default/web"]
    with pytest.raises(AdmissionError, match="pod updates may not change fields"):
        world.api.set_pod_image(older, {"web": "r.example/web:v2"}, -1)
    assert world.api.with_images(older, {"init": "r.example/web:v1"}) == older.spec
