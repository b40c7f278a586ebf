"""The Node objects of a cluster, as the API server keeps them."""

from collections.abc import Callable

from sim.cluster.control_plane.watchers import NodeWatcher
from sim.cluster.objects import Node
from sim.record.kinds import Kind
from sim.record.log import EventLog


class Nodes(dict[str, Node]):
    """All nodes by name; ``watchers`` hear when one joins or changes."""

    __slots__ = ("_log", "_stopped", "watchers")

    def __init__(self, log: EventLog) -> None:
        super().__init__()
        self._log = log
        self._stopped: list[Callable[[Node, int], None]] = []
        self.watchers: list[NodeWatcher] = []

    def delete(self, name: str) -> None:
        """``kubectl delete node``: its pods stay until somebody confirms their end."""
        self.pop(name).gone = True

    def cordon(self, name: str, cause: int) -> None:
        """Let nothing more be scheduled to a node."""
        self._set_unschedulable(name, Kind.NODE_CORDONED, cause)

    def uncordon(self, name: str, cause: int) -> None:
        """Let pods be scheduled to a node again."""
        self._set_unschedulable(name, Kind.NODE_UNCORDONED, cause)

    def _set_unschedulable(self, name: str, kind: Kind, cause: int) -> None:
        node, unschedulable = self[name], kind is Kind.NODE_CORDONED
        if node.unschedulable != unschedulable:
            node.unschedulable = unschedulable
            self._log.append(kind, node=node.id, cause=cause)
            self.tell_changed(node)

    def set_ready(self, node: Node, *, ready: bool) -> None:
        """Write a node's Ready condition."""
        node.ready = ready
        self.tell_changed(node)

    def tell_changed(self, node: Node) -> None:
        """Tell of a node that joined or changed."""
        for watcher in self.watchers:
            watcher.node_changed(node)

    def when_one_stops(self, call: Callable[[Node, int], None]) -> None:
        """Let the node life-cycle controller know of nodes that fall silent."""
        self._stopped.append(call)

    def stopped(self, name: str, cause: int) -> None:
        """A node falls silent: its heartbeats end."""
        for call in self._stopped:
            call(self[name], cause)
