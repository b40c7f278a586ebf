"""Read measured tables and judge a prediction by each row's own column.

A table's kind follows from its columns and its rows' parameters, never from the name
of its file. Bands are those that the index beside the tables states.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

Row = dict[str, str]


class Near:
    """``judge`` = band: as near as max(band * value, abs_s)."""

    def __init__(self, value: float, margin: float) -> None:
        self.value = value
        self.margin = margin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and (
            abs(other - self.value) <= self.margin
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.value:g} ± {self.margin:.3g}"


class Within:
    """``judge`` = range:lo..hi."""

    def __init__(self, text: str) -> None:
        low, _, high = text.removeprefix("range:").partition("..")
        self.low, self.high = float(low), float(high)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and self.low <= other <= self.high

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


def expected(row: Row) -> Near | Within | float:
    """Return what a prediction of a row is held against; raises ``ValueError``."""
    value, judge = float(row["value"]), row["judge"]
    if judge.startswith("range:"):
        return Within(judge)
    if judge == "exact":
        return value
    if judge != "band":
        raise ValueError(f"{row['id']}: unknown judge {judge!r}")
    return Near(value, max(float(row["band"]) * value, float(row["abs_s"])))


def params_of(row: Row) -> dict[str, str]:
    """Return the parameters of a row: the first ``=`` separates."""
    pairs = (part.partition("=") for part in row["params"].split(";") if part)
    return {key.strip(): value for key, _, value in pairs}


def kind_of(row: Row) -> str | None:
    """Return the kind of a row, None for a table that is no test."""
    if "grpc_code" in row:
        return "measured_errors"
    if "gate" in row:
        return "papers"
    if "quantity" not in row:
        return None
    params = params_of(row)
    if "jobs" in params:
        return "measured_concurrent"
    return "measured_tags" if "step" in params else "measured_single"


def read_tables(folder: Path) -> Iterator[tuple[Path, str, Row]]:
    """Yield file, kind and row of every table in a folder."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            lines = [line for line in stream if not line.startswith("#")]
        for row in csv.DictReader(lines):
            kind = kind_of(row)
            if kind is not None:
                yield path, kind, row


def name_of(row: Row) -> str:
    """Return what tells a row from the others of its table."""
    return row.get("id") or f"{row['case']}, {row['runtime']}"
