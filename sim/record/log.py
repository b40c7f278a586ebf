"""The record of a run: append-only columns, interned names, links to causes.

Two links make explanation free. ``cause`` is the row that made this one happen;
``source`` is the row that decided its *content* (which push a name was resolved by,
which act left a node without a credential). Both point to earlier rows, which
``append`` asserts, so no explanation can invent.
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from sim.record.kinds import Kind

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


class Names:
    """Text to number and back; numbers count up in order of first use."""

    __slots__ = ("_ids", "texts")

    def __init__(self, texts: list[str] | None = None) -> None:
        self.texts = texts or []
        self._ids = {text: number for number, text in enumerate(self.texts)}

    def id(self, text: str) -> int:
        """Return the number of a text, giving it one if it is new; "" is -1."""
        if not text:
            return NONE
        number = self._ids.get(text)
        if number is None:
            number = self._ids[text] = len(self.texts)
            self.texts.append(text)
        return number

    def find(self, text: str) -> int | None:
        """Return the number of a known text, or None."""
        return self._ids.get(text)

    def text(self, number: int) -> str:
        """Return the text of a number; -1 is ""."""
        return self.texts[number] if number >= 0 else ""


_LAYOUT: dict[
    str, Literal["q", "i"]
] = {  # a row in memory while it waits: as TYPECODES, the widest first
    **dict.fromkeys(("time_us", "amount", "span"), "q"),
    **dict.fromkeys((*NAME_COLUMNS, "cause", "source", "kind"), "i"),
}
_ROW = struct.Struct("=" + "".join(_LAYOUT.values()) + "4x")  # whole eights
_WAITING_BYTES = 4096 * _ROW.size


class EventLog:
    """Columns of one run. Times never go back; a link always points backwards.

    A row is packed when it is appended, which costs one call; ``columns`` puts the
    rows that wait where they belong.
    """

    __slots__ = ("_columns", "_count", "_now", "_waiting", "names")

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.names = Names()
        self._columns = {name: array(code) for name, code in TYPECODES.items()}
        self._waiting = bytearray()
        self._count = 0

    @property
    def columns(self) -> dict[str, array]:  # type: ignore[type-arg]
        """The columns by name; those of a run that goes on may grow."""
        if self._waiting:
            self._store()
        return self._columns

    def _store(self) -> None:
        with memoryview(bytes(self._waiting)) as rows:
            self._waiting.clear()
            offset = 0
            for name, code in _LAYOUT.items():
                size = struct.calcsize(code)
                cells = rows.cast(code)[offset // size :: _ROW.size // size]
                column = self._columns[name]
                if column.typecode == code:
                    column.frombytes(cells.tobytes())
                else:
                    column.extend(cells)
                offset += size

    @classmethod
    def from_columns(cls, columns: dict[str, array], names: list[str]) -> "EventLog":  # type: ignore[type-arg]
        """Return a finished log, as read from a file; nothing can be appended."""
        log = cls(now=_finished)
        log.names = Names(names)
        log._columns = columns
        log._count = len(columns["kind"])
        return log

    def until(self, time_us: int) -> "EventLog":
        """Return the record as it was at a moment; nothing can be appended."""
        end = bisect_right(self.columns["time_us"], time_us)
        columns = {name: column[:end] for name, column in self.columns.items()}
        return EventLog.from_columns(columns, self.names.texts)

    def append(
        self,
        kind: Kind,
        *,
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

        Names are numbers from ``names.id``. ``cause`` and ``source`` are rows.
        """
        row = self._count
        assert cause < row, "a cause precedes its effect"  # noqa: S101
        assert source < row, "a source precedes what it decided"  # noqa: S101
        self._waiting += _ROW.pack(
            self._now(),
            amount,
            span,
            node,
            object,
            pod,
            container,
            image,
            digest,
            reason,
            text,
            cause,
            source,
            kind,
        )
        self._count = row + 1
        if len(self._waiting) >= _WAITING_BYTES:
            self._store()
        return row

    def extend(self, kind: Kind, count: int, columns: Mapping[str, bytes]) -> int:
        """Write rows of one kind; return the number of the first.

        ``columns`` are arrays of ``TYPECODES`` as bytes, ``time_us`` among them, by
        time and not before the last row; the others are filled as by ``append``.
        """
        first, self._count = self._count, self._count + count
        for name, column in self.columns.items():
            if name in columns:
                column.frombytes(columns[name])
            elif name == "kind":
                column.extend(array(column.typecode, [kind]) * count)
            else:
                value = 0 if name in ("amount", "span") else NONE
                column.extend(array(column.typecode, [value]) * count)
        return first

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> Row:
        columns, text = self.columns, self.names.text
        names = [text(columns[name][row]) for name in NAME_COLUMNS]
        head = (row, columns["time_us"][row], Kind(columns["kind"][row]))
        numbers = (columns[name][row] for name in NUMBER_COLUMNS)
        return Row._make((*head, *names, *numbers))

    def rows(self, *kinds: Kind, **names: str) -> Iterator[Row]:
        """Yield rows of these kinds (none = all) whose columns have these names."""
        wanted = {name: self.names.find(text) for name, text in names.items()}
        kind_column = self.columns["kind"]
        for row in range(len(self)):
            if kinds and kind_column[row] not in kinds:
                continue
            if all(self.columns[name][row] == n for name, n in wanted.items()):
                yield self[row]


def _finished() -> int:
    raise RuntimeError("a record that was read from a file is finished")
