"""Explanations of the shipped scenarios, as golden text."""

from pathlib import Path

import pytest

from sim.analysis.explain import explain
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"


def pod_with(log: EventLog, kind: Kind, **columns: str) -> str:
    """The first pod that has a row of this kind."""
    return next(log.rows(kind, **columns)).pod


CASES = {
    "stale_pod": ("tag_mutation", "as written"),
    "mixed_rollout": ("tag_mutation", "as written"),
    "credential_gap": ("credential_gap", "as written"),
    "baked_node": ("prepulled_drift", "as written"),
    "collected_image": ("image_gc", "as written"),
}


def text_of(name: str, language: str) -> str:
    scenario, variant = CASES[name]
    file = load_scenario(ROOT / "scenarios" / f"{scenario}.yaml")
    chosen = next(s for s in file.variants if s.variant == variant)
    log, meta = simulate(chosen)
    if name == "stale_pod":
        target, at_us = f"pod/{pod_with(log, Kind.STARTED, node='worker-1')}", None
    elif name == "credential_gap":
        target, at_us = f"pod/{pod_with(log, Kind.PULL_FAILED)}", 20 * MINUTE
    elif name == "baked_node":
        target, at_us = f"pod/{pod_with(log, Kind.STARTED, node='old-1')}", 9 * MINUTE
    elif name == "collected_image":
        target, at_us = "deployment/web", 50 * MINUTE
    else:
        target, at_us = "deployment/web", None
    return explain(log, meta, target, language=language, at_us=at_us) + "\n"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", CASES)
def test_the_chain_reads_as_reviewed(name: str, language: str) -> None:
    """The explanation is, word for word, the one that was reviewed."""
    expected = (GOLDEN / f"{name}.{language}.txt").read_text(encoding="utf-8")

    assert text_of(name, language) == expected


def test_a_tag_nobody_pushed_is_due_to_who_asked_for_it(tmp_path: Path) -> None:
    """A 404 goes back to what was applied, not to the node that asked."""
    text = (ROOT / "scenarios" / "tag_mutation.yaml").read_text(encoding="utf-8")
    wrong = text.partition("expect:")[0].replace('web:stable"}', 'web:stabel"}')
    path = tmp_path / "misspelt.yaml"
    path.write_text(wrong, encoding="utf-8")
    log, meta = simulate(load_scenario(path).variants[0])
    pod = pod_with(log, Kind.PULL_FAILED)

    told = explain(log, meta, f"pod/{pod}").split("\n\n")[1]

    assert "HEAD manifest 404" in told
    assert told.splitlines()[-1].endswith("deployment/web was applied")
