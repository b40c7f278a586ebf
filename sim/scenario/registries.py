"""The hosts under ``registries``: limits, caches, and who caches whom."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sim.errors import did_you_mean
from sim.rules.rate_limit import RateLimit
from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.schema.registries import RateLimitPart, RegistryPart
from sim.scenario.schema.scenario import ScenarioPart

DOCKER_HUB = "docker.io"
# Keys that only a pull-through cache has.
_OF_CACHES = ("tag_cache", "content_cache", "serve_stale")


class NoteFault(Protocol):
    """Notes a mistake at a path of the file."""

    def __call__(self, message: str, *path: Step, about_a_name: bool = False) -> None:
        """Note it."""


def known_hosts(part: ScenarioPart, images: Iterable[str]) -> list[str]:
    """Return the hosts that a scenario describes, or has images of, and Docker Hub."""
    hosts = dict.fromkeys(part.registries)
    hosts |= dict.fromkeys(name.partition("/")[0] for name in images)
    hosts[DOCKER_HUB] = None
    return list(hosts)


def declared_registries(
    part: ScenarioPart, images: Sequence[str], fault: NoteFault
) -> tuple[model.Registry, ...]:
    """Return the registries of a scenario; ``images`` are the names it declares."""
    known = known_hosts(part, images)
    for host, one in part.registries.items():
        _check(host, one, part.registries, images, known, fault)
    return tuple(_registry(host, one) for host, one in part.registries.items())


def _registry(host: str, part: RegistryPart) -> model.Registry:
    return model.Registry(
        host=host,
        latency_us=part.latency,
        bandwidth=part.bandwidth,
        fairness=part.fairness,
        connection_bandwidth=part.connection_bandwidth,
        accounts=part.accounts,
        rate_limit=None if part.rate_limit is None else _limit(part.rate_limit),
        cache=None if part.cache_of is None else _cache(part.cache_of, part),
        immutable_tags=part.immutable_tags,
    )


def _limit(part: RateLimitPart) -> RateLimit:
    return RateLimit(
        pulls=part.pulls,
        per_us=part.per,
        by=part.by,
        counts_head=part.counts_head,
        window=part.window,
    )


def _cache(of: str, part: RegistryPart) -> model.Cache:
    default = model.Cache(of=of)
    content_us, stale = part.content_cache, part.serve_stale
    return model.Cache(
        of=of,
        tag_us=part.tag_cache or 0,
        content_us=default.content_us if content_us is None else content_us,
        serve_stale=default.serve_stale if stale is None else stale,
    )


def _check(
    host: str,
    part: RegistryPart,
    all_parts: dict[str, RegistryPart],
    images: Sequence[str],
    known: Sequence[str],
    fault: NoteFault,
) -> None:
    path: tuple[Step, ...] = ("registries", host)
    if part.accounts is not None and not part.accounts:
        fault(
            "accounts are empty: nobody could pull; leave the key out for a "
            "public registry",
            *path,
            "accounts",
        )
    if part.cache_of is None:
        for field in _OF_CACHES:
            if getattr(part, field) is not None:
                alias = RegistryPart.model_fields[field].alias or field
                fault(f"{alias!r} goes with cacheOf", *path, alias)
        return
    if part.immutable_tags:
        fault("nobody pushes to a cache", *path, "immutableTags")
    for number, image in enumerate(images):
        if image.partition("/")[0] == host:
            fault(
                f"{host} is a cache of {part.cache_of}: declare the image there",
                "images",
                number,
                "name",
            )
    _check_upstream(host, part.cache_of, all_parts, known, fault)


def _check_upstream(
    host: str,
    upstream: str,
    parts: dict[str, RegistryPart],
    known: Sequence[str],
    fault: NoteFault,
) -> None:
    """Note a cache of a host that nobody knows, or of itself in the end."""
    here = ("registries", host, "cacheOf")
    if upstream not in known:
        fault(
            f"no registry {upstream!r} is described or holds an image"
            f"{did_you_mean(upstream, known)}; known: {', '.join(known)}",
            *here,
            about_a_name=True,
        )
        return
    way = [host]
    following: str | None = upstream
    while following is not None and following not in way:
        way.append(following)
        one = parts.get(following)
        following = None if one is None else one.cache_of
    if following == host:
        circle = " → ".join([*way, host])
        fault(
            f"these caches end at each other, and nobody has content: {circle}", *here
        )
