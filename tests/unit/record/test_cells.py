"""Cells are kept narrowly and read as they were."""

import numpy as np
import pytest

from sim.record.cells import narrowed

MANY = 1000
NEAR = list(range(5, 5 + MANY))


@pytest.mark.parametrize(
    ("values", "nbytes"),
    [
        ([-1] * MANY, 0),
        ([7] * MANY, MANY),
        ([n % 250 for n in range(MANY)], MANY),
        (NEAR, 2 * MANY),
        ([n * 1000 for n in range(MANY)], 4 * MANY),
        ([n * 2**40 - 2**45 for n in range(MANY)], 8 * MANY),
        ([-1] * (MANY - 2) + [3, 2**40], 2 * (2 + 8)),
        ([-1, 9, -1, 300_000] * (MANY // 4), 4 * MANY // 4 + 4 * MANY // 2),
    ],
)
def test_cells_read_as_they_were_and_are_narrow(values: list[int], nbytes: int) -> None:
    """One by one, all in turn, and written out whole; few bytes for small ranges."""
    cells = narrowed(np.array(values, dtype="q"), usual=-1)

    out = np.empty(len(values), dtype="q")
    cells.write(out)

    assert list(cells) == values
    assert out.tolist() == values
    assert cells.nbytes == nbytes


def test_a_column_of_32_bits_may_use_all_of_them() -> None:
    """Differences wrap around and come back."""
    values = [-(2**31), 2**31 - 1, -1, 0]
    cells = narrowed(np.array(values, dtype="i"), usual=-1)

    out = np.empty(len(values), dtype="i")
    cells.write(out)

    assert list(cells) == out.tolist() == values
