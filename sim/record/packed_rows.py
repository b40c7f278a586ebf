"""A row in memory while it waits to be stored: packed, at a fixed size."""

import struct
from array import array
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from sim.record.kinds import Kind
from sim.record.rows import NONE, TYPECODES, usual

# First what all rows have that are written of one pod at one moment, then what most
# rows of a container have besides.
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
pack_into, ROW_BYTES = _ROW.pack_into, _ROW.size
pack_head, pack_most_into = _struct(_HEAD).pack, _struct(_HEAD | _MIDDLE).pack_into
# the same for numpy
ROW_TYPE = [(name, f"={code}" if name else "V4") for name, code in _LAYOUT.items()]
# where the cells of TYPECODES are
_PLACES = tuple([name for name in _LAYOUT if name].index(name) for name in TYPECODES)
# A row to which nothing applies yet.
UNWRITTEN = _ROW.pack(*(usual(name) for name in _LAYOUT if name))


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


def cells_of(waiting: bytearray, row: int) -> Sequence[int]:
    """Return the cells of a row that waits, in the order of ``TYPECODES``."""
    found = _ROW.unpack_from(waiting, row * ROW_BYTES)
    return [found[place] for place in _PLACES]


def column_of(waiting: bytearray, name: str, rows: int) -> "array[int]":
    """Return the cells that the first rows have in a column."""
    code: Any = _LAYOUT[name]
    before = dict(takewhile(lambda other: other[0] != name, _LAYOUT.items()))
    place, size = _struct(before).size, struct.calcsize(code)
    with memoryview(waiting)[: rows * ROW_BYTES] as some:
        cells: array[int] = array(code)
        cells.frombytes(some.cast(code)[place // size :: ROW_BYTES // size].tobytes())
    return cells
