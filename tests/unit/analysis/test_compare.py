"""Variants side by side, a row for each figure."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.analysis.compare import compare, first_difference, format_table
from sim.analysis.tables import Tables, derive
from sim.cluster.world import simulate
from sim.scenario.loader import load_scenario
from sim.units import SECOND
from tests.record_factory import Recorded, credential_gap, mixed_rollout, stale_pod


def compared(language: str = "en", **made: Recorded) -> dict[str, dict[str, str]]:
    rows = [(name, derive(one.log, one.meta), one.meta) for name, one in made.items()]
    table = compare(rows, language)
    return {
        str(name): {str(k): str(v) for k, v in column.items()}
        for name, column in table.to_dict().items()
    }


def test_each_variant_answers_the_same_questions() -> None:
    """Builds, mixed time, waits, readiness, pulls and traffic."""
    table = compared(stale=stale_pod(), mixed=mixed_rollout(), gap=credential_gap())

    assert table["mixed"] == {
        "builds at the end": "v1: 2, v2: 1",
        "mixed for": "19m 54s",
        "pods waiting at the end": "–",
        "all pods ready after": "10m 6s",
        "pulls": "2",
        "failed pulls": "0",
        "back-offs": "0",
        "registry requests": "2",
        "registry bytes": "18 MB",
    }
    assert table["stale"]["mixed for"] == "0s"
    assert table["gap"]["pods waiting at the end"] == "ImagePullBackOff: 1"
    assert table["gap"]["all pods ready after"] == "never"
    assert (table["gap"]["failed pulls"], table["gap"]["back-offs"]) == ("2", "2")


def test_columns_line_up_also_in_korean() -> None:
    """Hangul takes two columns a letter."""
    made = stale_pod()
    rows = [(name, derive(made.log, made.meta), made.meta) for name in ("하나", "two")]

    lines = format_table(compare(rows, "ko")).splitlines()

    def column(line: str, text: str) -> int:
        before = line[: line.rindex(text)]
        return sum(2 if ord(letter) > 0x1100 else 1 for letter in before)

    bytes_line = next(line for line in lines if line.endswith("MB"))
    assert column(bytes_line, "9 MB") == column(lines[0], "two")


def test_of_many_workloads_what_never_happened_is_left_out() -> None:
    """More than three: no rows that say 0s or – of every variant."""
    root = Path(__file__).parents[3]
    file = load_scenario(root / "scenarios" / "microservices.yaml")
    log, meta = simulate(file.variants[0])
    table = compare([("one", derive(log, meta), meta)])
    rows = [str(row) for row in table.index]

    assert "deployment/cart: pods waiting at the end" in rows
    assert not any("mixed for" in row for row in rows)
    assert "deployment/web: pods waiting at the end" not in rows


def in_service(*steps: tuple[str, int, int]) -> Tables:
    """Tables in which one workload runs so many pods of a build from a second on."""
    made = stale_pod()
    rows = [("default/deployment/web", b, s * SECOND, n) for b, s, n in steps]
    columns = ["owner", "build", "time_us", "pods"]
    frame = pd.DataFrame(rows, columns=columns)
    return replace(derive(made.log, made.meta), builds_in_service=frame)


@pytest.mark.parametrize(
    ("other", "since_s"),
    [
        ([("v1", 10, 2)], None),
        ([("v1", 11, 2)], None),  # the same step, a second later
        ([("v1", 10, 2), ("v2", 30, 1)], 30),
        ([("v1", 14, 1), ("v1", 20, 2)], 10),
        ([("v1", 10, 2), ("v2", 96, 1)], None),  # too near the end to tell
        ([], 10),
    ],
)
def test_the_first_difference_is_one_that_lasts(
    other: list[tuple[str, int, int]], since_s: int | None
) -> None:
    """Other pods in service for five seconds at least; less is only another pace."""
    meta = {"until_us": 100 * SECOND}
    one, two = in_service(("v1", 10, 2)), in_service(*other)

    found = first_difference(("one", one, meta), ("two", two, meta))

    assert found == (None if since_s is None else since_s * SECOND)
