"""What a scenario file may say: keys, types, units, defaults and their help texts.

This is the one source of the keys: the reader types scalars by it, the error
messages list its keys, ``scenario.schema.json`` is generated from it. The engine
never sees these objects; ``builder`` turns them into ``model`` values.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from sim.rules.docker_config_files import ROOT_DIR
from sim.rules.durations import parse_go_duration
from sim.rules.profiles import NEWEST
from sim.rules.rate_limit import CountedBy, Window
from sim.rules.runtime_profile import Containerd, Storage
from sim.units import parse_rate, parse_size


def _duration(value: Any) -> Any:
    return parse_go_duration(value) if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    return value if value == "end" else _duration(value)


def _size(value: Any) -> Any:
    return parse_size(value) if isinstance(value, str) else value


def _rate(value: Any) -> Any:
    return parse_rate(value) if isinstance(value, str) else value


def _boolean(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("expected true or false")


def _text_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "examples": list(examples)}
    )


Duration = Annotated[
    int, BeforeValidator(_duration), _text_schema(r"^[0-9].*$", "30s", "5m", "1h30m")
]
Moment = Annotated[
    int | str,
    BeforeValidator(_moment),
    _text_schema(r"^([0-9].*|end)$", "14m", "end"),
]
Size = Annotated[
    int, BeforeValidator(_size), _text_schema(r"^[0-9].*$", "74MB", "100Gi")
]
Rate = Annotated[
    int, BeforeValidator(_rate), _text_schema(r"^[0-9].*$", "1Gbit", "125MB/s")
]
Flag = Annotated[bool, BeforeValidator(_boolean), WithJsonSchema({"type": "boolean"})]
Count = Annotated[int, Field(ge=0)]
Fairness = Literal["node", "flow"]


class Part(BaseModel):
    """Every part of a scenario: unknown keys are mistakes."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        defer_build=True,  # only the whole is ever validated
    )


class LayerPart(Part):
    """A layer with more than a size."""

    size: Size = Field(description="compressed size")
    unpacked: Size | None = Field(
        None, description="unpacked size (2.7 x the compressed size unless given)"
    )
    files: Count | None = Field(
        None, description="number of files (one per 100 kB unpacked unless given)"
    )


class BuildPart(Part):
    """Immutable content: layers from the bottom up, or just a size."""

    preset: str | None = Field(
        None,
        description="a real image such as nginx or python:slim, whose layers lie below "
        "'layers'",
    )
    layers: dict[str, Size | LayerPart] = Field(
        default_factory=dict,
        description="layer name: size; equal name and size = the same content",
    )
    size: Size | None = Field(
        None, description="compressed size, where the layers are not known"
    )
    digest: str = Field(
        "",
        pattern=r"^(sha256:[0-9a-f]{64})?$",
        description="manifest digest of content that exists outside the scenario",
    )
    platform: str | None = Field(
        None,
        description="operating system/architecture; linux/amd64 unless given, and "
        "every platform where only a size is given",
    )


class ImagePart(Part):
    """A repository with its builds and tags."""

    name: str = Field(
        description="image name without tag, as in registry:5000/team/app"
    )
    preset: str | None = Field(
        None,
        description="in place of builds: one build, named so, with the layers of this "
        "real image; tagged latest unless tags are given",
    )
    builds: dict[str, BuildPart] | None = Field(
        None, description="builds by name; {} = the registry has nothing of this name"
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="tag: build that it points to at the start"
    )


class RateLimitPart(Part):
    """How many pulls a registry admits; more are answered with 429."""

    pulls: Annotated[int, Field(ge=1)] = Field(
        description="GETs of a manifest, all at once or spread"
    )
    per: Duration = Field(description="the time in which they may come", gt=0)
    by: CountedBy = Field(
        CountedBy.ADDRESS,
        description="to whom they are counted: address (the whole cluster leaves by "
        "one), node (each has its own), or account (by user name, else by the address)",
    )
    counts_head: Flag = Field(
        False, alias="countsHead", description="true: asking for a digest counts too"
    )
    window: Window = Field(
        Window.SLIDING,
        description="sliding (comes back evenly) or fixed (all at its end)",
    )


