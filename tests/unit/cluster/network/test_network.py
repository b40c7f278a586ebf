"""When transfers end, to the microsecond."""

import pytest

from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.network.transfers import Link

GIGABYTE = 10**9


@pytest.mark.parametrize(
    ("size_bytes", "took_us"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (2000, 2)]
)
def test_a_transfer_takes_whole_microseconds(size_bytes: int, took_us: int) -> None:
    """Rounded up; nothing that is sent comes at once."""
    clock = Clock()
    network = Network(clock)

    transfer = network.transfer(Link(GIGABYTE), Link(None), size_bytes)
    clock.run(until=transfer.done)

    assert clock.now == took_us


@pytest.mark.parametrize(("per_flow", "shares"), [(False, (2, 2)), (True, (3, 1))])
def test_a_registry_shares_by_nodes_or_by_transfers(
    per_flow: bool, shares: tuple[int, int]
) -> None:
    """One node with three transfers, one with a single one."""
    network = Network(Clock())
    egress = Link(4_000, per_flow=per_flow)
    nodes = Link(None), Link(None)

    many = [network.transfer(egress, nodes[0], GIGABYTE) for _ in range(3)]
    single = network.transfer(egress, nodes[1], GIGABYTE)

    assert sum(one.rate for one in many) == pytest.approx(1000 * shares[0])
    assert single.rate == pytest.approx(1000 * shares[1])
