"""Max-min fair sharing: the property itself, the plain version, bytes that add up."""

from collections.abc import Generator, Sequence
from typing import Any

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.clock import Clock
from sim.cluster.network import network as network_module
from sim.cluster.network.network import Network
from sim.cluster.network.transfers import Link, LinkBroken, Transfer
from sim.rules.max_min import Group, water_levels
from sim.units import SECOND
from tests.properties import plain_network as plain

MB = 1_000_000
rates = st.one_of(
    st.none(), st.sampled_from([10 * MB, 125 * MB]), st.integers(1_000, 10**9)
)
registries = st.builds(plain.Registry, rates, st.booleans(), rates)
nodes = st.builds(plain.Node, rates)
# Some start together, some a little later; some are tiny, some huge.
sizes = st.one_of(st.integers(0, 10), st.integers(0, 10**7), st.integers(0, 10**10))
starts = st.one_of(st.just(0), st.integers(0, 10**3), st.integers(0, 10**8))


@st.composite
def traffic(draw: st.DrawFn) -> list[plain.Flow]:
    """Draw transfers between a few registries and nodes, all limited by something."""
    sources = draw(st.lists(registries, min_size=1, max_size=3))
    sinks = draw(st.lists(nodes, min_size=1, max_size=5))
    # Nodes of one kind are the usual case, and the one that groups are for.
    if draw(st.booleans()):
        for sink in sinks:
            sink.rate = sinks[0].rate
    pairs = st.builds(
        plain.Flow, st.sampled_from(sources), st.sampled_from(sinks), sizes, starts
    )
    flows = draw(st.lists(pairs, min_size=1, max_size=14))
    return [
        flow
        for flow in flows
        if (flow.registry.rate, flow.node.rate, flow.registry.connection_rate)
        != (None, None, None)
    ]


class Live:
    """The same transfers in the network under test."""

    def __init__(self, flows: Sequence[plain.Flow]) -> None:
        self.env = Clock()
        self.network = Network(self.env)
        self.links: dict[object, Link] = {}
        self.ends: dict[plain.Flow, int] = {}
        self.transfers: dict[plain.Flow, Transfer] = {}
        for flow in flows:
            self.env.process(self._send(flow))

    def _send(self, flow: plain.Flow) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(flow.start_us)
        source = self.links.setdefault(
            flow.registry,
            Link(
                flow.registry.rate,
                per_flow=flow.registry.per_flow,
                connection_rate=flow.registry.connection_rate,
            ),
        )
        sink = self.links.setdefault(flow.node, Link(flow.node.rate))
        transfer = self.network.transfer(source, sink, flow.size)
        self.transfers[flow] = transfer
        yield transfer.done
        self.ends[flow] = self.env.now


@given(traffic())
def test_ends_are_those_of_the_plain_version(flows: list[plain.Flow]) -> None:
    """Groups, counts and heaps change nothing: every transfer ends when it should."""
    live = Live(flows)
    live.env.run()
    plain.run(flows)

    # Each end is rounded up to a microsecond, and may shift what comes after it.
    for flow in flows:
        assert abs(live.ends[flow] - flow.end_us) <= 2 * len(flows)


@given(traffic(), st.integers(1, 10**8))
def test_everybody_is_held_back_by_something_full(
    flows: list[plain.Flow], moment_us: int
) -> None:
    """At any moment each transfer is among the largest of a full link: max-min."""
    live = Live(flows)

    live.env.run(until=moment_us)

    under_way = [f for f, t in live.transfers.items() if t.claim is not None]
    rate = {flow: live.transfers[flow].rate for flow in under_way}
    weight = {flow: plain.weight_of(flow, under_way) for flow in under_way}
    held: set[plain.Flow] = set()
    for pipe in plain.pipes_of(under_way):
        total = sum(rate[flow] for flow in pipe.flows)
        assert total <= pipe.rate * (1 + 1e-9)
        if total >= pipe.rate * (1 - 1e-9):
            most = max(rate[flow] / weight[flow] for flow in pipe.flows)
            held |= {
                flow
                for flow in pipe.flows
                if rate[flow] / weight[flow] >= most * (1 - 1e-9)
            }
    assert held == set(under_way)


@given(traffic())
def test_nothing_is_left_behind(flows: list[plain.Flow]) -> None:
    """When all is over no group, claim or timer remains."""
    live = Live(flows)
    live.env.run()

    assert live.network._groups == {}
    for link in live.links.values():
        assert (link.claims, link.group, link.groups) == ({}, None, {})


def ends_of(*flows: plain.Flow) -> list[float]:
    """Return when each ends, in seconds to two places."""
    live = Live(flows)
    live.env.run()
    return [round(live.ends[flow] / SECOND, 2) for flow in flows]


