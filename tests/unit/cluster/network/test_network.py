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
