"""The scenario's claims, held against the tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.analysis.catalogue import say
from sim.analysis.tables import (
    Tables,
    builds_at,
    mixed_intervals,
    waiting_at,
)
from sim.rules.reference import ImageReferenceError, pull_form
from sim.scenario import model
from sim.units import format_size, format_time


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether a claim holds, as written, and what was found instead (in words)."""

    holds: bool
    text: str
    variant: str
    found: str
    place: str


def judge(
    tables: Tables,
    meta: dict[str, Any],
    expectations: Iterable[model.Expectation],
    language: str = "en",
) -> list[Verdict]:
    """Judge every claim about one variant's run."""
    verdicts = []
    for expectation in expectations:
        holds, found = _judge(tables, meta, expectation.claim, language)
        verdicts.append(
            Verdict(
                holds=holds,
                text=expectation.text,
                variant=str(meta["variant"]),
                found=found,
                place=expectation.place,
            )
        )
    return verdicts


def _judge(
    tables: Tables, meta: dict[str, Any], claim: model.Claim, language: str
) -> tuple[bool, str]:
    until = int(meta["until_us"])
    match claim:
        case model.BuildsInService():
            found = builds_at(tables, claim.workload, claim.at_us)
            wanted = {b: n for b, n in claim.builds.items() if n}
            return found == wanted, _listed(found, "verdict_builds", language)
        case model.Waiting():
            found = waiting_at(tables, claim.workload, claim.at_us)
            holds = all(found.get(r, 0) == n for r, n in claim.reasons.items())
            return holds, _listed(found, "verdict_waiting", language)
        case model.EventCount():
            count = len(_events(tables, claim))
            return _within(count, claim.count), say(
                language, "verdict_count", count=count
            )
        case model.ReadyBy():
            return _ready_by(tables, claim, until, language)
        case model.RegistryTraffic():
            return _traffic(tables, claim, language)
        case model.ImageOnNode():
            build = _image_on_node(tables, claim)
            found_text = (
                say(language, "verdict_image", build=build)
                if build
                else say(language, "verdict_absent")
            )
            return build == claim.build, found_text
        case model.MixedFor():
            spans = mixed_intervals(tables, claim.workload, until)
            length = sum(end - start for start, end in spans)
            return _within(length, claim.length_us), say(
                language, "verdict_mixed", length=format_time(length)
            )


def _within(value: int, bounds: model.Bounds) -> bool:
    low, high = bounds.at_least, bounds.at_most
    return (low is None or value >= low) and (high is None or value <= high)


def _listed(found: dict[str, int], message: str, language: str) -> str:
    if not found:
        nothing = {
            "verdict_builds": "verdict_none",
            "verdict_waiting": "verdict_nobody_waits",
        }
        return say(language, nothing[message])
    text = ", ".join(f"{name}: {count}" for name, count in found.items())
    key = "builds" if message == "verdict_builds" else "reasons"
    return say(language, message, **{key: text})


def _events(tables: Tables, claim: model.EventCount) -> pd.DataFrame:
    events = tables.events
    found = events[
        (events["reason"] == claim.event) & (events["time_us"] <= claim.at_us)
    ]
    if claim.node is not None:
        found = found[found["node"] == claim.node]
    if claim.workload is not None:
        pods = tables.pods
        mine = pods[pods["owner"] == claim.workload]
        # Equal templates have ReplicaSets of equal names, in every namespace.
        found = found[found["namespace"] == claim.workload.partition("/")[0]]
        names = {f"pod/{pod.partition('/')[2]}" for pod in mine["pod"]}
        names |= {f"replicaset/{name}" for name in mine["replica_set"]}
        names.add(claim.workload.partition("/")[2])
        found = found[found["object"].isin(names)]
    return found


def _ready_by(
    tables: Tables, claim: model.ReadyBy, until: int, language: str
) -> tuple[bool, str]:
    ready = all_ready_at(tables, claim.workload)
    if ready is None:
        return False, say(language, "verdict_never_ready")
    return ready <= claim.by_us, say(
        language, "verdict_ready_at", time=format_time(min(ready, until))
    )


def all_ready_at(tables: Tables, owner: str) -> int | None:
    """Return when the last pod that stayed first turned ready; None if one never did.

    What a pod does later, a crash for one, does not count.
    """
    pods = tables.pods
    stayed = pods[(pods["owner"] == owner) & pods["deleted_us"].isna()]
    if stayed.empty or stayed["ready_us"].isna().any():
        return None
    return int(stayed["ready_us"].max())


def _traffic(
    tables: Tables, claim: model.RegistryTraffic, language: str
) -> tuple[bool, str]:
    requests = tables.requests
    mine = requests[
        (requests["registry"] == claim.registry) & (requests["time_us"] <= claim.at_us)
    ]
    count, served = len(mine), int(mine["bytes"].sum())
    holds = (claim.requests is None or _within(count, claim.requests)) and (
        claim.size_bytes is None or _within(served, claim.size_bytes)
    )
    return holds, say(
        language, "verdict_traffic", requests=count, bytes=format_size(served)
    )


def _image_on_node(tables: Tables, claim: model.ImageOnNode) -> str | None:
    try:
        name = pull_form(claim.image)
    except ImageReferenceError:
        name = claim.image
    images = tables.node_images
    now = images[
        (images["node"] == claim.node)
        & (images["image"] == name)
        & (images["start_us"] <= claim.at_us)
        & ((images["end_us"] > claim.at_us) | images["open"])
    ]
    return None if now.empty else str(now.iloc[-1]["build"])