@pytest.mark.parametrize(("per_flow", "alone"), [(False, 5.13), (True, 3.42)])
def test_fairness_is_by_node_or_by_transfer(per_flow: bool, alone: float) -> None:
    """60 MB in one connection against 60 MB in three, behind 23.4 MB/s.

    Source: fidelity measurements of two nodes on one capped uplink.
    """
    registry = plain.Registry(23_400_000, per_flow)
    one, three = plain.Node(None), plain.Node(None)
    single = [plain.Flow(registry, one, 10 * MB, 0) for _ in range(6)]
    parallel = [plain.Flow(registry, three, 20 * MB, 0) for _ in range(3)]

    live = Live([])
    done = [
        live.env.process(_one_by_one(live, single)),
        live.env.process(_together(live, parallel)),
    ]
    live.env.run(until=live.env.all_of(done))

    assert round(max(live.ends[f] for f in parallel) / SECOND, 2) == alone
    assert round(max(live.ends[f] for f in single) / SECOND, 2) == 5.13


def _one_by_one(
    live: Live, flows: list[plain.Flow]
) -> Generator[simpy.Event, Any, None]:
    for flow in flows:
        yield live.env.process(live._send(flow))


def _together(live: Live, flows: list[plain.Flow]) -> Generator[simpy.Event, Any, None]:
    yield live.env.all_of([live.env.process(live._send(flow)) for flow in flows])


def test_a_connection_gets_no_more_than_its_limit() -> None:
    """Three connections of 4 MB/s are three times as fast as one, not faster."""
    registry = plain.Registry(100 * MB, connection_rate=4 * MB)
    node = plain.Node(125 * MB)

    assert ends_of(plain.Flow(registry, node, 20 * MB, 0)) == [5.0]
    assert ends_of(*(plain.Flow(registry, node, 20 * MB, 0) for _ in range(3))) == [
        5.0,
        5.0,
        5.0,
    ]


def test_nodes_of_different_links_get_what_the_others_leave() -> None:
    """24 MB to nodes of 2.34, 4.68 and twice unlimited MB/s behind 23.4 MB/s.

    Source: fidelity measurements of node down-link caps.
    """
    registry = plain.Registry(23_400_000)
    flows = [
        plain.Flow(registry, plain.Node(rate), 24 * MB, 0)
        for rate in (2_340_000, 4_680_000, None, None)
    ]

    assert ends_of(*flows) == [10.26, 5.13, 2.93, 2.93]


@pytest.mark.parametrize("count", [10, 1000])
def test_a_change_costs_by_groups_not_by_nodes(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal nodes are one group, however many; who shares no link is not looked at."""
    looked: list[int] = []

    def counting(groups: Sequence[Group], only: Link | None = None) -> list[float]:
        looked.append(len(groups))
        return water_levels(groups, only)

    monkeypatch.setattr(network_module, "water_levels", counting)
    network = Network(Clock())
    busy, quiet, open_to_all = Link(100 * MB), Link(100 * MB), Link(None)
    for number in range(count):
        network.transfer(busy, Link(125 * MB), MB)
        network.transfer(open_to_all, Link(number + 1), MB)
    looked.clear()

    network.transfer(quiet, Link(125 * MB), MB)
    network.transfer(open_to_all, Link(10**9), MB)
    network.transfer(busy, Link(125 * MB), MB)

    assert looked == [1, 1, 1]


def test_a_long_run_of_huge_transfers_stays_exact() -> None:
    """After a thousand terabytes through one group a small layer still ends in time."""
    env = Clock()
    network = Network(env)
    registry, first, second = Link(10**10), Link(10**9), Link(10**9)
    long = network.transfer(registry, first, 10**15)

    env.run(until=10**11)
    late = network.transfer(registry, second, 1000)
    env.run(until=late.done)

    assert env.now - 10**11 == 1
    env.run(until=long.done)
    assert env.now == 10**12


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
    assert isinstance(first.done.value, LinkBroken)
    assert abs(env.now - 1.5 * SECOND) <= 2


def test_a_cancelled_transfer_leaves_its_share_to_others() -> None:
    """Nobody waits for it: its bytes are not sent."""
    env = Clock()
    network = Network(env)
    registry = Link(1_000_000)
    gone = network.transfer(registry, Link(None), 10 * MB)
    stays = network.transfer(registry, Link(None), 1_000_000)

    env.run(until=SECOND)
    network.cancel(gone)
    network.cancel(gone)
    env.run(until=stays.done)

    assert abs(env.now - 1.5 * SECOND) <= 2
    assert gone.rate == 0
    assert not gone.done.triggered
