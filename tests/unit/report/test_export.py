"""Tables leave as CSV, one a file."""

import csv
from dataclasses import fields
from pathlib import Path

from sim.analysis.tables import COLUMNS, Tables, derive
from sim.report.export import save_tables
from tests.record_factory import credential_gap


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