class RegistryPart(Part):
    """What differs from the defaults at one registry host."""

    latency: Duration = Field(40_000, description="round trip of one request")
    bandwidth: Rate | None = Field(
        None, description="shared by every pull that it serves; unlimited unless given"
    )
    fairness: Fairness = Field(
        "node", description="by whom its bandwidth is shared: node, or flow (download)"
    )
    connection_bandwidth: Rate | None = Field(
        None,
        alias="connectionBandwidth",
        description="the most that one download gets; unlimited unless given",
    )
    accounts: dict[str, str] | None = Field(
        None, description="user: password; where given, a pull needs one of these"
    )
    rate_limit: RateLimitPart | None = Field(
        None, alias="rateLimit", description="how many pulls it admits in a time"
    )
    cache_of: str | None = Field(
        None,
        alias="cacheOf",
        description="host: it is a pull-through cache of that one, empty at the start",
    )
    tag_cache: Duration | None = Field(
        None,
        alias="tagCache",
        description="how long a cache answers what a tag means without asking; 0s "
        "(it asks every time) unless given",
    )
    content_cache: Duration | None = Field(
        None,
        alias="contentCache",
        description="how long a cache keeps manifests and blobs; 168h unless given",
    )
    serve_stale: Flag | None = Field(
        None,
        alias="serveStale",
        description="whether a cache answers what it last saw when the other host "
        "fails; true unless given",
    )
    immutable_tags: Flag = Field(
        False,
        alias="immutableTags",
        description="true: a push that would move a tag is refused",
    )
    holds: Literal["declared", "anything"] = Field(
        "declared",
        description="anything: also what no image declares, with an assumed size",
    )


class PrePulledPart(Part):
    """An image on a node before the clock starts."""

    image: str = Field(description="reference as a pod would write it")
    build: str | None = Field(
        None, description="the build it was baked with (else what the tag means)"
    )


class KubeletPart(Part):
    """Fields of KubeletConfiguration."""

    serialize_image_pulls: Flag | None = Field(None, alias="serializeImagePulls")
    max_parallel_image_pulls: int | None = Field(None, alias="maxParallelImagePulls")
    registry_pull_qps: float = Field(5, alias="registryPullQPS")
    registry_burst: int = Field(10, alias="registryBurst")
    image_gc_high_threshold_percent: int = Field(
        85, alias="imageGCHighThresholdPercent"
    )
    image_gc_low_threshold_percent: int = Field(80, alias="imageGCLowThresholdPercent")
    image_minimum_gc_age: Duration = Field(120_000_000, alias="imageMinimumGCAge")
    image_maximum_gc_age: Duration = Field(0, alias="imageMaximumGCAge")
    sync_frequency: Duration = Field(60_000_000, alias="syncFrequency", gt=0)
    crash_loop_back_off: dict[str, Duration] = Field(
        default_factory=dict, alias="crashLoopBackOff"
    )
    verification_policy: str = Field(
        "NeverVerifyPreloadedImages", alias="imagePullCredentialsVerificationPolicy"
    )
    verification_allowlist: list[str] = Field(
        default_factory=list, alias="preloadedImagesVerificationAllowlist"
    )
    image_credential_provider_config: dict[str, Any] | None = Field(
        None,
        alias="imageCredentialProviderConfig",
        description="a CredentialProviderConfig: what the flag "
        "--image-credential-provider-config names",
    )
    root_dir: str = Field(ROOT_DIR, alias="rootDir", description="flag --root-dir")
    working_directory: str = Field(
        "/", alias="workingDirectory", description="where the kubelet was started"
    )
    home: str | None = Field(
        None, description="HOME of the kubelet; not set unless given"
    )


class LoginPart(Part):
    """User name and password."""

    username: str = Field(description="user name")
    password: str = Field(description="password")


class PluginPart(Part):
    """What a credential provider plug-in answers."""

    auth: dict[str, LoginPart] = Field(
        default_factory=dict, description="registry or pattern: what it gives for it"
    )
    cache_key_type: Literal["Image", "Registry", "Global"] = Field(
        "Registry", alias="cacheKeyType", description="for which images it holds"
    )
    cache_duration: Duration | None = Field(
        None,
        alias="cacheDuration",
        description="how long; defaultCacheDuration unless given, 0s = not at all",
    )
    error: str = Field("", description="it exits with this error instead")
    service_accounts: list[str] | None = Field(
        None,
        alias="serviceAccounts",
        description="namespace/name: only their tokens get an answer; all unless given",
    )


class MirrorPart(Part):
    """One ``[host."…"]`` table of a hosts.toml."""

    capabilities: list[str] = Field(
        default_factory=lambda: ["pull", "resolve"],
        description="resolve: it is asked what a tag means; pull: for digests",
    )


class HostsPart(Part):
    """A hosts.toml: where images of one registry are asked for."""

    server: str | None = Field(
        None, description="asked last; the registry itself unless given"
    )
    host: dict[str, MirrorPart] = Field(
        default_factory=dict,
        description="host, with https:// or http:// or without: asked in this order",
    )


