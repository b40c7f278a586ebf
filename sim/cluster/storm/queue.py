"""Pulls through the queues and limits of many nodes at once.

On a node one pull follows another in the order in which they came, each asks the
limit when its turn has come, and what the limit refuses has failed at once (see
``puller`` and ``rules/throttle``). Nodes do not touch each other, so the first pulls
of all nodes are made side by side, then the second ones, and so on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.cluster.storm.looks import Ints
from sim.rules.throttle import NANOSECONDS
from sim.units import SECOND

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(kw_only=True, slots=True)
class Lanes:
    """The queues of some nodes, and the token bucket of each.

    ``free_us`` is when the last pull that ended did; those that are not ``open`` end
    no pull.
    """

    free_us: Ints
    open: Flags
    tokens: Floats
    last_us: Ints
    qps: Floats
    burst: Ints


@dataclass(kw_only=True, slots=True)
class Pulls:
    """When pulls end, which the limit accepted, and which ended in time."""

    end_us: Ints
    accepted: Flags
    ended: Flags


def pull_all(
    lanes: Lanes, lane: Ints, asked_us: Ints, took_us: Ints, before_us: int
) -> Pulls:
    """Let pulls take their turns; ``lane`` is each one's place in ``lanes``.

    Pulls of one lane stand together and in their order. One that does not end before
    a time is left out, and so are those behind it.
    """
    size = len(lane)
    pulls = Pulls(
        end_us=np.zeros(size, np.int64),
        accepted=np.zeros(size, np.bool_),
        ended=np.zeros(size, np.bool_),
    )
    for turn in _turns(lane):
        on = lane[turn]
        began_us = np.maximum(asked_us[turn], lanes.free_us[on])
        accepted, tokens = _ask(lanes, on, began_us)
        end_us = began_us + np.where(accepted, took_us[turn], 0)
        ended = (end_us < before_us) & lanes.open[on]
        lanes.open[on] = ended
        lanes.free_us[on[ended]] = end_us[ended]
        spent = accepted & ended & (lanes.qps[on] > 0)
        lanes.tokens[on[spent]] = tokens[spent]
        lanes.last_us[on[spent]] = began_us[spent]
        pulls.end_us[turn] = end_us
        pulls.accepted[turn] = accepted
        pulls.ended[turn] = ended
    return pulls


def _turns(lane: Ints) -> list[Ints]:
    """Return who is first on its node, who is second, and so on."""
    first = np.flatnonzero(np.diff(lane, prepend=-1))
    counts = np.diff(first, append=len(lane))
    place = np.arange(len(lane)) - np.repeat(first, counts)
    order = np.argsort(place, kind="stable")
    return np.split(order, np.cumsum(np.bincount(place))[:-1])


def _ask(lanes: Lanes, on: Ints, now_us: Ints) -> tuple[Flags, Floats]:
    """Return whom the limits accept, and the tokens left; see ``TokenBucket``."""
    qps, burst = lanes.qps[on], lanes.burst[on]
    whole, rest_us = np.divmod(np.maximum(0, now_us - lanes.last_us[on]), SECOND)
    gained = (whole + rest_us * 1000 / NANOSECONDS) * qps
    tokens = np.minimum(lanes.tokens[on] + gained, burst) - 1
    limited = qps > 0
    wait_ns = np.divide(-tokens, qps, out=np.zeros_like(qps), where=limited)
    covered = (tokens >= 0) | (wait_ns * NANOSECONDS < 1)
    return ~limited | ((burst >= 1) & covered), tokens
