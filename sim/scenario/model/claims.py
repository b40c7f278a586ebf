"""What a scenario claims of its run."""

from dataclasses import dataclass


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
