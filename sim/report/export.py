"""Tables and the record as text: CSV, one a table, and one JSON object a row.

The bytes are those of ``DataFrame.to_csv`` and ``json.dumps``. Lines are put together
from whole columns, each text made fit for its place once: a large run has millions
of lines.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from io import StringIO
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.columns import Columns, Ints, texts
from sim.analysis.tables import Tables
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NAME_COLUMNS

PART = 4_000  # rows that are put together at a time: more would not fit the caches
_SPECIAL = re.compile(r'[,"\r\n]')


def save_tables(tables: Tables, folder: Path) -> None:
    """Write every table as ``NAME.csv`` into a new folder."""
    folder.mkdir(parents=True)
    for field in fields(tables):
        table: pd.DataFrame = getattr(tables, field.name)
        path = folder / f"{field.name}.csv"
        with path.open("wb") as stream:
            stream.write((",".join(map(_quoted, table.columns)) + "\n").encode())
            for start in range(0, len(table), PART):
                part = table.iloc[start : start + PART]
                cells = [_cells(part[column]) for column in part.columns]
                lines = map(",".join, zip(*cells, strict=True))
                stream.write(("\n".join(lines) + "\n").encode())


def _cells(column: "pd.Series[Any]") -> Iterable[str]:
    values = column.tolist()
    if column.dtype == "str":
        special = {v: _quoted(v) for v in set(values) if _SPECIAL.search(v)}
        return [special.get(v, v) for v in values] if special else values
    if column.hasnans:
        return ["" if value is pd.NA else str(value) for value in values]
    return map(str, values)


def _quoted(text: str) -> str:
    """Return a text as csv writes it between others."""
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow([text, ""])
    return line.getvalue()[:-2]


def save_jsonl(path: Path, log: EventLog) -> None:
    """Write one JSON object a row, in order; empty and zero columns are left out."""
    columns = Columns(log)
    names = [_Names(name, columns) for name in NAME_COLUMNS]
    kinds = np.full(256, "", dtype=object)
    for kind in Kind:
        kinds[kind] = f', "kind": "{kind.name}"'
    with path.open("wb") as stream:
        for start in range(0, len(log), PART):
            rows = np.arange(start, min(start + PART, len(log)))
            times_us = columns.numbers("time_us", rows).tolist()
            places = zip(rows.tolist(), times_us, strict=True)
            cells = [
                [f'{{"row": {row}, "time_us": {time_us}' for row, time_us in places],
                kinds[columns.kinds(rows)].tolist(),
                *(cell for name in names for cell in name.cells(rows)),
                *_numbers(columns, rows),
            ]
            lines = map("".join, zip(*cells, strict=True))
            stream.write(("}\n".join(lines) + "}\n").encode())


class _Names:
    """A column of names as members of JSON objects."""

    __slots__ = ("_columns", "_known", "_members", "_name")

    def __init__(self, name: str, columns: Columns) -> None:
        self._name = name
        self._columns = columns
        self._members = np.full(len(columns.names), "", dtype=object)
        self._known = np.zeros(len(columns.names), dtype=np.bool_)
        self._known[-1] = True

    def cells(self, rows: Ints) -> Iterator[list[str]]:
        """Yield the column's part of each row, unless no row has one."""
        numbers = self._columns.numbers(self._name, rows)
        if (numbers < 0).all():
            return
        new = np.unique(numbers[~self._known[numbers]])
        names = self._columns.names[new].tolist()
        self._members[new] = texts(
            [f', "{self._name}": {encode_basestring(name)}' for name in names]
        )
        self._known[new] = True
        yield self._members[numbers].tolist()


def _numbers(columns: Columns, rows: Ints) -> Iterator[list[str]]:
    """Yield the parts of the columns of numbers."""
    for name in ("amount", "span", "cause", "source"):
        values = columns.numbers(name, rows)
        there = np.flatnonzero(values >= 0 if name in ("cause", "source") else values)
        if len(there):
            cells = np.full(len(rows), "", dtype=object)
            head = f', "{name}": '
            cells[there] = [f"{head}{value}" for value in values[there].tolist()]
            yield cells.tolist()
