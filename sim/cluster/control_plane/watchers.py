"""Who the API server tells of changes, in the instant in which they happen."""

from typing import Any, Protocol

from sim.cluster.objects import Node, Pod
from sim.scenario import model


class PodWatcher(Protocol):
    """Who wants to hear of pods; ``row`` is the row of the change."""

    def pod_created(self, pod: Pod, row: int) -> None:
        """A pod was written."""

    def pod_updated(self, pod: Pod, row: int) -> None:
        """Its readiness or phase changed, or its deletion was asked for."""

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod has vanished."""


class NodeWatcher(Protocol):
    """Who wants to hear of nodes."""

    def node_changed(self, node: Node) -> None:
        """A node joined, or its readiness or schedulability changed."""


class Workloads(Protocol):
    """A controller of one kind of workload that people write."""

    def apply(self, obj: Any, cause: int) -> None:
        """Create or update a workload of this kind."""

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """Take a pod that was there already in; return its labels and ReplicaSet."""

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Change the number of replicas."""

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return a workload's template, None if there is no such workload."""

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template, so that pods are replaced."""

    def rollout_restart(self, name: str, cause: int) -> None:
        """Change an annotation of the template, so that all pods are replaced."""
