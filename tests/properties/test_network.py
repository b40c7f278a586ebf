"""Max-min fair sharing: the property itself, and bytes that add up."""

from collections.abc import Generator
from typing import Any

import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.clock import Clock
from sim.cluster.network import Link, Network, Transfer, fill
from sim.units import SECOND

rates = st.one_of(st.none(), st.integers(1_000, 10**9))
starts = st.tuples(
    st.integers(0, 3), st.integers(0, 4), st.integers(0, 10**8), st.integers(0, 10**7)
)


def make(
    egress: list[int | None], ingress: list[int | None]
) -> tuple[list[Link], list[Link]]:
    return [Link(r) for r in egress], [Link(r) for r in ingress]


@given(
    st.lists(rates, min_size=1, max_size=3),
    st.lists(rates, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9),
)
def test_every_claim_is_held_back_by_a_full_link(
    egress: list[int | None],
    ingress: list[int | None],
    pairs: list[tuple[int, int]],
) -> None:
    """Each claim has a saturated link on which nobody gets more: that is max-min."""
    env = Clock()
    out, into = make(egress, ingress)
    links = [(out[a % len(out)], into[b % len(into)]) for a, b in pairs]
    group = [
        Transfer(pair, 1, env.event())
        for pair in links
        if pair[0].rate is not None or pair[1].rate is not None
    ]

    fill(group)

    claims: dict[tuple[Link, Link], float] = {}
    for transfer in group:
        claims[transfer.links] = claims.get(transfer.links, 0) + transfer.rate
    for pair, rate in claims.items():
        bottlenecks = []
        for link in pair:
            if link.rate is None:
                continue
            shares = [r for p, r in claims.items() if link in p]
            assert sum(shares) <= link.rate * (1 + 1e-9)
            full = sum(shares) >= link.rate * (1 - 1e-9)
            bottlenecks.append(full and rate >= max(shares) * (1 - 1e-9))
        assert any(bottlenecks)


@settings(deadline=None)
@given(
    st.lists(rates, min_size=1, max_size=3),
    st.lists(rates, min_size=1, max_size=4),
    st.lists(starts, min_size=1, max_size=12),
)
def test_every_transfer_arrives_and_never_too_early(
    egress: list[int | None],
    ingress: list[int | None],
    given_starts: list[tuple[int, int, int, int]],
) -> None:
    """No transfer beats its own link; links are never faster than they are."""
    env = Clock()
    network = Network(env)
    out, into = make(egress, ingress)
    ends: list[tuple[Link, Link, int, int, int]] = []

    def send(
        a: int, b: int, size: int, start: int
    ) -> Generator[simpy.Event, Any, None]:
        yield env.timeout(start)
        links = out[a % len(out)], into[b % len(into)]
        transfer = network.transfer(*links, size)
        yield transfer.done
        ends.append((*links, size, start, env.now))

    for one in given_starts:
        env.process(send(*one))
    env.run()

    assert len(ends) == len(given_starts)
    for first, second, size, start, end in ends:
        for link in (first, second):
            if link.rate is not None and size:
                assert (end - start) * link.rate >= (size - 1) * SECOND
    for link in [*out, *into]:
        mine = [e for e in ends if link in e[:2] and e[2]]
        if link.rate is None or not mine:
            continue
        total = sum(e[2] for e in mine)
        span = max(e[4] for e in mine) - min(e[3] for e in mine)
        assert span * link.rate >= (total - len(mine)) * SECOND


def test_equal_nodes_end_together_and_in_the_time_of_the_sum() -> None:
    """Ten nodes behind one link: all end when the sum of their bytes has passed."""
    env = Clock()
    network = Network(env)
    egress = Link(1_000_000)
    transfers = [network.transfer(egress, Link(1_000_000), 500_000) for _ in range(10)]

    env.run(until=env.all_of([t.done for t in transfers]))

    assert abs(env.now - 5 * SECOND) <= 10


def test_a_cut_link_fails_what_crosses_it_and_frees_the_rest() -> None:
    """When a registry goes away, transfers from another one get the node's link."""
    env = Clock()
    network = Network(env)
    node = Link(1_000_000)
    lost, kept = Link(None), Link(None)
    first = network.transfer(lost, node, 1_000_000)
    second = network.transfer(kept, node, 1_000_000)
    first.done.defused = True

    env.run(until=SECOND)
    network.cut(lost)
    env.run(until=second.done)

    assert not first.done.ok
    assert abs(env.now - 1.5 * SECOND) <= 2
