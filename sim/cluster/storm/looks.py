"""The looks of pods that back off: many pods at once, one look of each after another.

A pod whose pull failed is looked at every 10 to 15 s, at a tick of its kubelet's loop
or 2 ms after one, until its back-off is over; that look is the next attempt. Nothing
but the pod's own draws decides when (see ``sync_loop``), so the looks of thousands of
pods are made side by side in arrays. Times are microseconds from the start of a pod's
kubelet; ticks are counted from there.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.cluster.kubelet.sync_loop import (
    HOUSEKEEPING_PERIOD_US,
    HOUSEKEEPING_US,
    TICK_US,
)
from sim.cluster.numbered_draws import (
    FIRST_FACTOR,
    GOLDEN_GAMMA,
    SECOND_FACTOR,
    STEP,
)
from sim.rules.pod_sync import BACK_OFF_PERIOD_US, JITTER_FACTOR

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]

_TICKS = HOUSEKEEPING_PERIOD_US // TICK_US  # of which one has a housekeeping
GAMMA = np.uint64(GOLDEN_GAMMA)
_FIRST = np.uint64(FIRST_FACTOR)
_SECOND = np.uint64(SECOND_FACTOR)
_HALF = np.uint64(2**63)
_JITTER_US = BACK_OFF_PERIOD_US * JITTER_FACTOR
_ROUND_UP_US = BACK_OFF_PERIOD_US + TICK_US - 1
_SHIFTS = tuple(np.uint64(n) for n in (30, 27, 31, 11))


class Ahead(NamedTuple):
    """What lies ahead of each pod: its next look that is none, and those before it.

    ``ticks`` is the tick of that one and ``at_us`` when it comes: an attempt, unless
    that is not before the stop. ``looks`` come before, the last at ``last_us``
    (0 if there is none).
    """

    ticks: Ints
    at_us: Ints
    looks: Ints
    last_us: Ints


def mixed(bits: Bits) -> Bits:
    """Mix the bits of draws by number in place; see ``numbered_draws``."""
    bits ^= bits >> _SHIFTS[0]
    bits *= _FIRST
    bits ^= bits >> _SHIFTS[1]
    bits *= _SECOND
    bits ^= bits >> _SHIFTS[2]
    return bits


def look_ahead(
    slept_us: Ints,
    draws: Bits,
    coins: Bits,
    expires_us: Ints,
    stop_us: Ints,
) -> Ahead:
    """Make all looks before each pod's back-off expires, and before the stop.

    ``slept_us`` is when the last sync ended. ``draws`` is the state of each pod's
    draws (key and count) for the requeue after that, ``coins`` the key of its node's.
    """
    size = len(slept_us)
    ahead = Ahead(*(np.zeros(size, np.int64) for _ in range(4)))
    ends_us = np.minimum(expires_us, stop_us)
    where, count, last_us = np.arange(size), *np.zeros((2, size), np.int64)
    draws = draws.copy()
    ticks = _requeued(slept_us, draws)
    going_on = size
    while going_on:
        tossed = mixed(coins + (ticks // _TICKS).view(np.uint64) * GAMMA) < _HALF
        late = tossed & (ticks % _TICKS == 0)
        at_us = ticks * TICK_US + late * np.int64(HOUSEKEEPING_US)
        goes_on = at_us < ends_us
        going_on = int(np.count_nonzero(goes_on))
        if 2 * going_on < len(where):
            _put(ahead, where, ticks, at_us, count, last_us)
            where, coins, ends_us = where[goes_on], coins[goes_on], ends_us[goes_on]
            ticks, draws, at_us = ticks[goes_on], draws[goes_on], at_us[goes_on]
            count, last_us = count[goes_on], last_us[goes_on]
            goes_on = np.ones(going_on, np.bool_)
        ticks = np.where(goes_on, _requeued(at_us, draws), ticks)
        count = count + goes_on
        last_us = np.where(goes_on, at_us, last_us)
    return ahead


def _put(
    ahead: Ahead, where: Ints, ticks: Ints, at_us: Ints, count: Ints, last_us: Ints
) -> None:
    ahead.ticks[where] = ticks
    ahead.at_us[where] = at_us
    ahead.looks[where] = count
    ahead.last_us[where] = last_us


def _requeued(slept_us: Ints, draws: Bits) -> Ints:
    """Return the ticks of the next looks, and move the draws on."""
    drawn = mixed(draws.copy()) >> _SHIFTS[3]
    draws += GAMMA
    jitter_us = np.rint(drawn * STEP * _JITTER_US).astype(np.int64)
    ticks: Ints = (slept_us + jitter_us + _ROUND_UP_US) // TICK_US
    return ticks
