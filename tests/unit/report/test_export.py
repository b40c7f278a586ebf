"""Tables leave as CSV, one a file."""

import csv
from dataclasses import fields
from pathlib import Path

from sim.analysis.tables import COLUMNS, Tables, derive
from sim.record.kinds import Kind
from sim.report.export import save_jsonl, save_tables
from tests.record_factory import Recorder, credential_gap


def test_every_table_is_a_file_with_its_columns(tmp_path: Path) -> None:
    """Also one in which nothing happened; a time that is not known is empty."""
    made = credential_gap()

    save_tables(derive(made.log, made.meta), tmp_path / "tables")

    read = {}
    for path in sorted((tmp_path / "tables").iterdir()):
        with path.open(encoding="utf-8", newline="") as stream:
            read[path.stem] = list(csv.DictReader(stream))
        header = path.read_text(encoding="utf-8").partition("\n")[0]
        assert header == ",".join(COLUMNS[path.stem].split())
    assert set(read) == {field.name for field in fields(Tables)}
    assert [pod["started_us"] for pod in read["pods"]] == ["11000000", ""]
    assert read["waiting"][-1]["open"] == "True"


def test_lines_leave_empty_columns_out(tmp_path: Path) -> None:
    """``events.jsonl`` has one line a row, and only what the row says."""
    made = Recorder()
    for _ in range(3):
        made.row(5, Kind.PULLING, node="a", text='"')
    made.row(9, Kind.PULLED, amount=7, span=4, cause=1, source=2)

    save_jsonl(tmp_path / "events.jsonl", made.log)

    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert lines[2] == (
        '{"row": 2, "time_us": 5, "kind": "PULLING", "node": "a", "text": "\\""}'
    )
    assert lines[3] == (
        '{"row": 3, "time_us": 9, "kind": "PULLED", "amount": 7, "span": 4, '
        '"cause": 1, "source": 2}'
    )
