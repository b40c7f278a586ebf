"""Draws by number: known values, and no order."""

import numpy as np
import pytest

from sim.cluster.numbered_draws import GOLDEN_GAMMA, MASK, STEP, numbered_draw
from sim.cluster.storm.looks import mixed


@pytest.mark.parametrize(
    ("number", "bits"),
    [(1, 0xE220A8397B1DCDAF), (2, 0x6E789E6AA1B965F4), (3, 0x06C45D188009454F)],
)
def test_draws_are_those_of_splitmix64(number: int, bits: int) -> None:
    """The published sequence of the seed 0."""
    assert numbered_draw(0, number) == (bits >> 11) * STEP


def test_arrays_give_the_same_draws() -> None:
    """Whatever the key, and where the state does not fit into 64 bits."""
    keys = [0, 1, 2**63, MASK, 0x123456789ABCDEF]
    numbers = [0, 1, 7, 10**6]
    plain = [numbered_draw(key, number) for key in keys for number in numbers]
    states = np.array(
        [(key + n * GOLDEN_GAMMA) & MASK for key in keys for n in numbers], np.uint64
    )

    drawn = (mixed(states) >> np.uint64(11)) * STEP

    assert drawn.tolist() == plain
    assert all(0 <= one < 1 for one in plain)
