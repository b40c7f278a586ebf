"""Answers in words, for pods of several containers and images that were rewritten."""

from pathlib import Path

import pytest

from sim.analysis.answer import answer
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.scenario.loader import load_scenario

TEXT = """\
title: Two containers
until: 20m
images:
  - {name: r.example/app, builds: {v1.4: {layers: {a: 10MB}}}, tags: {"1.4": v1.4}}
  - name: r.example/agent
    builds: {old: {layers: {b: 9MB}}, moved: {layers: {c: 9MB}}, new: {size: 8MB}}
    tags: {"1": old, "2": new}
nodes: [{name: n, count: 5}]
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      selector: {matchLabels: {a: b}}
      template:
        metadata: {labels: {a: b}}
        spec:
          containers:
            - {name: agent, image: "r.example/agent:1"}
            - {name: app, image: "r.example/app:1.4"}
timeline:
"""
SET = "{at: 10m, run: kubectl set image deployment/web agent=r.example/agent:2}"
PUSH = "{at: 5m, push: 'r.example/agent:1', build: moved}"
SCALE = "{at: 6m, run: kubectl scale deployment/web --replicas=5}"
PUSH_TARGET = "{at: 5m, push: 'r.example/agent:2', build: moved}"


def told(tmp_path: Path, *acts: str, language: str = "en") -> list[str]:
    path = tmp_path / "s.yaml"
    lines = "".join(f"  - {act}\n" for act in acts)
    path.write_text(TEXT + lines, encoding="utf-8")
    log, meta = simulate(load_scenario(path).variants[0])
    return answer(log, meta, derive(log, meta), language)


def test_each_container_has_its_own_count(tmp_path: Path) -> None:
    """Three pods are three pods, not three of one build and three of another."""
    english = told(tmp_path, SET)
    korean = told(tmp_path, SET, language="ko")

    assert english[0] == (
        "At 20m, deployment/web: agent: 3 pods run new; app: 3 pods run v1.4."
    )
    assert "agent: Pod 3개가 new 실행; app: Pod 3개가 v1.4 실행" in korean[0]


@pytest.mark.parametrize("acts", [(SET,), (PUSH_TARGET, SET), (PUSH, SCALE, SET)])
def test_a_new_image_text_is_due_to_who_wrote_it(
    acts: tuple[str, ...], tmp_path: Path
) -> None:
    """Not to the push that gave the new text its build, nor to an earlier one."""
    lines = told(tmp_path, *acts)

    assert any("ran more than one build" in line for line in lines)
    assert "kubectl set image deployment/web agent=r.example/agent:2" in lines[-1]


def test_a_moved_tag_is_due_to_the_push(tmp_path: Path) -> None:
    """The text stayed; what it means did not."""
    lines = told(tmp_path, PUSH, SCALE)

    assert "agent: 3 pods run old, 2 pods run moved; app: 5 pods run v1.4" in lines[0]
    assert "r.example/agent:1 was moved to moved at 5m" in lines[-1]


def test_a_tag_that_moves_after_the_rewrite_is_due_to_its_push(tmp_path: Path) -> None:
    """What came last is what sets them apart now."""
    later = PUSH_TARGET.replace("5m", "12m")
    lines = told(tmp_path, SET, later, SCALE.replace("6m", "14m"))

    assert "3 pods run new, 2 pods run moved" in lines[0]
    assert "r.example/agent:2 was moved to moved at 12m" in lines[-1]
