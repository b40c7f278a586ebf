"""The record of a run: append-only columns, interned names, links to causes.

Two links make explanation free. ``cause`` is the row that made this one happen;
``source`` is the row that decided its *content* (which push a name was resolved by,
which act left a node without a credential). Both point to earlier rows, which
``append`` asserts, so no explanation can invent.
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

from sim.record.cells import Cells, Numbers, narrowed
from sim.record.kinds import Kind
from sim.record.names import Names

NONE = -1
NAME_COLUMNS = (
    "node",
    "object",
    "pod",
    "container",
    "image",
    "digest",
    "reason",
    "text",
)
NUMBER_COLUMNS = ("amount", "span", "cause", "source")
TYPECODES = {
    "time_us": "q",
    "kind": "B",
    **dict.fromkeys(NAME_COLUMNS, "i"),
    **dict(zip(NUMBER_COLUMNS, "qqii", strict=True)),
}


class Row(NamedTuple):
    """One row, read back with its names; empty text and -1 mean "does not apply"."""

    row: int
    time_us: int
    kind: Kind
    node: str
    object: str
    pod: str
    container: str
    image: str
    digest: str
    reason: str
    text: str
    amount: int
    span: int
    cause: int
    source: int


# A row in memory while it waits. First what all rows have that are written of one pod
# at one moment, then what most rows of a container have besides.
_HEAD = {"time_us": "q", **dict.fromkeys(("node", "pod", "cause", "source"), "i")}
_MIDDLE = dict.fromkeys(("kind", "container", "image", "digest"), "i")
_REST = {
    **dict.fromkeys(("object", "reason", "text"), "i"),
    "": "4x",  # so that what follows is at a multiple of its size
    **dict.fromkeys(("amount", "span"), "q"),
}
_LAYOUT = {**_HEAD, **_MIDDLE, **_REST}


def _struct(layout: Mapping[str, str]) -> struct.Struct:
    return struct.Struct("=" + "".join(layout.values()))


_ROW, _TAIL = _struct(_LAYOUT), _struct({**_MIDDLE, **_REST})
_pack_into, _ROW_BYTES = _ROW.pack_into, _ROW.size
_pack_head, _pack_most_into = _struct(_HEAD).pack, _struct(_HEAD | _MIDDLE).pack_into
# where the cells of TYPECODES are in a row that waits
_PLACES = tuple([name for name in _LAYOUT if name].index(name) for name in TYPECODES)
_NAMES, _NUMBERS = slice(2, 2 + len(NAME_COLUMNS)), slice(2 + len(NAME_COLUMNS), None)
_KINDS = {kind.value: kind for kind in Kind}
# the same for numpy
_ROW_TYPE = [(name, f"={code}" if name else "V4") for name, code in _LAYOUT.items()]
STRETCH = 1 << 15  # rows that are kept together
BLOCK = 1 << 10  # rows for which room is made at a time
NEAR = 100  # rows: so near to the one before, a row is read in passing


class PodRow(NamedTuple):
    """What rows of one pod do not share; see ``EventLog.append_of_pod``."""

    kind: Kind
    container: int = NONE
    image: int = NONE
    digest: int = NONE
    reason: int = NONE
    text: int = NONE
    amount: int = 0

    def packed(self) -> bytes:
        """Return it as the record keeps it, which may be done once for many pods."""
        kind, container, image, digest, reason, text, amount = self
        return _TAIL.pack(kind, container, image, digest, NONE, reason, text, amount, 0)


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
        "_open",
        "_read",
        "_stored",
        "_waiting",
        "names",
    )

    def __init__(self, clock: Clocked | Callable[[], int]) -> None:
        self._clock: Clocked = _Called(clock) if callable(clock) else clock
        self.names = Names()
        self._held: WeakValueDictionary[str, array[int]] = WeakValueDictionary()
        # column -> its stretches; all but the last have the full length
        self._stored: dict[str, list[Cells]] = {name: [] for name in TYPECODES}
        self._waiting = bytearray(_UNWRITTEN)
        self._count = 0
        self._read = (-1, 0)  # the row that was read last
        self._open: tuple[int, list[array[int]]] = (-1, [])  # one written out

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, "array[int]"], names: list[str]
    ) -> "EventLog":
        """Return a finished log, as read from a file; nothing can be appended."""
        log = cls(_finished)
        log.names = Names(names)
        log._count = len(columns["kind"])
        log._waiting = bytearray()
        for name, column in columns.items():
            log._stored[name] = _in_stretches(name, column)
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
        _pack_into(
            self._waiting,
            row % STRETCH * _ROW_BYTES,
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
        _pack_most_into(
            self._waiting,
            row % STRETCH * _ROW_BYTES,
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
        head = _pack_head(self._clock.now, node, pod, cause, NONE)
        start, end = place * _ROW_BYTES, (place + len(rows)) * _ROW_BYTES
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
        rows = np.zeros(min(count, STRETCH), dtype=_ROW_TYPE)
        for name in TYPECODES:
            rows[name] = _usual(name)
        rows["kind"] = kind
        while at < count:
            place = self._count % STRETCH
            size = min(STRETCH - place, count - at)
            for name, column in given.items():
                rows[name][:size] = column[at : at + size]
            start = place * _ROW_BYTES
            self._waiting[start : start + size * _ROW_BYTES] = rows[:size].tobytes()
            at += size
            self._count += size
            self._make_room()
        return first

    def _make_room(self) -> None:
        """Have room for the next row, and for the rest of its block."""
        place = self._count % STRETCH
        if not place:
            self._store()
        more = (place // BLOCK + 1) * BLOCK * _ROW_BYTES - len(self._waiting)
        self._waiting += _UNWRITTEN[: max(0, more)]

    def _store(self) -> None:
        import numpy as np  # noqa: PLC0415 - see cells.Numbers

        rows = np.frombuffer(self._waiting, dtype=_ROW_TYPE)
        for name, stretches in self._stored.items():
            cells = np.ascontiguousarray(rows[name])
            stretches.append(narrowed(cells, _usual(name)))
        self._waiting = bytearray()

    def _waiting_cells(self, name: str, rows: int) -> "array[int]":
        code: Any = _LAYOUT[name]
        before = dict(takewhile(lambda other: other[0] != name, _LAYOUT.items()))
        place, size = _struct(before).size, struct.calcsize(code)
        with memoryview(self._waiting)[: rows * _ROW_BYTES] as some:
            cells: array[int] = array(code)
            cells.frombytes(
                some.cast(code)[place // size :: _ROW_BYTES // size].tobytes()
            )
        return cells

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
        stored = self._stored[name]
        column = _spread(TYPECODES[name], stored)
        waiting = self._count - len(column)
        if waiting:
            rows = self._waiting_cells(name, waiting)
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
        """Return the cells of a row, in the order of ``TYPECODES``.

        Whoever reads on from a row will read the rest of its stretch too.
        """
        if stretch == self._open[0]:
            return [column[at] for column in self._open[1]]
        stored = self._stored
        if stretch >= len(stored["kind"]):
            found = _ROW.unpack_from(self._waiting, at * _ROW_BYTES)
            return [found[place] for place in _PLACES]
        before, self._read = self._read, (stretch, at)
        if stretch != before[0] or not 0 < at - before[1] < NEAR:
            return [stretches[stretch][at] for stretches in stored.values()]
        columns = [
            _spread(TYPECODES[name], stretches[stretch : stretch + 1])
            for name, stretches in stored.items()
        ]
        self._open = (stretch, columns)
        return [column[at] for column in columns]

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


def _usual(name: str) -> int:
    return 0 if name in ("time_us", "kind", "amount", "span") else NONE


# A block of rows to which nothing applies yet.
_UNWRITTEN = _ROW.pack(*(_usual(name) for name in _LAYOUT if name)) * BLOCK


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
        narrowed(whole[start : start + STRETCH], _usual(name))
        for start in range(0, len(column), STRETCH)
    ]


def _finished() -> int:
    raise RuntimeError("a record that was read from a file is finished")
