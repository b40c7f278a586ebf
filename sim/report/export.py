"""Tables as files: CSV, one a table."""

from dataclasses import fields
from pathlib import Path

from sim.analysis.tables import Tables


def save_tables(tables: Tables, folder: Path) -> None:
    """Write every table as ``NAME.csv`` into a new folder."""
    folder.mkdir(parents=True)
    for field in fields(tables):
        table = getattr(tables, field.name)
        table.to_csv(folder / f"{field.name}.csv", index=False, lineterminator="\n")