class ContainerdPart(Part):
    """Fields of containerd's config.toml and hosts.toml."""

    version: Containerd = Field(Containerd.V2_1, description="minor release")
    storage: Storage = Field(
        Storage.EXT4, description="where content and snapshots are: ext4 or memory"
    )
    max_concurrent_downloads: Annotated[int, Field(ge=1)] = Field(
        3, description="for the daemon in 2.x, for each pull in 1.6"
    )
    image_pull_progress_timeout: Duration = Field(
        300_000_000, description="a pull without progress is cancelled; 0s = never"
    )
    hosts: dict[str, HostsPart] = Field(
        default_factory=dict,
        description="registry: its hosts.toml, as below /etc/containerd/certs.d",
    )


class NodePart(Part):
    """A node, or a group of equal nodes."""

    name: str = Field(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        description="name of the node, or beginning of the group's names",
    )
    count: Annotated[int, Field(ge=0, le=20_000)] | None = Field(
        None, description="how many: name-1, name-2 ...; one node 'name' unless given"
    )
    joins_at: Duration = Field(0, alias="joinsAt", description="when they join")
    bandwidth: Rate | None = Field(125_000_000, description="link; 1Gbit unless given")
    disk: Size = Field(100 * 2**30, description="image file system; 100Gi unless given")
    disk_used: Size = Field(
        0, alias="diskUsed", description="of the disk, used by other than images"
    )
    platform: str = Field("linux/amd64", description="operating system/architecture")
    labels: dict[str, str] = Field(default_factory=dict, description="node labels")
    max_pods: Annotated[int, Field(ge=1)] = Field(
        110, alias="maxPods", description="most pods that it takes"
    )
    unschedulable: Flag = Field(False, description="true: cordoned from the start")
    images: list[str | PrePulledPart] = Field(
        default_factory=list, description="pre-pulled before the clock starts"
    )
    docker_config: dict[str, Any] | None = Field(
        None, alias="dockerConfig", description="the node's config.json"
    )
    docker_config_files: dict[str, dict[str, Any] | str] = Field(
        default_factory=dict,
        alias="dockerConfigFiles",
        description="path: content of docker configs in the kubelet's other places",
    )
    credential_providers: dict[str, PluginPart] = Field(
        default_factory=dict,
        alias="credentialProviders",
        description="name: what this plug-in of imageCredentialProviderConfig answers",
    )
    containerd: ContainerdPart = Field(
        default_factory=ContainerdPart, description="config.toml and hosts.toml"
    )
    kubelet: KubeletPart = Field(
        default_factory=KubeletPart, description="KubeletConfiguration"
    )


