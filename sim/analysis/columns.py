"""The columns of a record as arrays of numpy: what tables are made of.

A large record has millions of rows. Reading one as a ``Row`` costs microseconds, so
tables are made of whole columns: of the rows of some kinds, selected at once. A view
lasts as long as it is held, and meanwhile a live record cannot grow.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, Row

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


class Columns:
    """One record's columns; rows are given as arrays of their numbers."""

    __slots__ = ("__dict__", "_columns", "log")

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self._columns = {
            name: np.asarray(column) for name, column in log.columns.items()
        }

    def rows(self, *kinds: Kind) -> Ints:
        """Return the numbers of the rows of these kinds, in order."""
        wanted = np.zeros(256, dtype=np.bool_)
        wanted[list(kinds)] = True
        return np.flatnonzero(wanted[self._columns["kind"]])

    def all(self, column: str) -> Ints:
        """Return a whole column."""
        return self._columns[column]

    def kinds(self, rows: Ints) -> NDArray[np.uint8]:
        """Return the kinds of rows."""
        return self._columns["kind"][rows]

    def numbers(self, column: str, rows: Ints) -> Ints:
        """Return a column of rows as numbers; of names, those that stand for them."""
        return self._columns[column][rows].astype(np.int64)

    @cached_property
    def names(self) -> Texts:
        """All names by number; the last one is empty, which is what -1 means."""
        return texts([*self.log.names.texts, ""])

    @cached_property
    def all_names(self) -> pd.api.extensions.ExtensionArray:
        """All names as what a table's column is made of."""
        return pd.array(self.names, dtype="str")

    def pairs(self, first: str, second: str, rows: Ints) -> Ints:
        """Return one number for each pair of names that rows have."""
        return self._paired(self.numbers(first, rows), self.numbers(second, rows))

    def pairs_of(self, first: Iterable[str], second: Iterable[str]) -> Ints:
        """Return the same for pairs of names in words."""
        return self._paired(self.find_all(first), self.find_all(second))

    def _paired(self, first: Ints, second: Ints) -> Ints:
        paired: Ints = (first + 1) * (len(self.log.names.texts) + 1) + second + 1
        return paired

    def texts(self, column: str, rows: Ints) -> Texts:
        """Return a column of names in words."""
        found: Texts = self.names[self._columns[column][rows]]
        return found

    def said(self, numbers: Ints) -> pd.api.extensions.ExtensionArray:
        """Return names as a column of a table."""
        return self.all_names.take(numbers)

    def find(self, text: str) -> int:
        """Return the number of a name; of one that is not there, one that none has."""
        if not text:
            return NONE
        known = self.log.names.find(text)
        return NONE - 1 if known is None else known

    def find_all(self, known: Iterable[str]) -> Ints:
        """Return the numbers of names."""
        return np.array([self.find(text) for text in known], dtype=np.int64)

    def mapped(self, numbers: Ints, function: Callable[[str], Any]) -> Texts:
        """Return what a function makes of each name, called once for each."""
        used = np.zeros(len(self.names), dtype=np.bool_)
        used[numbers] = True
        made = np.empty(len(self.names), dtype=object)
        where = np.flatnonzero(used)
        made[where] = texts([function(name) for name in self.names[where].tolist()])
        found: Texts = made[numbers]
        return found


def texts(values: list[Any]) -> Texts:
    """Return a list as an array of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def column_of(values: Texts) -> pd.api.extensions.ExtensionArray:
    """Return texts as a column of a table."""
    return pd.array(values, dtype="str")


def times(values: Ints, missing: Flags | None = None) -> pd.arrays.IntegerArray:
    """Return times as a column of a table, which may have holes."""
    none = np.zeros(len(values), dtype=np.bool_) if missing is None else missing
    return pd.arrays.IntegerArray(values.astype(np.int64), none)


def steps_back(columns: Columns, rows: Ints) -> Iterator[Ints]:
    """Yield rows, then those that they go back to, and so on; -1 where a walk is over.

    Each goes the way of ``chain``.
    """
    while (rows >= 0).any():
        yield rows
        source = columns.numbers("source", rows)
        follows = np.where(source >= 0, source, columns.numbers("cause", rows))
        rows = np.where(rows >= 0, follows, NONE)


def last_before(keys: Ints, rows: Ints, among_keys: Ints, among_rows: Ints) -> Ints:
    """Return, for each key and row, the last of some rows of that key up to it.

    The answer is a place in ``among_rows``, or -1 where there is none.
    """
    count = len(among_rows)
    all_keys = np.concatenate([among_keys, keys])
    order = np.lexsort((np.concatenate([among_rows, rows]), all_keys))
    here = np.arange(len(order))
    last = np.maximum.accumulate(np.where(order < count, here, NONE))
    found = order[last]
    found[(last < 0) | (all_keys[found] != all_keys[order])] = NONE
    places = np.empty(len(order), dtype=np.int64)
    places[order] = found
    return places[count:]


def rows_of(log: EventLog, *kinds: Kind, **names: str) -> Iterator[Row]:
    """Yield the rows of these kinds whose columns have these names.

    The same as ``log.rows``, for a log of millions of rows of which few are meant.
    """
    columns = Columns(log)
    rows = columns.rows(*kinds)
    for name, text in names.items():
        rows = rows[columns.numbers(name, rows) == columns.find(text)]
    return (log[number] for number in rows.tolist())
