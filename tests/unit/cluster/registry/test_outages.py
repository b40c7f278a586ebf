"""A host is down as long as any of its outages lasts."""

from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.registry.outages import Outages
from sim.record.rows import NONE


def test_a_host_is_up_again_when_the_last_outage_ends() -> None:
    """The end of one of two changes nothing but which is the oldest."""
    outages = Outages(Network(Clock()))
    outages.begin(3)
    outages.begin(5, silent=True)

    assert outages.oldest == 3
    assert outages.silent
    assert not outages.end(3)
    assert outages.oldest == 5
    assert outages.end(5)
    assert outages.oldest == NONE


def test_an_end_that_comes_too_late_does_not_bring_a_host_up() -> None:
    """Somebody had ended all outages before."""
    outages = Outages(Network(Clock()))
    outages.begin(3)
    outages.end_all()

    assert not outages.end(3)
    assert not outages.lasting
