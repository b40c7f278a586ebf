"""Pulls of many nodes in arrays are those of queues and token buckets one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.storm.queue import Lanes, pull_all
from sim.rules.throttle import TokenBucket
from sim.units import MILLISECOND, SECOND

Asked = list[tuple[int, int]]
"""Of one node, in order: when a pull is asked for, and what it takes."""


def plain(bucket: TokenBucket, asked: Asked, free_us: int, before_us: int) -> list[int]:
    """When the pulls of one node end; those that do not in time are left out."""
    ends = []
    for at_us, took_us in asked:
        tokens, last_us = bucket.state
        began_us = max(at_us, free_us)
        accepted = bucket.try_accept(began_us)
        free_us = began_us + (took_us if accepted else 0)
        if free_us >= before_us:
            bucket.restore(tokens, last_us)
            break
        ends.append(free_us)
    return ends


NODES = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.3, 1.0, 5.0)),
        st.integers(0, 4),
        st.lists(
            st.tuples(
                st.integers(0, 30).map(lambda n: n * SECOND),
                st.sampled_from((21 * MILLISECOND, 300 * MILLISECOND)),
            ),
            min_size=1,
            max_size=20,
        ).map(sorted),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(nodes=NODES, before_us=st.integers(0, 40 * SECOND))
def test_pulls_end_as_one_by_one(
    nodes: list[tuple[float, int, Asked]], before_us: int
) -> None:
    """Also where limits refuse, where pulls wait, and where the time is over."""
    buckets = [TokenBucket(qps, burst) for qps, burst, _ in nodes]
    expected = [
        plain(TokenBucket(qps, burst), asked, 0, before_us)
        for qps, burst, asked in nodes
    ]
    after = [TokenBucket(qps, burst) for qps, burst, _ in nodes]
    for bucket, (_, _, asked) in zip(after, nodes, strict=True):
        plain(bucket, asked, 0, before_us)
    lanes = Lanes(
        free_us=np.zeros(len(nodes), np.int64),
        open=np.ones(len(nodes), np.bool_),
        tokens=np.array([one.state[0] for one in buckets]),
        last_us=np.array([one.state[1] for one in buckets], np.int64),
        qps=np.array([one.limit[0] for one in buckets]),
        burst=np.array([one.limit[1] for one in buckets], np.int64),
    )
    lane = np.repeat(np.arange(len(nodes)), [len(asked) for _, _, asked in nodes])
    pulls = [pull for _, _, asked in nodes for pull in asked]

    made = pull_all(
        lanes,
        lane,
        np.array([at_us for at_us, _ in pulls], np.int64),
        np.array([took_us for _, took_us in pulls], np.int64),
        before_us,
    )

    found = [made.end_us[(lane == n) & made.ended].tolist() for n in range(len(nodes))]
    assert found == expected
    assert [ends[-1] if ends else 0 for ends in expected] == lanes.free_us.tolist()
    states = zip(lanes.tokens.tolist(), lanes.last_us.tolist(), strict=True)
    assert list(states) == [one.state for one in after]
