"""One DaemonSet as its controller sees it: the spec, the pods, the revisions.

Source: pkg/controller/daemon/daemon_controller.go.
"""

from sim.cluster.controllers.revisions import Revisions
from sim.cluster.objects import Node, Phase, Pod
from sim.record.log import NONE
from sim.rules import daemon_set as rules
from sim.scenario import model

_ENDED = (Phase.FAILED, Phase.SUCCEEDED)


class DaemonSetState:
    """A DaemonSet with its pods, revisions and status.

    ``row`` is the act or change that the next pass is due to; ``node_rows`` hold, for
    a node, the row that left it without a pod.
    """

    __slots__ = (
        "id",
        "node_rows",
        "pods",
        "revisions",
        "row",
        "spec",
        "status",
    )

    def __init__(self, spec: model.DaemonSet, number: int) -> None:
        self.spec = spec
        self.id = number
        self.row = NONE
        self.node_rows: dict[str, int] = {}
        self.pods: dict[str, Pod] = {}
        self.revisions = Revisions()
        self.status = rules.Status()

    @property
    def full_name(self) -> str:
        """``namespace/daemonset/name``."""
        return f"{self.spec.namespace}/daemonset/{self.spec.name}"

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

    def has_pods_on(self, node: str) -> bool:
        """Tell whether a pod is on a node or meant for it."""
        return any(node in (pod.node, pod.target_node) for pod in self.pods.values())

    def by_node(self) -> dict[str, list[Pod]]:
        """Pods by the node that they are on or meant for.

        One that ended and is being deleted is left out, as if it had gone.
        """
        found: dict[str, list[Pod]] = {}
        for pod in self.pods.values():
            if not (pod.terminating and pod.status.phase in _ENDED):
                found.setdefault(pod.node or pod.target_node, []).append(pod)
        return found
