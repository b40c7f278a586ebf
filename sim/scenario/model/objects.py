"""Kubernetes objects as far as they change which pods there are and what they run."""

from dataclasses import dataclass, field

# What every cluster has.
BUILT_IN_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessProbe:
    """When a container is asked whether it is ready, with the API's defaults."""

    initial_delay_us: int = 0
    period_us: int = 10_000_000
    success_threshold: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container as written; an empty ``image_pull_policy`` was left out.

    ``restart_policy`` "Always" makes an init container a sidecar.
    """

    name: str
    image: str
    image_pull_policy: str = ""
    restart_policy: str = ""
    readiness_probe: ReadinessProbe | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageVolume:
    """A volume whose content is an image, and the containers that mount it."""

    name: str
    reference: str
    pull_policy: str = ""
    mounted_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PodSpec:
    """What a pod asks for. ``image_pull_secrets`` are names in its namespace."""

    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = ()
    image_volumes: tuple[ImageVolume, ...] = ()
    image_pull_secrets: tuple[str, ...] = ()
    service_account: str = ""
    restart_policy: str = "Always"
    node_name: str = ""
    node_selector: dict[str, str] = field(default_factory=dict)
    termination_grace_us: int = 30_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PodTemplate:
    """Labels, annotations and spec: a change of any of them is a new revision."""

    labels: dict[str, str]
    annotations: dict[str, str]
    spec: PodSpec

    @property
    def images(self) -> dict[str, str]:
        """The image of every container, by its name."""
        spec = self.spec
        return {c.name: c.image for c in (*spec.init_containers, *spec.containers)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """A container that ran, or had ended well, when a cluster's state was saved.

    ``image_id`` is ``repository@digest``, as the pod's status showed it.
    """

    name: str
    image_id: str
    restarts: int = 0
    running: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedPod:
    """What a pod was when a cluster's state was saved: on ``spec.node_name``.

    ``owner`` is ``namespace/kind/name`` of its workload, "" for none; ``replica_set``
    the name of its ReplicaSet, if any.
    """

    owner: str = ""
    replica_set: str = ""
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PodObject:
    """A pod that somebody wrote, or (``saved``) that was there already."""

    namespace: str
    name: str
    template: PodTemplate
    saved: SavedPod | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """A Deployment; surge and unavailable are ``"25%"`` or whole numbers.

    ``replicas_given`` False = the manifest leaves the number open.
    """

    namespace: str
    name: str
    replicas: int
    template: PodTemplate
    replicas_given: bool = True
    strategy: str = "RollingUpdate"
    max_surge: str | int = "25%"
    max_unavailable: str | int = "25%"
    min_ready_us: int = 0
    progress_deadline_us: int = 600_000_000
    revision_history_limit: int = 10
    paused: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StatefulSet:
    """A StatefulSet; ``max_unavailable`` counts only where its gate is on.

    ``strategy`` is RollingUpdate or OnDelete, ``pod_management`` OrderedReady or
    Parallel; pods with an ordinal below ``partition`` keep the old revision.
    ``replicas_given`` False = the manifest leaves the number open.
    """

    namespace: str
    name: str
    replicas: int
    template: PodTemplate
    replicas_given: bool = True
    strategy: str = "RollingUpdate"
    partition: int = 0
    max_unavailable: str | int = 1
    pod_management: str = "OrderedReady"
    min_ready_us: int = 0
    start_ordinal: int = 0
    revision_history_limit: int = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class DaemonSet:
    """A DaemonSet; ``strategy`` is RollingUpdate or OnDelete."""

    namespace: str
    name: str
    template: PodTemplate
    strategy: str = "RollingUpdate"
    max_surge: str | int = 0
    max_unavailable: str | int = 1
    min_ready_us: int = 0
    revision_history_limit: int = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicaSet:
    """A ReplicaSet without a Deployment."""

    namespace: str
    name: str
    replicas: int
    template: PodTemplate
    min_ready_us: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplicationController:
    """The older form of a ReplicaSet."""

    namespace: str
    name: str
    replicas: int
    template: PodTemplate
    min_ready_us: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSpec:
    """How a Job runs its pods; ``completions`` None ends with the first that do."""

    parallelism: int = 1
    completions: int | None = 1
    backoff_limit: int = 6
    active_deadline_us: int | None = None
    ttl_after_finished_us: int | None = None
    suspend: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A Job: pods that run to their end."""

    namespace: str
    name: str
    template: PodTemplate
    job: JobSpec = JobSpec()


@dataclass(frozen=True, kw_only=True, slots=True)
class CronJob:
    """A CronJob: a Job whenever ``schedule`` says so (see ``rules.cron``).

    ``concurrency`` is Allow, Forbid or Replace.
    """

    namespace: str
    name: str
    template: PodTemplate
    schedule: str
    job: JobSpec = JobSpec()
    concurrency: str = "Allow"
    suspend: bool = False
    starting_deadline_us: int | None = None
    successful_history_limit: int = 3
    failed_history_limit: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """A Secret; ``data`` holds the decoded text of each key."""

    namespace: str
    name: str
    type: str
    data: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceAccount:
    """A ServiceAccount and the pull secrets that its pods get at creation."""

    namespace: str
    name: str
    image_pull_secrets: tuple[str, ...] = ()
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Namespace:
    """A namespace; ``default`` exists without being written."""

    name: str


Workload = (
    Deployment
    | StatefulSet
    | DaemonSet
    | ReplicaSet
    | ReplicationController
    | Job
    | CronJob
)
KubernetesObject = PodObject | Workload | Secret | ServiceAccount | Namespace

# Where ``docker login`` of root leaves what it knows, on a node.
DOCKER_CONFIG = "/root/.docker/config.json"
