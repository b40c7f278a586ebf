"""One DaemonSet as its controller sees it: the spec, and what is known of each node.

A set may have thousands of nodes: what is known of one is worked out anew only when
something about it changed.

Source: pkg/controller/daemon/daemon_controller.go.
"""

from collections.abc import Callable, Iterable

from sim.cluster.controllers.revisions import Revisions
from sim.cluster.objects import Node, Pod
from sim.record.rows import NONE
from sim.rules import daemon_set as rules
from sim.rules.daemon_set import NodePods, Standing, Status
from sim.scenario import model


class DaemonSetState:
    """A DaemonSet with its pods by node, revisions and status.

    ``row`` is the act or change that the next pass is due to; ``node_rows`` hold, for
    a node, the row that left it without a pod. ``changed`` are the nodes to look at
    in the next pass, ``maturing`` those with a pod that is ready for too short a time,
    ``existing`` how many nodes that are known are there.
    """

    __slots__ = (
        "_counted",
        "_totals",
        "changed",
        "existing",
        "groups",
        "id",
        "known",
        "maturing",
        "node_rows",
        "pods",
        "revisions",
        "row",
        "spec",
    )

    def __init__(self, spec: model.DaemonSet, number: int) -> None:
        self.spec = spec
        self.id = number
        self.row = NONE
        self.node_rows: dict[str, int] = {}
        self.pods: dict[str, dict[str, Pod]] = {}
        self.revisions = Revisions()
        self.known: dict[str, NodePods] = {}
        self._counted: dict[str, tuple[Status, Standing]] = {}  # as what they count
        self.existing = 0
        self.changed: dict[str, None] = {}
        self.maturing: dict[str, None] = {}
        self.groups: dict[Standing, dict[str, None]] = {}
        self._totals = [0] * len(Status._fields)

    @property
    def full_name(self) -> str:
        """``namespace/daemonset/name``."""
        return f"{self.spec.namespace}/daemonset/{self.spec.name}"

    @property
    def status(self) -> Status:
        """The numbers of nodes, as of the last pass."""
        return Status(*self._totals)

    @property
    def surges(self) -> bool:
        """Whether a node may have an old and a new pod at once."""
        return rules.allows_surge(self.spec.strategy, self.spec.max_surge)

    def wants(self, node: Node) -> bool:
        """Tell whether a node should run a pod of this set.

        Source: daemon_controller.go, NodeShouldRunDaemonPod.
        """
        spec = self.spec.template.spec
        named = spec.node_name in ("", node.name)
        return named and spec.node_selector.items() <= node.labels.items()

    def note(self, pod: Pod) -> str:
        """Keep a pod, or forget one that is gone; return its node, to be looked at."""
        node = pod.target_node
        if pod.gone:
            self.pods[node].pop(pod.full_name)
        else:
            self.pods.setdefault(node, {})[pod.full_name] = pod
        self.changed[node] = None
        return node

    def labels(self, label: str) -> set[str]:
        """Return the values of a label over all pods."""
        pods = (pod for on_node in self.pods.values() for pod in on_node.values())
        return {pod.labels.get(label, "") for pod in pods}

    # --- what is known ---

    def look(self, nodes: Iterable[str], fact: Callable[[str], NodePods]) -> None:
        """Work out anew what is known of some nodes."""
        for name in nodes:
            node = fact(name)
            if node == self.known.get(name):
                continue
            self._forget(name)
            if node.exists or node.pods:
                self._learn(name, node)

    def _forget(self, name: str) -> None:
        self.maturing.pop(name, None)
        before = self.known.pop(name, None)
        if before is not None:
            self.existing -= before.exists
            status, standing = self._counted.pop(name)
            self._count(status, -1)
            self.groups.get(standing, {}).pop(name, None)

    def _learn(self, name: str, node: NodePods) -> None:
        self.known[name] = node
        self.existing += node.exists
        status, standing = rules.node_status(node), rules.standing(node)
        self._counted[name] = (status, standing)
        self._count(status, 1)
        # A node that neither wants nor has a pod plays no part in an update.
        if node.eligible or node.pods:
            self.groups.setdefault(standing, {})[name] = None
        if any(pod.ready and not pod.available for pod in node.pods):
            self.maturing[name] = None

    def _count(self, status: Status, times: int) -> None:
        for number, value in enumerate(status):
            self._totals[number] += times * value