class SecretPart(Part):
    """A docker-registry secret in short form, or a Secret object verbatim."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    namespace: str = "default"
    server: str | None = None
    username: str | None = None
    password: str | None = None
    email: str = ""


class ActionPart(Part):
    """One act: a time and exactly one verb."""

    at: Duration = Field(description="when")
    push: str | None = Field(None, description="image:tag that a build is pushed to")
    build: str | None = Field(
        None, description="the build that is pushed, or whose manifest is deleted"
    )
    delete_tag: str | None = Field(
        None, alias="deleteTag", description="image:tag that is deleted"
    )
    delete_manifest: str | None = Field(
        None,
        alias="deleteManifest",
        description="image@digest, or image with 'build', whose manifest is deleted",
    )
    run: str | None = Field(
        None,
        description="a command: kubectl scale, set image, apply -f FILE, rollout "
        "restart, undo, pause or resume, delete pod or secret, create secret "
        "docker-registry, patch serviceaccount, drain, cordon, uncordon; or, with "
        "'on', docker login, scp PATH NODE:PATH, crictl pull or crictl rmi",
    )
    on: str | None = Field(
        None, description="node, or group of nodes, that a command runs on, as root"
    )
    add_nodes: str | None = Field(
        None,
        alias="addNodes",
        description="group that an autoscaler adds 'count' nodes to, without images",
    )
    registry_down: str | None = Field(None, alias="registryDown", description="host")
    silent: Flag | None = Field(
        None,
        description="true: connections are not refused but time out, after 30s",
    )
    down_for: Duration | None = Field(None, alias="for", description="how long")
    registry_slow: str | None = Field(
        None, alias="registrySlow", description="host; with latency or bandwidth"
    )
    latency: Duration | None = Field(None, description="of a slow registry")
    bandwidth: Rate | None = Field(None, description="of a slow registry")
    registry_up: str | None = Field(None, alias="registryUp", description="host")
    node_dies: str | None = Field(None, alias="nodeDies", description="node")
    crash: str | None = Field(None, description="KIND/NAME of a workload, or pod/NAME")
    namespace: str = Field("default", description="of what crashes")
    container: str = Field(
        "", description="the container that crashes; all unless given"
    )
    node: str = Field("", description="crash only pods on this node")
    count: Annotated[int, Field(ge=1)] | None = Field(
        None, description="crash at most so many pods; add so many nodes"
    )
    exit_code: Annotated[int, Field(ge=1, le=255)] = Field(
        1, alias="exitCode", description="exit code of what crashes"
    )
    create_secret: SecretPart | None = Field(None, alias="createSecret")
    change_secret: SecretPart | None = Field(None, alias="changeSecret")
    delete_secret: str | None = Field(
        None, alias="deleteSecret", description="NAME or NAMESPACE/NAME"
    )
    change_node: str | None = Field(
        None,
        alias="changeNode",
        description="node, or group, whose docker configs or plug-ins change",
    )
    docker_config: dict[str, Any] | None = Field(
        None, alias="dockerConfig", description="the new config.json"
    )
    docker_config_files: dict[str, dict[str, Any] | str | None] = Field(
        default_factory=dict,
        alias="dockerConfigFiles",
        description="path: new content; null removes the file",
    )
    credential_providers: dict[str, PluginPart] = Field(
        default_factory=dict,
        alias="credentialProviders",
        description="name: what this plug-in answers from then on",
    )


class RangePart(Part):
    """A closed range; one end may be left out."""

    min: Count | None = None
    max: Count | None = None


class SizeRangePart(Part):
    """A closed range of sizes."""

    min: Size | None = None
    max: Size | None = None


class DurationRangePart(Part):
    """A closed range of durations."""

    min: Duration | None = None
    max: Duration | None = None


class ExpectPart(Part):
    """One claim about a run; a scenario whose claim fails exits with 1."""

    at: Moment = Field("end", description="a moment, or end")
    variant: str | None = Field(
        None, description="the variant it is about; all if none"
    )
    workload: str | None = Field(
        None, description="deployment/NAME, statefulset/NAME or daemonset/NAME"
    )
    namespace: str = Field("default", description="of the workload")
    builds: dict[str, Count] | None = Field(
        None, description="build: number of pods that run it, and no others"
    )
    waiting: dict[str, Count] | None = Field(
        None, description="waiting reason: number of pods"
    )
    event: str | None = Field(None, description="reason of an event")
    count: Count | RangePart | None = Field(None, description="how often it happened")
    ready_by: Duration | None = Field(
        None, alias="readyBy", description="all replicas are ready by then"
    )
    registry: str | None = Field(None, description="host of a registry")
    requests: Count | RangePart | None = Field(None, description="requests it got")
    size: Size | SizeRangePart | None = Field(
        None, alias="bytes", description="bytes it served"
    )
    node: str | None = Field(None, description="name of a node")
    image: str | None = Field(None, description="image name on that node")
    build: str | None = Field(None, description="the build that the name means there")
    absent: Flag = Field(False, description="true: the image is not on the node")
    mixed_for: Duration | DurationRangePart | None = Field(
        None, alias="mixedFor", description="how long several builds were in service"
    )


class ScenarioPart(Part):
    """A world, what happens to it, and what is claimed of it."""

    title: str = Field(description="one line")
    question: str = Field("", description="asked before the run")
    kubernetes: str = Field(NEWEST, description="the behaviour of this minor release")
    seed: int = Field(1, description="of everything that chance decides")
    until: Duration = Field(description="simulated time", gt=0)
    record: Literal["full", "compact"] = Field(
        "full",
        description="compact: one row for each attempt of a pod that keeps failing to "
        "pull, with the number of looks before it, in place of a row for each step; "
        "for many pods that fail for long",
    )
    images: list[ImagePart] = Field(default_factory=list, description="what exists")
    registries: dict[str, RegistryPart] = Field(
        default_factory=dict, description="by host: only what differs from the defaults"
    )
    nodes: list[NodePart] = Field(
        default_factory=list,
        description="nodes and groups; also Node objects, or names of files with them",
    )
    admission: list[str] = Field(
        default_factory=list, description="extra admission plug-ins: AlwaysPullImages"
    )
    feature_gates: dict[str, Flag] = Field(
        default_factory=dict,
        alias="featureGates",
        description="gate: true or false; MaxUnavailableStatefulSet",
    )
    objects: list[Any] = Field(
        default_factory=list, description="Kubernetes objects, inline or file names"
    )
    timeline: list[ActionPart] = Field(default_factory=list, description="what happens")
    variants: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict, description="name: paths of this file with other values"
    )
    expect: list[ExpectPart] = Field(default_factory=list, description="claims")
    broken_by: dict[str, Any] | None = Field(
        None,
        alias="brokenBy",
        description="paths with values under which a claim must fail",
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema that editors use."""
    schema = ScenarioPart.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
