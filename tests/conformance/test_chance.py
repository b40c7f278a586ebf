"""The statistics that judge runs of chance, held against known values."""

import pytest

from sim.cluster.streams import Streams
from tests.conformance.chance import fisher, kolmogorov_smirnov

EVEN = list(range(30))


@pytest.mark.parametrize(
    ("shift", "p_value"), [(0, 1.0), (6, 0.537), (15, 0.00062), (60, 0.0)]
)
def test_kolmogorov_smirnov_finds_a_shift(shift: int, p_value: float) -> None:
    """The farther one sample is moved, the less likely is one chance for both."""
    moved = [value + shift for value in EVEN]

    assert kolmogorov_smirnov(EVEN, moved) == pytest.approx(p_value, abs=1e-3)


def test_kolmogorov_smirnov_rejects_as_seldom_as_it_says() -> None:
    """Of 200 pairs of samples of one distribution about 5 % have p below 0.05."""
    draw = Streams(1).stream("test", "kolmogorov")
    p_values = [
        kolmogorov_smirnov([draw() for _ in range(200)], [draw() for _ in range(30)])
        for _ in range(200)
    ]

    assert sum(p < 0.05 for p in p_values) <= 20
    assert min(p_values) > 0.0001


def test_equal_constants_are_alike_and_others_are_not() -> None:
    """Ties are compared as steps of the distribution."""
    assert kolmogorov_smirnov([401.0] * 200, [401.0] * 30) == 1.0
    assert kolmogorov_smirnov([401.0] * 200, [403.0] * 30) < 1e-9


@pytest.mark.parametrize(
    ("counts", "p_value"),
    [
        ((3, 4, 1, 4), 0.4857),  # the lady tasting tea
        ((1, 10, 11, 14), 0.002759),
        ((200, 200, 30, 30), 1.0),
        ((0, 200, 30, 30), 0.0),
    ],
)
def test_fisher(counts: tuple[int, int, int, int], p_value: float) -> None:
    """Textbook values, and both ends."""
    assert fisher(*counts) == pytest.approx(p_value, abs=1e-4)
