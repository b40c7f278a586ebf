"""Every form of claim can hold, and can fail, and says what was found."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.expectations import judge
from sim.analysis.tables import Tables, derive
from sim.cluster.world import simulate
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.units import MINUTE, SECOND

ROOT = Path(__file__).parents[3]
WEB = "default/deployment/web"
API = "team-b/deployment/api"
HOST = "registry.example:5000"
IMAGE = f"{HOST}/shop/web:stable"
END = 30 * MINUTE


@cache
def run_of(name: str) -> tuple[Tables, dict[str, Any]]:
    scenario = load_scenario(ROOT / "scenarios" / f"{name}.yaml").variants[0]
    log, meta = simulate(scenario)
    return derive(log, meta), meta


def exactly(value: int) -> model.Bounds:
    return model.Bounds(at_least=value, at_most=value)


def builds(**wanted: int) -> model.Claim:
    return model.BuildsInService(at_us=14 * MINUTE, workload=WEB, builds=wanted)


def waiting(**wanted: int) -> model.Claim:
    return model.Waiting(at_us=20 * MINUTE, workload=API, reasons=wanted)


def events(bounds: model.Bounds, **where: Any) -> model.Claim:
    return model.EventCount(event="Pulled", count=bounds, at_us=END, **where)


def image(build: str | None, node: str) -> model.Claim:
    return model.ImageOnNode(at_us=END, node=node, image=IMAGE, build=build)


def traffic(**bounds: model.Bounds) -> model.Claim:
    return model.RegistryTraffic(registry=HOST, at_us=9 * MINUTE, **bounds)


HOLDS = [
    ("tag_mutation", builds(v1=6, v2=3)),
    ("tag_mutation", builds(v1=6, v2=3, v3=0)),
    ("tag_mutation", events(model.Bounds(at_least=10), workload=WEB)),
    ("tag_mutation", events(model.Bounds(at_least=1, at_most=2), node="worker-1")),
    ("tag_mutation", model.ReadyBy(workload=WEB, by_us=26 * MINUTE)),
    ("tag_mutation", traffic(requests=exactly(36))),
    ("tag_mutation", traffic(size_bytes=model.Bounds(at_least=762_000_000))),
    ("tag_mutation", image("v1", "worker-3")),
    ("tag_mutation", image("v2", "fresh")),
    (
        "tag_mutation",
        model.MixedFor(workload=WEB, length_us=model.Bounds(at_least=15 * MINUTE)),
    ),
    ("credential_gap", waiting(ImagePullBackOff=1)),
    ("credential_gap", waiting(ErrImagePull=0)),
]
FAILS = [
    ("tag_mutation", builds(v1=6), "v1: 6, v2: 3 in service"),
    ("tag_mutation", builds(v1=6, v2=3, v3=1), "v1: 6, v2: 3 in service"),
    ("tag_mutation", events(exactly(99)), "it happened"),
    ("tag_mutation", events(exactly(1), workload=API), "it happened 0 times"),
    ("tag_mutation", model.ReadyBy(workload=WEB, by_us=SECOND), "all were ready at"),
    ("tag_mutation", model.ReadyBy(workload=API, by_us=END), "never all ready"),
    ("tag_mutation", traffic(requests=exactly(1)), "36 requests"),
    ("tag_mutation", traffic(size_bytes=model.Bounds(at_most=1)), "MB"),
    ("tag_mutation", image("v1", "fresh"), "it means v2 there"),
    ("tag_mutation", image(None, "fresh"), "it means v2 there"),
    ("tag_mutation", image("v1", "nobody"), "it is not there"),
    (
        "tag_mutation",
        model.MixedFor(workload=WEB, length_us=exactly(0)),
        "mixed for 19m",
    ),
    ("credential_gap", waiting(ErrImagePull=1), "waiting: ImagePullBackOff: 1"),
]


def test_events_of_a_workload_are_those_of_its_namespace() -> None:
    """Equal templates give ReplicaSets equal names; the namespace tells them apart."""
    created = {
        owner: verdict_of(
            "credential_gap",
            model.EventCount(
                event="SuccessfulCreate", count=exactly(4), at_us=END, workload=owner
            ),
        )
        for owner in (API, "default/deployment/api")
    }

    assert created == dict.fromkeys(created, (True, "it happened 4 times"))


def verdict_of(name: str, claim: model.Claim) -> tuple[bool, str]:
    tables, meta = run_of(name)
    expectation = model.Expectation(claim=claim, variant=None, text="", place="")
    (verdict,) = judge(tables, meta, [expectation])
    return verdict.holds, verdict.found


@pytest.mark.parametrize(("name", "claim"), HOLDS)
def test_a_true_claim_holds(name: str, claim: model.Claim) -> None:
    """What happened is not held against the scenario."""
    holds, found = verdict_of(name, claim)

    assert holds, found


@pytest.mark.parametrize(("name", "claim", "found"), FAILS)
def test_a_false_claim_fails_and_says_what_was_found(
    name: str, claim: model.Claim, found: str
) -> None:
    """The verdict tells what happened instead."""
    holds, told = verdict_of(name, claim)

    assert not holds
    assert found in told
