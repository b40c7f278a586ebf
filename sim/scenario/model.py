"""A scenario as the simulator sees it: frozen plain values, every one checked.

``schema`` and ``checks`` make these from what people wrote; ``cluster``, ``analysis``
and ``report`` import nothing else of this package. Times are microseconds since the
start of the run, sizes bytes, rates bytes a second. Names are Kubernetes' own.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from sim.rules.credential_provider_config import CredentialProvider
from sim.rules.docker_config_files import DEFAULT_FOLDERS, KubeletFolders
from sim.rules.rate_limit import RateLimit
from sim.rules.runtime_profile import Containerd, Storage
from sim.units import HOUR

# --- images and registries -------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One layer of a build; equal name and size mean equal content, hence digest."""

    name: str
    size_bytes: int
    unpacked_bytes: int
    files: int
    digest: str = field(init=False, repr=False, compare=False)  # of compressed bytes

    def __post_init__(self) -> None:
        digest = _digest("layer", self.name, str(self.size_bytes))
        object.__setattr__(self, "digest", digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """Immutable content behind tags: its digest follows from what it holds.

    ``platform`` "" is an index with an image for every platform; ``known_digest`` is
    the digest of content that exists outside the scenario;
    ``assumed`` tells that nobody declared how large it is. ``config_digest`` is the
    image ID, the digest of the config, which names the build and its layers;
    ``digest`` is the manifest's, what a tag points to and a pod's imageID ends in;
    ``size_bytes`` is the compressed size of all layers.
    """

    name: str
    layers: tuple[Layer, ...]
    platform: str = "linux/amd64"
    known_digest: str = ""
    assumed: bool = False
    config_bytes: int = 5_000
    config_digest: str = field(init=False, repr=False, compare=False)
    digest: str = field(init=False, repr=False, compare=False)
    size_bytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        layers = [layer.digest for layer in self.layers]
        config = _digest("config", self.name, self.platform, *layers)
        manifest = self.known_digest or _digest("manifest", config, *layers)
        size = sum(layer.size_bytes for layer in self.layers)
        # A frozen dataclass sets what follows from its fields this way.
        object.__setattr__(self, "config_digest", config)
        object.__setattr__(self, "digest", manifest)
        object.__setattr__(self, "size_bytes", size)

    @property
    def indexed(self) -> bool:
        """Whether its digest is that of an index, with a manifest per platform."""
        return not self.platform

    def manifest_digest(self, platform: str) -> str:
        """The digest of the manifest that lists the layers, for one platform."""
        if not self.indexed:
            return self.digest
        return _digest("platform manifest", self.digest, platform)


@lru_cache(maxsize=65_536)
def _digest(*parts: str) -> str:
    return "sha256:" + sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A repository: ``name`` is canonical (host, path), tags point to build names."""

    name: str
    builds: dict[str, Build]
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cache:
    """What makes a registry a pull-through cache ``of`` another host.

    For ``tag_us`` it answers what a tag meant without asking; content is fetched
    again when it is ``content_us`` old. ``serve_stale`` lets it answer what it last
    saw when the other fails.
    """

    of: str
    tag_us: int = 0
    content_us: int = 7 * 24 * HOUR
    serve_stale: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """One registry host. ``accounts`` None means that anybody may pull.

    ``fairness`` is by whom its link is shared: ``node``, or ``flow`` for each
    download; ``connection_bandwidth`` is the most that one download gets, after what
    it would bring in ``connection_burst_us`` has passed without delay. With
    ``token_service`` it asks for a token instead of a password, with
    ``immutable_tags`` a push that would move a tag is refused.
    """

    host: str
    latency_us: int
    bandwidth: int | None = None
    fairness: str = "node"
    connection_bandwidth: int | None = None
    connection_burst_us: int = 0
    accounts: dict[str, str] | None = None
    token_service: bool = False
    rate_limit: RateLimit | None = None
    cache: Cache | None = None
    immutable_tags: bool = False


# --- nodes -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeletConfiguration:
    """The fields of the kubelet's own configuration that matter here."""

    serialize_image_pulls: bool = True
    max_parallel_image_pulls: int | None = None
    registry_pull_qps: float = 5
    registry_burst: int = 10
    image_gc_high_threshold_percent: int = 85
    image_gc_low_threshold_percent: int = 80
    image_minimum_gc_age_us: int = 120_000_000
    image_maximum_gc_age_us: int = 0
    sync_frequency_us: int = 60_000_000
    max_container_restart_period_us: int = 300_000_000
    verification_policy: str = "NeverVerifyPreloadedImages"
    verification_allowlist: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """User name and password for the registries that ``key`` fits."""

    key: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginAnswer:
    """What a credential provider plug-in answers; with ``error`` it fails instead.

    ``cache_us`` None leaves it to the kubelet's default; ``service_accounts`` are
    ``namespace/name`` of those whose tokens it takes, None = it takes all, and none
    is needed.
    """

    auth: tuple[Login, ...] = ()
    cache_key_type: str = "Registry"
    cache_us: int | None = None
    error: str = ""
    service_accounts: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PrePulled:
    """An image on a node before the clock starts.

    ``image`` is a reference as a pod would write it; ``build`` names what the node
    was baked with, None = what the tag points to when the run starts.
    """

    image: str
    build: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryHost:
    """One entry of a registry's ``hosts.toml``: where to ask, and for what.

    ``capabilities`` are ``resolve`` (tags) and ``pull`` (digests).
    """

    host: str
    scheme: str = "https"
    capabilities: tuple[str, ...] = ("pull", "resolve")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerdConfiguration:
    """Version, storage, and what of ``config.toml`` and ``hosts.toml`` matters here.

    ``hosts`` are the entries by registry, in order, the last is its ``server``; a
    registry without entries is asked itself.
    """

    version: Containerd = Containerd.V2_1
    storage: Storage = Storage.EXT4
    max_concurrent_downloads: int = 3
    image_pull_progress_timeout_us: int = 300_000_000
    hosts: dict[str, tuple[RegistryHost, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeGroup:
    """Nodes that are alike; ``names`` are the nodes' own names, in order.

    ``disk_bytes`` is the file system that holds the images; ``disk_used_bytes`` of
    it are used by anything else.
    ``docker_config`` is the text of ``config.json`` in the kubelet's root directory,
    ``docker_config_files`` maps other paths to texts. ``plugins`` are the answers of
    the plug-ins that ``credential_providers`` configures.
    """

    name: str
    names: tuple[str, ...]
    joins_at_us: int = 0
    bandwidth: int | None = 125_000_000
    disk_bytes: int = 100 * 2**30
    disk_used_bytes: int = 0
    platform: str = "linux/amd64"
    labels: dict[str, str] = field(default_factory=dict)
    max_pods: int = 110
    unschedulable: bool = False
    pre_pulled: tuple[PrePulled, ...] = ()
    docker_config: str | None = None
    docker_config_files: dict[str, str] = field(default_factory=dict)
    kubelet_folders: KubeletFolders = DEFAULT_FOLDERS
    credential_providers: tuple[CredentialProvider, ...] = ()
    plugins: dict[str, PluginAnswer] = field(default_factory=dict)
    kubelet: KubeletConfiguration = KubeletConfiguration()
    containerd: ContainerdConfiguration = ContainerdConfiguration()


# --- Kubernetes objects ----------------------------------------------------------


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

# --- timeline --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A build is pushed: ``image`` (canonical name) and ``tag`` now mean ``build``."""

    at_us: int
    image: str
    tag: str
    build: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """``kubectl scale``."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    replicas: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutRestart:
    """``kubectl rollout restart``."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutUndo:
    """``kubectl rollout undo``: ``to_revision`` 0 is the one before."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    to_revision: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutPause:
    """``kubectl rollout pause``, or ``resume`` if not ``paused``."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    paused: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SetImage:
    """``kubectl set image``: ``images`` by container, ``*`` = all; kind may be pod."""

    at_us: int
    command: str
    namespace: str
    kind: str
    name: str
    images: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Apply:
    """``kubectl apply -f``: the objects of the files, in order."""

    at_us: int
    command: str
    objects: tuple[KubernetesObject, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateSecret:
    """``kubectl create secret``: refused if one of that name is there."""

    at_us: int
    command: str
    secret: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchServiceAccount:
    """``kubectl patch serviceaccount``: its pull secrets are these from now on."""

    at_us: int
    command: str
    namespace: str
    name: str
    image_pull_secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletePod:
    """``kubectl delete pod``: ``name`` is a pod or a prefix that names just one."""

    at_us: int
    command: str
    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drain:
    """``kubectl drain``: cordon, then evict what runs there."""

    at_us: int
    command: str
    node: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cordon:
    """``kubectl cordon``, or ``uncordon`` if not ``cordoned``."""

    at_us: int
    command: str
    node: str
    cordoned: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerLogin:
    """``docker login`` as root on a node: writes ``~/.docker/config.json`` there."""

    at_us: int
    command: str
    node: str
    server: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyFile:
    """``scp`` from one node to others: a file on the path there, as it is here."""

    at_us: int
    command: str
    node: str
    path: str
    to_nodes: tuple[str, ...]
    to_path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CrictlPull:
    """``crictl pull`` on a node: no kubelet takes part, nor its credentials."""

    at_us: int
    command: str
    node: str
    image: str
    username: str = ""
    password: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrictlRemove:
    """``crictl rmi`` on a node: an image goes with all its names."""

    at_us: int
    command: str
    node: str
    image: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeDies:
    """A node vanishes without a word: its containers stop at once."""

    at_us: int
    node: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Crash:
    """Containers exit with an error.

    ``pod`` is a pod name or prefix, or empty for all pods of ``kind``/``name``;
    ``count`` limits how many pods (in name order), ``node`` to one node.
    """

    at_us: int
    namespace: str
    kind: str
    name: str
    pod: str = ""
    container: str = ""
    node: str = ""
    count: int | None = None
    exit_code: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryDown:
    """A registry refuses every connection; ``up_at_us`` None = to the end.

    Of several at a time each lasts until its own end; ``RegistryUp`` ends them all.
    A ``silent`` one lets connections time out.
    """

    at_us: int
    host: str
    up_at_us: int | None = None
    silent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryUp:
    """A registry answers again."""

    at_us: int
    host: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrySlow:
    """A registry answers later or serves less; what is None stays as it is.

    ``until_us`` None = to the end.
    """

    at_us: int
    host: str
    latency_us: int | None = None
    bandwidth: int | None = None
    until_us: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteTag:
    """A tag is deleted at its registry; the build stays, by digest."""

    at_us: int
    image: str
    tag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteManifest:
    """A manifest is deleted at its registry, by digest; tags that mean it dangle."""

    at_us: int
    image: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplySecret:
    """A secret is created, or replaced by one of the same name."""

    at_us: int
    secret: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteSecret:
    """A secret is deleted; ``command`` is kubectl's if that does it."""

    at_us: int
    namespace: str
    name: str
    command: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeNode:
    """Docker configs of nodes change (None = removed), or what plug-ins answer."""

    at_us: int
    nodes: tuple[str, ...]
    files: dict[str, str | None] = field(default_factory=dict)
    plugins: dict[str, PluginAnswer] = field(default_factory=dict)


# What kubectl asks of the API server, and what people do on a node's shell.
WorkloadCommand = Scale | SetImage | RolloutRestart | RolloutUndo | RolloutPause
KubectlCommand = (
    WorkloadCommand
    | Apply
    | CreateSecret
    | PatchServiceAccount
    | DeletePod
    | Drain
    | Cordon
)
NodeCommand = DockerLogin | CopyFile | CrictlPull | CrictlRemove
Action = (
    KubectlCommand
    | NodeCommand
    | Push
    | DeleteTag
    | DeleteManifest
    | NodeDies
    | Crash
    | RegistryDown
    | RegistryUp
    | RegistrySlow
    | ChangeNode
    | ApplySecret
    | DeleteSecret
    | ChangeNode
)

# --- expectations ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """A closed range; None is open at that end. Equal ends ask for one value."""

    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildsInService:
    """At one moment, so many running pods of a workload run each build."""

    at_us: int
    workload: str
    builds: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """At one moment, so many pods of a workload wait with each reason."""

    at_us: int
    workload: str
    reasons: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCount:
    """How often an event of this reason happened (not how often the API stored it)."""

    event: str
    count: Bounds
    at_us: int
    workload: str | None = None
    node: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyBy:
    """All replicas of a workload are ready, at the latest by then, and at ``at_us``."""

    workload: str
    by_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryTraffic:
    """Requests that reached a registry, and bytes that it served, up to a moment."""

    registry: str
    at_us: int
    requests: Bounds | None = None
    size_bytes: Bounds | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageOnNode:
    """What an image name means on one node; ``build`` None = it is not there."""

    at_us: int
    node: str
    image: str
    build: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MixedFor:
    """How long in all more than one build of a workload was in service."""

    workload: str
    length_us: Bounds


Claim = (
    BuildsInService
    | Waiting
    | EventCount
    | ReadyBy
    | RegistryTraffic
    | ImageOnNode
    | MixedFor
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """A claim about a run; ``variant`` None = about every variant.

    ``text`` is the claim as written, ``place`` where (``file:line:column``).
    Workloads are ``namespace/kind/name``.
    """

    claim: Claim
    variant: str | None
    text: str
    place: str


# --- the whole -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One world to run: a variant of what somebody wrote, complete and checked.

    ``feature_gates`` are those that are on. ``defaulted`` lists ``path = value`` of
    defaults that matter to a reader; ``warnings`` name what was accepted but is not
    simulated.
    """

    title: str
    question: str
    kubernetes: str
    seed: int
    until_us: int
    variant: str
    images: tuple[Image, ...]
    registries: tuple[Registry, ...]
    node_groups: tuple[NodeGroup, ...]
    admission: tuple[str, ...]
    objects: tuple[KubernetesObject, ...]
    timeline: tuple[Action, ...]
    expectations: tuple[Expectation, ...]
    feature_gates: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
