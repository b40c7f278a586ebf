"""The cells of one column in a stretch of a record, as narrow as their values allow.

Most columns of most rows say "does not apply", and numbers of neighbouring rows are
near each other: so cells are kept as differences to the lowest of them, in the
narrowest type that holds these; where few differ from the usual value, only those few
are kept, with their places.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

Numbers = Any
"""An array of numpy, which is imported by those runs that are long enough for it."""

PLACES = "H"  # places in a stretch are numbers below 65,536
_PLACE_BYTES = 2
_WIDTHS = ((1 << 8, "B"), (1 << 16, "H"), (1 << 32, "I"))


class Cells:
    """Some cells: ``base`` plus a value each, or ``usual`` but at ``places``."""

    __slots__ = ("base", "places", "size", "usual", "values")

    def __init__(
        self,
        size: int,
        values: "array[int]",
        *,
        base: int = 0,
        usual: int = 0,
        places: "array[int] | None" = None,
    ) -> None:
        self.size = size
        self.values = values
        self.base = base
        self.usual = usual
        self.places = places

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: int) -> int:
        if self.places is not None:
            found = bisect_left(self.places, at)
            if found == len(self.places) or self.places[found] != at:
                return self.usual
            at = found
        return self.base + self.values[at]

    def __iter__(self) -> Iterator[int]:
        return (self[at] for at in range(self.size))

    @property
    def nbytes(self) -> int:
        """How many bytes the values and their places take."""
        places = 0 if self.places is None else _PLACE_BYTES * len(self.places)
        return places + self.values.itemsize * len(self.values)

    def write(self, out: Numbers) -> None:
        """Write the cells out as wide as ``out`` is."""
        import numpy as np  # noqa: PLC0415 - see Numbers

        values = np.frombuffer(self.values, dtype=self.values.typecode)
        if self.places is None:
            out[:] = values
            out += self.base
        else:
            out[:] = self.usual
            wide = values.astype(out.dtype) + self.base
            out[np.frombuffer(self.places, dtype=PLACES)] = wide


def narrowed(cells: Numbers, usual: int) -> Cells:
    """Keep cells, fewer than 65,537, as narrowly as may be."""
    import numpy as np  # noqa: PLC0415 - see Numbers

    size = len(cells)
    unusual = cells != usual
    few = np.count_nonzero(unusual)
    if not few:
        return Cells(size, array("B"), usual=usual, places=array(PLACES))
    code, base = _narrowest(cells)
    all_bytes = size * array(code).itemsize
    if few * (_PLACE_BYTES + 1) >= all_bytes:  # however narrow these few are
        return Cells(size, _packed(cells, base, code), base=base)
    places = np.flatnonzero(unusual)
    few_code, few_base = _narrowest(cells[places])
    if few * (_PLACE_BYTES + array(few_code).itemsize) >= all_bytes:
        return Cells(size, _packed(cells, base, code), base=base)
    return Cells(
        size,
        _packed(cells[places], few_base, few_code),
        base=few_base,
        usual=usual,
        places=_packed(places, 0, PLACES),
    )


def _narrowest(cells: Numbers) -> tuple[str, int]:
    """Return the type for differences to a base, and the base."""
    low, high = int(cells.min()), int(cells.max())
    for limit, code in _WIDTHS:
        if high - low < limit:
            return code, low
    return "q", 0


def _packed(cells: Numbers, base: int, code: str) -> "array[int]":
    packed: array[int] = array(code)
    packed.frombytes((cells - base).astype(code).tobytes())
    return packed
