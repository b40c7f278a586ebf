"""Nodes: their kubelets, docker configs and what they hold at the start."""

from dataclasses import dataclass, field

from sim.rules.credential_provider_config import CredentialProvider
from sim.rules.docker_config_files import DEFAULT_FOLDERS, KubeletFolders
from sim.rules.runtime_profile import Containerd, Storage


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
