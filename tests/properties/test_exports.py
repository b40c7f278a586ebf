"""What is written quickly has the bytes of what is written plainly."""

import json
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.tables import Tables, derive
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NAME_COLUMNS
from sim.report.export import save_jsonl, save_tables
from sim.scenario import model
from tests.properties.strategies import scenarios
from tests.record_factory import Recorder

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(",\"\r\n \\'"),
    max_size=6,
)


def plain_lines(log: EventLog) -> str:
    """One JSON object a row, made of the row alone."""
    lines = []
    for row in log.rows():
        data: dict[str, Any] = {"row": row.row, "time_us": row.time_us}
        data["kind"] = row.kind.name
        data |= {n: v for n in NAME_COLUMNS if (v := getattr(row, n))}
        data |= {n: v for n in ("amount", "span") if (v := getattr(row, n))}
        data |= {n: v for n in ("cause", "source") if (v := getattr(row, n)) >= 0}
        lines.append(json.dumps(data, ensure_ascii=False) + "\n")
    return "".join(lines)


def assert_plain(log: EventLog, tables: Tables) -> None:
    """Compare all files, byte by byte."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        save_jsonl(folder / "events.jsonl", log)
        save_tables(tables, folder / "tables")

        lines = (folder / "events.jsonl").read_bytes()
        assert lines == plain_lines(log).encode()
        for field in fields(tables):
            table: pd.DataFrame = getattr(tables, field.name)
            plain = table.to_csv(index=False, lineterminator="\n").encode()
            assert (folder / "tables" / f"{field.name}.csv").read_bytes() == plain


@settings(max_examples=15)
@given(scenarios())
def test_random_small_worlds_are_written_plainly(scenario: model.Scenario) -> None:
    """Tables and record of whatever happens in a cluster."""
    log, meta = simulate(scenario)

    assert_plain(log, derive(log, meta))


@settings(max_examples=100)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.integers(0, 2**40)), min_size=1))
def test_odd_names_are_written_plainly(rows: list[tuple[str, str, str, int]]) -> None:
    """Names with commas, quotes and line ends."""
    made = Recorder()
    made.row(0, Kind.POD_CREATED, pod="default/web", text="web-1")
    for node, image, text, amount in rows:
        names: Any = {"node": node, "image": image, "text": text}
        made.row(1, Kind.REQUEST, amount=amount, **names)
        pull = made.row(1, Kind.PULLING, pod="default/web", node=node, image=image)
        made.row(1, Kind.PULL_FAILED, pod="default/web", cause=pull, **names)
    record = made.finish()

    assert_plain(record.log, derive(record.log, record.meta))
