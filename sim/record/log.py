"""The record of a run: append-only columns, interned names, links to causes.

Two links make explanation free. ``cause`` is the row that made this one happen;
``source`` is the row that decided its *content* (which push a name was resolved by,
which act left a node without a credential). Both point to earlier rows, which
``append`` asserts, so no explanation can invent.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

from sim.record.kinds import Kind
from sim.record.names import Names
from sim.record.packed_rows import (
    ROW_BYTES,
    ROW_TYPE,
    UNWRITTEN,
    cells_of,
    column_of,
    pack_head,
    pack_into,
    pack_most_into,
)
from sim.record.rows import NAME_COLUMNS, NONE, TYPECODES, Row, usual
from sim.record.stretches import STRETCH, Stretches

BLOCK = 1 << 10  # rows for which room is made at a time
_EMPTY = UNWRITTEN * BLOCK
_NAMES, _NUMBERS = slice(2, 2 + len(NAME_COLUMNS)), slice(2 + len(NAME_COLUMNS), None)
_KINDS = {kind.value: kind for kind in Kind}


class Clocked(Protocol):
    """Something with a time, in microseconds."""

    @property
    def now(self) -> int:
        """The current time."""


class _Called:
    """A clock that is a call."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[], int]) -> None:
        self._call = call

    @property
    def now(self) -> int:
        """The current time."""
        return self._call()


class Columns(Mapping[str, "array[int]"]):
    """The whole columns of a record, by name.

    One is put together when it is asked for, and again unless somebody still holds
    it: whoever reads many cells keeps it meanwhile.
    """

    __slots__ = ("_log",)

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def __getitem__(self, name: str) -> "array[int]":
        return self._log.column(name)

    def __iter__(self) -> Iterator[str]:
        return iter(TYPECODES)

    def __len__(self) -> int:
        return len(TYPECODES)


