"""Pods that a cluster reported: where they are, whose they are, what they run.

A pod whose status has container statuses was there when the state was saved. It is
not started by the run, it goes on with the digests that its status names.

Source: k8s.io/api core/v1, PodStatus and ContainerStatus; owner references as
pkg/controller writes them.
"""

from collections.abc import Container, Iterator
from typing import Any, Protocol

from sim.rules.reference import ImageReferenceError, parse_normalized
from sim.scenario.faults import Step
from sim.scenario.model import Instance, SavedPod

STATUSES = ("initContainerStatuses", "containerStatuses")
ENDED = ("Succeeded", "Failed")


class Reader(Protocol):
    """Reads fields of one object by path."""

    def get(self, kind: type, *path: Step) -> Any:
        """Return a field of this type, or None if it is absent or wrong."""

    def text(self, *path: Step) -> str:
        """Return a text field, "" if absent."""

    def number(self, *path: Step) -> int:
        """Return a whole number that is not negative, 0 if absent."""


def has_ended(reader: Reader) -> bool:
    """Whether a pod had run to its end, or was being deleted."""
    deleted = reader.text("metadata", "deletionTimestamp")
    return bool(deleted) or reader.text("status", "phase") in ENDED


def saved_pod(reader: Reader, namespace: str) -> SavedPod | None:
    """Return what a pod was on its node; None for one that is only asked for."""
    if not reader.text("spec", "nodeName"):
        return None
    if not any(reader.get(list, "status", key) for key in STATUSES):
        return None
    kind, name = controller(reader)
    owner, replica_set = workload_of(namespace, kind, name)
    return SavedPod(
        owner=owner, replica_set=replica_set, instances=tuple(_instances(reader))
    )


def controller(reader: Reader) -> tuple[str, str]:
    """Return kind and name of a pod's controller, two empty texts if it has none."""
    path = ("metadata", "ownerReferences")
    for number in range(len(reader.get(list, *path) or [])):
        kind = reader.text(*path, number, "kind")
        # The owner of a static pod is its node, which makes no pods.
        if reader.get(bool, *path, number, "controller") and kind != "Node":
            return kind, reader.text(*path, number, "name")
    return "", ""


def workload_of(namespace: str, kind: str, name: str) -> tuple[str, str]:
    """Return the workload that a controller stands for, and the ReplicaSet's name.

    The name of a Deployment's ReplicaSet is the Deployment's, and a hash.
    """
    if not kind:
        return "", ""
    if kind == "ReplicaSet":
        return f"{namespace}/deployment/{name.rpartition('-')[0]}", name
    return f"{namespace}/{kind.lower()}/{name}", ""


def known_owner(saved: SavedPod, namespace: str, workloads: Container[str]) -> SavedPod:
    """Return a saved pod as its owner's, or alone where nobody declares the owner."""
    if saved.owner in workloads:
        return saved
    alone = f"{namespace}/replicaset/{saved.replica_set}"
    owner = alone if saved.replica_set and alone in workloads else ""
    replica_set = saved.replica_set if owner else ""
    return SavedPod(owner=owner, replica_set=replica_set, instances=saved.instances)


def _instances(reader: Reader) -> Iterator[Instance]:
    for statuses, containers in zip(
        STATUSES, ("initContainers", "containers"), strict=True
    ):
        images = {
            reader.text("spec", containers, n, "name"): reader.text(
                "spec", containers, n, "image"
            )
            for n in range(len(reader.get(list, "spec", containers) or []))
        }
        for number in range(len(reader.get(list, "status", statuses) or [])):
            path = ("status", statuses, number)
            name = reader.text(*path, "name")
            state = reader.get(dict, *path, "state") or {}
            image_id = _image_id(reader.text(*path, "imageID"), images.get(name, ""))
            ended_well = (
                statuses == STATUSES[0]
                and "terminated" in state
                and not reader.number(*path, "state", "terminated", "exitCode")
            )
            if image_id and ("running" in state or ended_well):
                yield Instance(
                    name=name,
                    image_id=image_id,
                    restarts=reader.number(*path, "restartCount"),
                    running="running" in state,
                )


def _image_id(text: str, image: str) -> str:
    """Return ``repository@digest`` of what a status names, "" if it names nothing.

    Docker wrote ``docker-pullable://`` in front, and a bare ID of what it had built.
    """
    name = text.rpartition("://")[2]
    if not name or "@" in name:
        return name
    try:
        return f"{parse_normalized(image).name}@{name}"
    except ImageReferenceError:
        return ""
