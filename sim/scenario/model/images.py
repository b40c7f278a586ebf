"""Images with their builds, and the registries that hold them."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from sim.rules.rate_limit import RateLimit
from sim.units import HOUR


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
