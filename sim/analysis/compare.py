"""Variants side by side: the same questions asked of every run."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from unicodedata import east_asian_width

import pandas as pd

from sim.analysis.catalogue import say, shown
from sim.analysis.expectations import all_ready_at
from sim.analysis.tables import (
    Tables,
    builds_at,
    mixed_intervals,
    owners,
    waiting_at,
)
from sim.units import SECOND, format_size, format_time

# With more workloads, what never happened to any is left out.
FEW = 3
_NOTHING = ("–", format_time(0))

LASTING_US = 5 * SECOND
VariantTables = tuple[str, Tables, dict[str, Any]]


def compare(variants: Sequence[VariantTables], language: str = "en") -> pd.DataFrame:
    """Return a table: a row for each figure, a column for each variant."""
    columns = {
        name: _figures(tables, int(meta["until_us"]), language)
        for name, tables, meta in variants
    }
    table = pd.DataFrame(columns).fillna("")
    if max((len(owners(tables)) for _, tables, _ in variants), default=0) > FEW:
        table = table[~table.isin(_NOTHING).all(axis="columns")]
    return table


def _figures(tables: Tables, until: int, language: str) -> dict[str, str]:
    figures: dict[str, str] = {}
    names = owners(tables)
    for owner in names:
        prefix = f"{shown(owner)}: " if len(names) > 1 else ""
        figures |= {
            prefix + say(language, f"compare_{key}"): value
            for key, value in _of_workload(tables, owner, until, language).items()
        }
    for key, value in _of_run(tables).items():
        figures[say(language, f"compare_{key}")] = value
    return figures


def _of_workload(
    tables: Tables, owner: str, until: int, language: str
) -> dict[str, str]:
    mixed = sum(end - start for start, end in mixed_intervals(tables, owner, until))
    ready = all_ready_at(tables, owner)
    never = say(language, "compare_never")
    return {
        "builds": _counts(builds_at(tables, owner, until)),
        "mixed": format_time(mixed),
        "waiting": _counts(waiting_at(tables, owner, until)),
        "ready": never if ready is None else format_time(ready),
    }


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "–"


def _of_run(tables: Tables) -> dict[str, str]:
    pulls = tables.pulls
    return {
        "pulls": str(len(pulls)),
        "failed": str(int((pulls["outcome"] == "failed").sum())),
        "back_offs": str(len(tables.back_offs)),
        "requests": str(len(tables.requests)),
        "bytes": format_size(int(tables.requests["bytes"].sum())),
    }


def first_difference(
    one: VariantTables, other: VariantTables, *, lasting_us: int = LASTING_US
) -> int | None:
    """Return from when two runs have other pods in service for some time, or None.

    A difference of less than ``lasting_us`` is one of pace: the same step came a
    little earlier or later.
    """
    until = min(int(one[2]["until_us"]), int(other[2]["until_us"]))
    changes = [(t, 0, key, n) for t, key, n in _changes(one[1])]
    changes += [(t, 1, key, n) for t, key, n in _changes(other[1])]
    counts: tuple[dict[Any, int], dict[Any, int]] = ({}, {})
    since: int | None = None
    for time_us, together in groupby(sorted(changes), key=itemgetter(0)):
        if since is not None and time_us - since >= lasting_us:
            return since
        for _, side, key, pods in together:
            counts[side][key] = pods
            if not pods:
                del counts[side][key]
        if counts[0] == counts[1]:
            since = None
        elif since is None:
            since = time_us
    return since if since is not None and until - since >= lasting_us else None


def _changes(tables: Tables) -> Iterator[tuple[int, tuple[str, str], int]]:
    for step in tables.builds_in_service.to_dict("records"):
        yield int(step["time_us"]), (step["owner"], step["build"]), int(step["pods"])


def format_table(table: pd.DataFrame) -> str:
    """Return a comparison as plain text, columns aligned."""
    header = ["", *[str(column) for column in table.columns]]
    rows = [[str(index), *map(str, values)] for index, *values in table.itertuples()]
    grid = [header, *rows]
    widths = [max(_width(row[n]) for row in grid) for n in range(len(header))]
    return "\n".join(
        "  ".join(_padded(c, w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in grid
    )


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: Hangul takes two a letter."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