class EventLog:
    """Columns of one run. Times never go back; a link always points backwards.

    ``clock`` has the time in ``now``, or is a call that returns it. A row is packed
    when it is appended, which costs one call. Whenever thousands wait they are put
    into their columns, as narrowly as their numbers allow; ``columns`` puts these
    together again.
    """

    __slots__ = (
        "_clock",
        "_count",
        "_held",
        "_stored",
        "_waiting",
        "names",
    )

    def __init__(self, clock: Clocked | Callable[[], int]) -> None:
        self._clock: Clocked = _Called(clock) if callable(clock) else clock
        self.names = Names()
        self._held: WeakValueDictionary[str, array[int]] = WeakValueDictionary()
        self._stored = Stretches()
        self._waiting = bytearray(_EMPTY)
        self._count = 0

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, "array[int]"], names: list[str]
    ) -> "EventLog":
        """Return a finished log, as read from a file; nothing can be appended."""
        log = cls(_finished)
        log.names = Names(names)
        log._count = len(columns["kind"])
        log._waiting = bytearray()
        log._stored = Stretches.of(columns)
        return log

    def until(self, time_us: int) -> "EventLog":
        """Return the record as it was at a moment; nothing can be appended."""
        end = bisect_right(self.columns["time_us"], time_us)
        columns = {name: column[:end] for name, column in self.columns.items()}
        return EventLog.from_columns(columns, self.names.texts)

    def append(
        self,
        kind: Kind,
        node: int = NONE,
        object: int = NONE,  # noqa: A002 - the column's name
        pod: int = NONE,
        container: int = NONE,
        image: int = NONE,
        digest: int = NONE,
        reason: int = NONE,
        text: int = NONE,
        amount: int = 0,
        span: int = 0,
        cause: int = NONE,
        source: int = NONE,
    ) -> int:
        """Write one row now and return its number.

        Names are numbers from ``names.id``. ``cause`` and ``source`` are rows. All
        but the kind are named by callers; Python finds their defaults faster where
        they need not be.
        """
        row = self._count
        assert cause < row > source, "causes and sources precede"  # noqa: S101
        pack_into(
            self._waiting,
            row % STRETCH * ROW_BYTES,
            self._clock.now,
            node,
            pod,
            cause,
            source,
            kind,
            container,
            image,
            digest,
            object,
            reason,
            text,
            amount,
            span,
        )
        self._count = count = row + 1
        if not count % BLOCK:
            self._make_room()
        return row

    def append_of_container(
        self,
        kind: Kind,
        node: int,
        pod: int,
        container: int,
        image: int,
        digest: int,
        cause: int,
        source: int,
    ) -> int:
        """Write one row as ``append`` does; the other columns do not apply.

        These are the rows that a run has most of: it takes two thirds of the time.
        """
        row = self._count
        assert cause < row > source, "causes and sources precede"  # noqa: S101
        pack_most_into(
            self._waiting,
            row % STRETCH * ROW_BYTES,
            self._clock.now,
            node,
            pod,
            cause,
            source,
            kind,
            container,
            image,
            digest,
        )
        self._count = count = row + 1
        if not count % BLOCK:
            self._make_room()
        return row

    def append_of_pod(
        self, rows: Sequence[bytes], node: int, pod: int, cause: int
    ) -> int:
        """Write rows of one pod, all with one cause; return the number of the last.

        ``rows`` are packed, see ``PodRow``; at least one is given. They are written
        at once: it costs less than two calls of ``append``.
        """
        place, room = self._count % STRETCH, BLOCK - self._count % BLOCK
        if len(rows) > room:
            self.append_of_pod(rows[:room], node, pod, cause)
            return self.append_of_pod(rows[room:], node, pod, cause)
        assert cause < self._count, "a cause precedes its effect"  # noqa: S101
        head = pack_head(self._clock.now, node, pod, cause, NONE)
        start, end = place * ROW_BYTES, (place + len(rows)) * ROW_BYTES
        self._waiting[start:end] = head + head.join(rows)
        self._count = count = self._count + len(rows)
        if not count % BLOCK:
            self._make_room()
        return count - 1

    def extend(self, kind: Kind, count: int, columns: Mapping[str, bytes]) -> int:
        """Write rows of one kind; return the number of the first.

        ``columns`` are arrays of ``TYPECODES`` as bytes, ``time_us`` among them, by
        time and not before the last row; the others are filled as by ``append``.
        """
        import numpy as np  # noqa: PLC0415 - see cells.Numbers

        first, at = self._count, 0
        given = {
            name: np.frombuffer(column, dtype=TYPECODES[name])
            for name, column in columns.items()
        }
        rows = np.zeros(min(count, STRETCH), dtype=ROW_TYPE)
        for name in TYPECODES:
            rows[name] = usual(name)
        rows["kind"] = kind
        while at < count:
            place = self._count % STRETCH
            size = min(STRETCH - place, count - at)
            for name, column in given.items():
                rows[name][:size] = column[at : at + size]
            start = place * ROW_BYTES
            self._waiting[start : start + size * ROW_BYTES] = rows[:size].tobytes()
            at += size
            self._count += size
            self._make_room()
        return first

    def _make_room(self) -> None:
        """Have room for the next row, and for the rest of its block."""
        place = self._count % STRETCH
        if not place:
            self._store()
        more = (place // BLOCK + 1) * BLOCK * ROW_BYTES - len(self._waiting)
        self._waiting += _EMPTY[: max(0, more)]

    def _store(self) -> None:
        import numpy as np  # noqa: PLC0415 - see cells.Numbers

        self._stored.store(np.frombuffer(self._waiting, dtype=ROW_TYPE))
        self._waiting = bytearray()

    # --- reading ---

    @property
    def columns(self) -> Columns:
        """The columns by name."""
        return Columns(self)

    def column(self, name: str) -> "array[int]":
        """Return a whole column; somebody may hold it already."""
        column = self._held.get(name)
        if column is None or len(column) != self._count:
            column = self._held[name] = self._together(name)
        return column

    def _together(self, name: str) -> "array[int]":
        column = self._stored.column(name)
        waiting = self._count - len(column)
        if waiting:
            rows = column_of(self._waiting, name, waiting)
            column.extend(rows if rows.typecode == column.typecode else rows.tolist())
        return column

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> Row:
        if not 0 <= row < self._count:
            raise IndexError(row)
        cells, text = self._cells(*divmod(row, STRETCH)), self.names.text
        names = map(text, cells[_NAMES])
        return Row(row, cells[0], _KINDS[cells[1]], *names, *cells[_NUMBERS])  # type: ignore[arg-type]

    def _cells(self, stretch: int, at: int) -> Sequence[int]:
        if stretch < len(self._stored):
            return self._stored.cells(stretch, at)
        return cells_of(self._waiting, at)

    def rows(self, *kinds: Kind, **names: str) -> Iterator[Row]:
        """Yield rows of these kinds (none = all) whose columns have these names."""
        wanted = {name: self.names.find(text) for name, text in names.items()}
        if None in wanted.values():
            return
        columns = [(self.column(name), number) for name, number in wanted.items()]
        for row, kind in enumerate(self.column("kind")):
            if kinds and kind not in kinds:
                continue
            if all(column[row] == number for column, number in columns):
                yield self[row]


def _finished() -> int:
    raise RuntimeError("a record that was read from a file is finished")
