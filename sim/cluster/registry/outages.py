"""The outages of one host that last."""

from sim.cluster.network.network import Network
from sim.cluster.network.transfers import Link
from sim.record.rows import NONE


class Outages:
    """A host is down as long as any of its outages lasts.

    ``lasting`` tells by the row of each whether it is silent. ``links`` are broken
    off when one begins.
    """

    __slots__ = ("_network", "lasting", "links")

    def __init__(self, network: Network) -> None:
        self._network = network
        self.lasting: dict[int, bool] = {}
        self.links: list[Link] = []

    @property
    def oldest(self) -> int:
        """The row of the oldest that lasts, -1 while the host is up."""
        return next(iter(self.lasting), NONE)

    @property
    def silent(self) -> bool:
        """Whether the host does not even refuse: who asks waits for a time-out."""
        return any(self.lasting.values())

    def begin(self, row: int, *, silent: bool = False) -> None:
        """Refuse connections from now on, and break off what is under way."""
        self.lasting[row] = silent
        for link in self.links:
            self._network.cut(link)

    def end(self, row: int) -> bool:
        """End one outage; return whether the host answers again by that."""
        if row not in self.lasting:
            return False
        del self.lasting[row]
        return not self.lasting

    def end_all(self) -> None:
        """Answer again, whatever outages there were."""
        self.lasting.clear()
