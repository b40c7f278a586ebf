"""What a record has stored: its columns in stretches of rows, narrowly."""

from array import array
from collections.abc import Mapping, Sequence

from sim.record.cells import Cells, Numbers, narrowed
from sim.record.rows import TYPECODES, usual

STRETCH = 1 << 15  # rows that are kept together
NEAR = 100  # rows: so near to the one before, a row is read in passing


class Stretches:
    """The stored rows of one record; all stretches but the last are of full length."""

    __slots__ = ("_columns", "_open", "_read")

    def __init__(self) -> None:
        self._columns: dict[str, list[Cells]] = {name: [] for name in TYPECODES}
        self._read = (-1, 0)  # the row that was read last
        self._open: tuple[int, list[array[int]]] = (-1, [])  # one written out

    @classmethod
    def of(cls, columns: Mapping[str, "array[int]"]) -> "Stretches":
        """Store whole columns."""
        stretches = cls()
        for name, column in columns.items():
            stretches._columns[name] = _in_stretches(name, column)
        return stretches

    def store(self, rows: Numbers) -> None:
        """Store one more stretch of rows, which have a field for each column."""
        import numpy as np  # noqa: PLC0415 - see cells.Numbers

        for name, stretches in self._columns.items():
            cells = np.ascontiguousarray(rows[name])
            stretches.append(narrowed(cells, usual(name)))

    def __len__(self) -> int:
        return len(self._columns["kind"])

    def column(self, name: str) -> "array[int]":
        """Return what is stored of a column."""
        return _spread(TYPECODES[name], self._columns[name])

    def cells(self, stretch: int, at: int) -> Sequence[int]:
        """Return the cells of a row, in the order of ``TYPECODES``.

        Whoever reads on from a row will read the rest of its stretch too.
        """
        if stretch == self._open[0]:
            return [column[at] for column in self._open[1]]
        before, self._read = self._read, (stretch, at)
        if stretch != before[0] or not 0 < at - before[1] < NEAR:
            return [stored[stretch][at] for stored in self._columns.values()]
        columns = [
            _spread(TYPECODES[name], stored[stretch : stretch + 1])
            for name, stored in self._columns.items()
        ]
        self._open = (stretch, columns)
        return [column[at] for column in columns]


def _spread(code: str, stored: list[Cells]) -> "array[int]":
    """Write stretches out as one column of a type."""
    if len(stored) == 1 and stored[0].size < STRETCH:
        return array(code, stored[0])
    size = sum(map(len, stored))
    column = array(code, bytes(array(code).itemsize * size))
    at = 0
    for cells in stored:
        cells.write(_as_numbers(column)[at : at + cells.size])
        at += cells.size
    return column


def _as_numbers(column: "array[int]") -> Numbers:
    """Look at a column with numpy: the same memory."""
    import numpy as np  # noqa: PLC0415 - see cells.Numbers

    return np.frombuffer(column, dtype=column.typecode)


def _in_stretches(name: str, column: "array[int]") -> list[Cells]:
    """Keep a whole column; one that is short stays as it is."""
    if len(column) < STRETCH:
        return [Cells(len(column), column)]
    whole = _as_numbers(column)
    return [
        narrowed(whole[start : start + STRETCH], usual(name))
        for start in range(0, len(column), STRETCH)
    ]
