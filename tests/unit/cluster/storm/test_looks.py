"""Looks made in arrays are those that a sync loop makes one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.numbered_draws import GOLDEN_GAMMA, MASK, numbered_draw
from sim.cluster.storm.looks import look_ahead
from sim.rules.pod_sync import BACK_OFF_PERIOD_US, JITTER_FACTOR, jitter
from sim.units import MILLISECOND, SECOND

Pod = tuple[int, int, int, int, int]
"""End of its last sync, key, number of the requeue, key of coins, end of back-off."""


def plain(pod: Pod, stop_us: int) -> tuple[int, int, int, int]:
    """Look after look: tick and time of the first that is none, how many, the last."""
    now_us, key, number, coins, expires_us = pod
    count = last_us = 0
    while True:
        draw = numbered_draw(key, number)
        due_us = now_us + jitter(BACK_OFF_PERIOD_US, JITTER_FACTOR, draw)
        tick = -(-due_us // SECOND)
        late = tick % 2 == 0 and numbered_draw(coins, tick // 2) < 0.5
        now_us = tick * SECOND + late * 2 * MILLISECOND
        if now_us >= min(expires_us, stop_us):
            return tick, now_us, count, last_us
        count, last_us, number = count + 1, now_us, number + 1


PODS = st.lists(
    st.tuples(
        st.integers(0, 100 * SECOND),
        st.integers(0, MASK),
        st.integers(1, 1000),
        st.integers(0, MASK),
        st.integers(0, 500 * SECOND),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(pods=PODS, stop_us=st.integers(0, 600 * SECOND))
def test_looks_are_those_of_a_plain_loop(pods: list[Pod], stop_us: int) -> None:
    """Up to the end of the back-off or to the stop, whichever comes first."""
    slept_us, keys, numbers, coins, expires_us = zip(*pods, strict=True)
    states = [(k + n * GOLDEN_GAMMA) & MASK for k, n in zip(keys, numbers, strict=True)]

    ahead = look_ahead(
        np.array(slept_us, np.int64),
        np.array(states, np.uint64),
        np.array(coins, np.uint64),
        np.array(expires_us, np.int64),
        np.full(len(pods), stop_us, np.int64),
    )

    found = zip(*(column.tolist() for column in ahead), strict=True)
    assert list(found) == [plain(pod, stop_us) for pod in pods]
