"""Whether two samples may come from the same chance: plain statistics for tests.

Both tests are two-sided and return the probability that samples of one distribution
differ by at least as much as these do.
"""

from bisect import bisect_right
from collections.abc import Sequence
from math import comb, exp, sqrt

TERMS = 100
ALIKE = 0.2  # below this the series of the limit distribution is 1 to ten digits


def kolmogorov_smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the p-value of the two-sample Kolmogorov-Smirnov test.

    The limit distribution is used, with Stephens' correction for small samples; ties
    make it err on the side of "alike".
    """
    one, other = sorted(one), sorted(other)
    distance = max(
        abs(_share(one, value) - _share(other, value)) for value in {*one, *other}
    )
    size = sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (size + 0.12 + 0.11 / size) * distance
    if scaled < ALIKE:
        return 1.0
    terms = [exp(-2 * (k * scaled) ** 2) for k in range(1, TERMS)]
    return min(1.0, max(0.0, 2 * (sum(terms[::2]) - sum(terms[1::2]))))


def _share(ordered: Sequence[float], value: float) -> float:
    return bisect_right(ordered, value) / len(ordered)


def fisher(some: int, of: int, others: int, of_others: int) -> float:
    """Return the p-value of Fisher's exact test for ``some/of`` and ``others/...``."""
    total, marked = of + of_others, some + others
    ways = [
        comb(of, k) * comb(of_others, marked - k)
        for k in range(max(0, marked - of_others), min(of, marked) + 1)
    ]
    seen = comb(of, some) * comb(of_others, others)
    return sum(way for way in ways if way <= seen) / comb(total, marked)
