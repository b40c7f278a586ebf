"""The data of a page: what its format says, the same each time, thinned when large."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.analysis.selection import evenly
from sim.page import document as module
from sim.page.builds import Builds
from sim.page.document import FORMAT, document, visible
from sim.page.thinning import Shown, choose, last_in_part
from sim.page.variant import Variant, variant_of
from sim.run_folder import load_facts
from sim.run_page import write_page
from sim.runner import Run, facts_of, run_file, save_run
from sim.scenario.loader import load_scenario

SCENARIOS = Path(__file__).parents[3] / "scenarios"
DESCRIPTION = Path(module.__file__).with_name("FORMAT.md")


@cache
def run() -> Run:
    return run_file(load_scenario(SCENARIOS / "pull_backoff.yaml"))


@cache
def data() -> dict[str, Any]:
    variants = [variant_of(v.name, v.log, v.meta, "en") for v in run().variants]
    return document(facts_of(run()), variants, language="en")


def test_every_part_is_described_and_every_description_has_its_part() -> None:
    """FORMAT.md names the keys of the page, of a variant, of a pod and of a state."""
    text = DESCRIPTION.read_text(encoding="utf-8")
    described = set(re.findall(r"^- `(\w+)`", text, re.MULTILINE))
    one = data()["variants"][0]
    states = [state for pod in one["pods"] for state in pod["states"]]
    parts = [data(), data()["builds"][0], data()["compare"], one, one["pods"][0]]

    used = {key for part in [*parts, *states] for key in part}
    used |= {"again", "again_text"}  # only where an image was there before

    assert described == used
    assert f"format {FORMAT}" in text


def test_every_link_leads_to_a_row_that_is_there() -> None:
    """A chain can be followed to its end without a missing step."""
    for one in data()["variants"]:
        rows = one["rows"]
        asked = [bar[4] for bar in one["service"] + one["waiting"]]
        asked += [bar[4] for bar in one["node_images"] + one["requests"]]
        asked += [write[8] for write in one["events"]]
        asked += [mark[0] for mark in one["marks"]] + one["steps"]
        asked += [state["row"] for pod in one["pods"] for state in pod["states"]]
        followed = [row[3] for row in rows.values() if row[3] != -1]

        assert {str(number) for number in asked + followed} <= set(rows)


def test_a_page_made_again_is_the_same_page(tmp_path: Path) -> None:
    """From the folder alone, byte for byte."""
    folder = save_run(run(), tmp_path / "run", formats=("png",), language="en")
    made = (folder / "report.html").read_bytes()

    again = write_page(folder, "en")

    assert again.read_bytes() == made
    assert load_facts(folder)["command"].endswith("pull_backoff.yaml --seed 5")


def test_the_first_difference_of_variants_is_known() -> None:
    """Pushed at 3m, pods run minutes earlier; a variant does not differ from itself."""
    first, earlier, _ = (one["differs_us"] for one in data()["variants"])

    assert first is None
    assert 3 * 60 * 10**6 < earlier < 13 * 60 * 10**6


def test_direction_marks_are_spelled_out() -> None:
    """A name cannot turn the text around it; other letters stay."""
    assert visible({"a\u202e": ["한글", "\u2067x", 3]}) == {
        "a\\u202e": ["한글", "\\u2067x", 3]
    }


def test_two_digests_never_share_a_name() -> None:
    """Where one name of a build means two digests, more is said."""
    builds = {
        "sha256:aa": {"build": "v1", "image": "r/shop/web"},
        "sha256:bb": {"build": "v1", "image": "r/shop/api"},
        "sha256:cc": {"build": "v2", "image": "r/shop/api"},
    }
    made = Builds([{"builds": builds}])
    for digest in builds:
        made.number(digest)

    names = [one["name"] for one in made.table()]

    assert names == ["v1 (web)", "v1 (api)", "v2"]


def test_evenly_keeps_the_last_and_the_order() -> None:
    """A part of many, at even distances."""
    assert evenly(range(10), 5) == [1, 3, 5, 7, 9]
    assert evenly("abc", 5) == ["a", "b", "c"]


def test_a_large_run_is_thinned_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods in trouble stay; counts of builds in service are those of all."""
    whole = data()["variants"][0]
    monkeypatch.setattr("sim.page.thinning.MAX_PODS", 3)
    monkeypatch.setattr("sim.page.thinning.MAX_NODES", 2)
    facts = facts_of(run())
    variants = [variant_of(v.name, v.log, v.meta, "en") for v in run().variants]

    thin = document(facts, variants, language="en")["variants"][0]

    assert thin["thinned"]["pods"] == [3, 6]
    assert thin["thinned"]["nodes"] == [2, 3]
    assert len({pod["name"] for pod in thin["pods"]}) == 3
    assert {bar[0] for bar in thin["node_images"]} <= set(thin["nodes"])
    assert thin["builds_in_service"] == whole["builds_in_service"]
    assert len(json.dumps(thin)) < len(json.dumps(whole))


def test_of_too_many_changes_the_last_in_each_part_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a part ends, the count of each build is what it was."""
    monkeypatch.setattr("sim.page.thinning.MAX_CHANGES", 6)
    rows = [("a", "v1", t, t) for t in range(1, 8)] + [("a", "v2", 9, 1)]
    changes = pd.DataFrame(rows, columns=["owner", "build", "time_us", "pods"])

    kept = changes[last_in_part(changes)]

    assert kept["pods"].tolist() == [3, 6, 7, 1]
    assert last_in_part(changes[:6]).all()


def test_events_of_pods_that_are_shown_are_counted_as_in_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thinned or whole: a pod's events have the same numbers and times."""
    variants = [variant_of(v.name, v.log, v.meta, "en") for v in run().variants]
    monkeypatch.setattr("sim.page.thinning.MAX_PODS", 3)

    thin = document(facts_of(run()), variants, language="en")["variants"][0]

    about = {f"pod/{pod['name'].partition('/')[2]}" for pod in thin["pods"]}
    mine = [event[2:] for event in thin["events"] if event[6] in about]
    whole = data()["variants"][0]["events"]
    assert mine == [event[2:] for event in whole if event[6] in about]
    assert mine


def test_whoever_waited_for_an_image_is_shown_first() -> None:
    """Trouble comes before calm where not all can be shown."""
    one = run().variants[0]
    table = one.tables.pods
    many = table.loc[table.index.repeat(200)].copy()
    troubled = str(one.tables.pods["pod"].iloc[0])
    calm = [f"default/calm-{n}" for n in range(len(many) - 1)]
    many["pod"] = [*calm, troubled]
    tables = replace(one.tables, pods=many)

    shown = choose(tables, [f"node-{n}" for n in range(80)])

    assert isinstance(shown, Shown)
    assert len(shown.pods) == 500
    assert len(shown.nodes) == 50
    assert troubled in shown.pods


def test_a_variant_holds_the_tables_of_its_record() -> None:
    """Made from a record alone."""
    first = run().variants[0]

    one = variant_of(first.name, first.log, first.meta, "en")

    assert isinstance(one, Variant)
    assert one.tables.pods.equals(first.tables.pods)
