"""Charts: drawn for every run, the same bytes each time, safe with any name."""

from dataclasses import replace
from pathlib import Path

import pytest

from sim.analysis.tables import Tables, derive
from sim.cluster.world import simulate
from sim.report import findings
from sim.report.charts import (
    CHARTS,
    builds_in_service,
    draw_all,
    draw_one,
    registry,
)
from sim.report.fonts import plain_text
from sim.report.marks import short_mark
from sim.report.panels import Variant, pod_labels
from sim.report.style import BUILD_COLOURS, BUILD_HATCHES, Looks
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def variants_of(name: str) -> list[Variant]:
    drawn = []
    for scenario in load_scenario(SCENARIOS / f"{name}.yaml").variants:
        log, meta = simulate(scenario)
        drawn.append((scenario.variant, derive(log, meta), meta))
    return drawn


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    "name",
    ["tag_mutation", "prepulled_drift", "credential_gap", "stuck_statefulset"],
)
def test_every_chart_of_every_scenario_is_drawn(
    name: str, language: str, tmp_path: Path
) -> None:
    """Five charts, none empty, without a warning, also where Hangul has no font."""
    files = draw_all(variants_of(name), tmp_path / "charts", language=language)

    assert [file.stem for file in files] == list(CHARTS)
    assert all(file.stat().st_size > 5_000 for file in files)


def test_the_same_run_draws_the_same_bytes(tmp_path: Path) -> None:
    """No date and no chance in PNG or SVG; SVG keeps text as text."""
    variants = variants_of("tag_mutation")[:1]

    first = draw_all(variants, tmp_path / "a", formats=("png", "svg"))
    second = draw_all(variants, tmp_path / "b", formats=("png", "svg"))

    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    svg = next(f for f in first if f.name == "builds-in-service.svg")
    assert "2 builds behind one workload" in svg.read_text()


def renamed(tables: Tables, build: str) -> Tables:
    """The same tables with every build called something else."""
    frames = {}
    for name in ("service", "builds_in_service", "node_images", "pulls"):
        frame = getattr(tables, name).copy()
        frame["build"] = build
        frames[name] = frame
    return replace(tables, **frames)


@pytest.mark.parametrize(
    "odd",
    ["$x^2$", "a_b", "<b>&", "빌드", "🚀", "\u202eright", "%s {x}", "back\\slash"],
)
def test_odd_names_are_drawn_as_they_are(odd: str, tmp_path: Path) -> None:
    """Dollar signs, markup, Hangul, emoji and right-to-left neither crash nor warn."""
    name, tables, meta = variants_of("tag_mutation")[0]

    files = draw_all(
        [(odd or name, renamed(tables, odd), {**meta, "title": odd})],
        tmp_path / "charts",
    )

    assert len(files) == len(CHARTS)


def test_pods_of_one_name_share_a_row() -> None:
    """A StatefulSet's pod that was made again is where the one before it was."""
    _, tables, _ = variants_of("stuck_statefulset")[1]

    labels = pod_labels(tables)

    assert len(tables.pods) == 7
    assert list(labels) == ["default/db-0", "default/db-1", "default/db-2"]
    assert labels["default/db-0"].startswith("db-0 · worker-")


def test_titles_state_the_finding() -> None:
    """The title is computed: two builds for twenty minutes, or one throughout."""
    found = {
        name: findings.builds(tables, meta, "en")
        for name, tables, meta in variants_of("tag_mutation")
    }

    assert found == {
        "as written": "2 builds behind one workload for 20m",
        "Always": "2 builds behind one workload for 20m",
        "pinned by digest": "One build throughout",
    }


def test_no_two_of_many_builds_look_alike() -> None:
    """Colour and hatch together tell as many builds apart as there are pairs."""
    names = [f"v{n}" for n in range(len(BUILD_COLOURS) * len(BUILD_HATCHES) - 6)]

    looks = Looks(names)

    assert len({looks.build(name) for name in names}) == len(names)


def test_plain_text_hides_mathematics() -> None:
    """A dollar sign is a dollar sign."""
    assert plain_text("$a$") == r"\$a\$"


def test_one_chart_has_the_bytes_of_the_file(tmp_path: Path) -> None:
    """A chart for a notebook is the chart of the run folder."""
    variants = variants_of("tag_mutation")

    files = draw_all(variants, tmp_path / "charts")

    assert draw_one("node-images", variants) == files[1].read_bytes()


def test_panels_that_count_have_one_scale() -> None:
    """Heights are compared, so they mean the same in every panel, left and right."""
    figure = registry(variants_of("policies"))

    tops = [axes.get_ylim()[1] for axes in figure.axes]
    assert len(set(tops)) == 2
    assert len(tops) == 6


def test_marks_of_acts_that_are_near_stand_above_each_other() -> None:
    """Three acts within three minutes: no label covers another, none is lost."""
    figure = builds_in_service(variants_of("registry_outage")[:1])

    labels = [note for note in figure.axes[0].texts if "▾" in note.get_text()]
    words = [note.get_text().removeprefix("▾ ") for note in labels]
    assert words == ["registry down", "crash", "rollout restart", "registry up"]


def test_a_rolled_out_build_is_a_change_and_no_mixture() -> None:
    """Both run for a moment; the title says which came when, in either language."""
    scenario = load_scenario(
        SCENARIOS / "policies.yaml",
        sets=["timeline.1={at: 10m, run: kubectl rollout restart deployment/web}"],
    ).variants[0]
    log, meta = simulate(scenario)
    early = {**meta, "until_us": 14 * MINUTE}
    tables = derive(log.until(14 * MINUTE), early)

    assert findings.builds(tables, early, "en") == "v1 until 10m 5s, then v2"
    assert findings.builds(tables, early, "ko") == "10m 5s까지 v1, 그 뒤로 v2"


def test_a_name_that_nodes_lost_is_the_finding() -> None:
    """Garbage collection takes it away; a moved tag or a dead node does not count."""
    as_written, larger, one_stays = variants_of("image_gc")
    image = "registry.example/shop/web:1.4"

    assert findings.images(*as_written[1:], "en") == f"{image} was removed from 2 nodes"
    assert findings.images(*larger[1:], "en") == "Every node holds the same build"
    assert findings.images(*one_stays[1:], "ko") == f"노드 1개에서 {image} 삭제됨"


def test_what_was_done_on_nodes_is_marked_by_its_words() -> None:
    """A file that a command wrote is the command's mark; a change is its own."""
    marks = variants_of("is_the_file_enough")[0][1].marks
    words = [short_mark(str(one.kind), str(one.text)) for one in marks.itertuples()]
    plugins = variants_of("credential_provider")[0][1].marks

    assert words == ["▾ docker login", "▾ scp", "▾ file removed"]
    assert list(plugins["kind"]).count("PROVIDER_SET") == 4  # two nodes, two times
