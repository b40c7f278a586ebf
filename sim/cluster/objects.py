"""The live API objects that the control plane and the kubelets share.

They hold state, not behaviour: the API server changes them, controllers, scheduler
and kubelets read them. ``id`` fields are the record's numbers of their names, and
``*_row`` fields the record's rows that later rows name as their cause.
"""

from enum import StrEnum
from typing import Protocol

from sim.cluster import names
from sim.scenario.model import PodSpec
from sim.value import value


class Phase(StrEnum):
    """A pod's phase."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


class State(StrEnum):
    """The state of one container."""

    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@value
class Termination:
    """How one instance of a container ended; times are microseconds."""

    reason: str
    exit_code: int
    finished_us: int
    message: str = ""


@value
class ContainerStatus:
    """One container as the API shows it.

    ``image`` is the text of the spec until the container ran, then the runtime's full
    name; ``image_id`` is ``repository@digest``, empty until it ran.
    """

    name: str
    state: State = State.WAITING
    reason: str = ""
    message: str = ""
    termination: Termination | None = None
    last_termination: Termination | None = None
    restart_count: int = 0
    ready: bool = False
    started: bool = False
    image: str = ""
    image_id: str = ""


@value
class PodStatus:
    """A pod's status as the API shows it; containers sorted by name, init in order."""

    phase: Phase = Phase.PENDING
    containers: tuple[ContainerStatus, ...] = ()
    init_containers: tuple[ContainerStatus, ...] = ()
    reason: str = ""
    ready: bool = False


NO_STATUS = PodStatus()


class Pod:
    """A pod in the API. ``spec`` is complete: admission has filled its policies in.

    ``owner`` is ``namespace/kind/name`` of the workload a person wrote (the
    Deployment, not its ReplicaSet); ``replica_set`` the name of the set, if any.
    ``target_node`` is the one node that a daemon pod's affinity allows.
    ``deleted_us`` is the deletionTimestamp; the pod is gone only when the kubelet
    has confirmed. ``ready_us`` is when the Ready condition last turned true, and
    ``spec_row`` what its kubelet works for: the binding, or an edit of the spec.
    ``full_name`` is ``namespace/name``, as the record spells it. ``counted`` is what
    its ReplicaSet counts it as. ``number`` tells it from others that had its name.
    ``node`` names the node that it is bound to, and ``home`` is that, once it is there.
    """

    __slots__ = (
        "_uid",
        "counted",
        "created_row",
        "created_us",
        "deleted_row",
        "deleted_us",
        "full_name",
        "gone",
        "home",
        "id",
        "labels",
        "namespace",
        "node",
        "number",
        "owner",
        "ready_us",
        "replica_set",
        "scheduled_row",
        "spec",
        "spec_row",
        "status",
        "target_node",
    )

    def __init__(
        self,
        *,
        namespace: str,
        name: str,
        spec: PodSpec,
        labels: dict[str, str],
        owner: str,
        replica_set: str,
        created_us: int,
        id: int = -1,  # noqa: A002 - the record's number of the name
        target_node: str = "",
        uid: str = "",
        number: int = 0,
    ) -> None:
        self.namespace = namespace
        self.full_name = f"{namespace}/{name}"
        self._uid = uid
        self.number = number
        self.spec = spec
        self.labels = labels
        self.owner = owner
        self.replica_set = replica_set
        self.created_us = created_us
        self.id = id
        self.target_node = target_node
        self.node = ""
        self.home: Node | None = None
        self.status = NO_STATUS
        self.counted = ""
        self.ready_us: int | None = None
        self.deleted_us: int | None = None
        self.gone = False
        self.created_row = -1
        self.scheduled_row = -1
        self.spec_row = -1
        self.deleted_row = -1

    @property
    def name(self) -> str:
        """The name alone."""
        return self.full_name[len(self.namespace) + 1 :]

    @property
    def uid(self) -> str:
        """The UID: as given, or made of the name and the number when first asked."""
        if not self._uid:
            self._uid = names.uid(self.full_name, self.number)
        return self._uid

    @property
    def terminating(self) -> bool:
        """Whether deletion was asked for."""
        return self.deleted_us is not None

    @property
    def ready(self) -> bool:
        """Whether the Ready condition is true."""
        return self.status.ready


class NodeAgent(Protocol):
    """A kubelet, as the API server knows it."""

    def pod_added(self, pod: Pod) -> None:
        """A pod was bound to the node."""

    def pod_deleted(self, pod: Pod) -> None:
        """A pod's deletion was asked for; ``remove_pod`` follows when it is gone."""

    def pod_changed(self, pod: Pod) -> None:
        """A pod's spec was edited."""


class Node:
    """A node in the API. ``ready`` is what the node controller believes.

    ``agent`` is its kubelet, known once the node has joined. ``gone``: the node was
    deleted; one of the same name may join, and is another.
    """

    __slots__ = (
        "agent",
        "gone",
        "id",
        "joined_row",
        "labels",
        "max_pods",
        "name",
        "pods",
        "ready",
        "unschedulable",
    )

    def __init__(
        self,
        *,
        name: str,
        labels: dict[str, str],
        max_pods: int,
        id: int,  # noqa: A002 - the record's number of the name
        joined_row: int,
    ) -> None:
        self.name = name
        self.labels = labels
        self.max_pods = max_pods
        self.agent: NodeAgent
        self.id = id
        self.joined_row = joined_row
        self.ready = True
        self.unschedulable = False
        self.gone = False
        # Those bound here and not gone. A list, since it is short and a dict of each
        # node is looked up in all over the memory.
        self.pods: list[Pod] = []

    def drop(self, pod: Pod) -> None:
        """Have a pod no longer, if it was here."""
        # Not list.remove, which looks into every pod that it passes.
        for place, one in enumerate(self.pods):
            if one is pod:
                del self.pods[place]
                return
