"""All registries of a world, by host, and what people do to them from outside."""

from collections.abc import Sequence
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.registry.outages import Outages
from sim.cluster.registry.pull_through_cache import PullThroughCache
from sim.cluster.registry.registry import Registry
from sim.cluster.registry.store import RegistryStore
from sim.cluster.registry.uplink import Uplink
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.durations import format_go_duration
from sim.scenario import model
from sim.units import format_size

# A host that a scenario does not describe: a public registry, 40 ms away, as wide as
# the nodes' own links.
DEFAULT_LATENCY_US = 40_000


class Registries:
    """All registries, by host; a host nobody described gets the defaults."""

    __slots__ = (
        "_by_host",
        "_env",
        "_images",
        "_log",
        "_network",
        "_pushes",
        "_targets",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        network: Network,
        declared: Sequence[model.Registry],
        images: Sequence[model.Image],
    ) -> None:
        self._env = env
        self._log = log
        self._network = network
        self._images = {image.name: image for image in images}
        self._pushes: dict[str, int] = {}
        self._targets: list[tuple[model.ContainerdConfiguration, dict[str, Any]]] = []
        self._by_host = {registry.host: self._made(registry) for registry in declared}

    def _made(self, declared: model.Registry) -> Registry:
        env, log = self._env, self._log
        outages = Outages(self._network)
        uplink = Uplink(env, self._network, declared, outages)
        lookup = None
        if declared.cache is not None:
            lookup = PullThroughCache(
                env, log, declared, declared.cache, outages=outages, at=self.at
            )
        return Registry(
            env, log, declared, outages=outages, uplink=uplink, lookup=lookup
        )

    def at(self, host: str) -> Registry:
        """Return the registry of a host."""
        registry = self._by_host.get(host)
        if registry is None:
            declared = model.Registry(host=host, latency_us=DEFAULT_LATENCY_US)
            registry = self._by_host[host] = self._made(declared)
        return registry

    def targets(self, config: model.ContainerdConfiguration) -> dict[str, Any]:
        """Return what is known of images' texts where this is the configuration.

        The nodes of a group share it; what it holds is the runtimes' own.
        """
        for known, targets in self._targets:
            if known is config:
                return targets
        self._targets.append((config, {}))
        return self._targets[-1][1]

    def push_initial_tags(self) -> None:
        """Push what the scenario says is there at the start."""
        for image in self._images.values():
            registry = self._registry_of(image.name)
            for build in image.builds.values():
                registry.store.hold(image.name, build)
            for tag, name in image.tags.items():
                self.push(image.name, tag, name)

    def push(self, image: str, tag: str, build: str) -> None:
        """Let a tag point to a build from now on; the old build stays by digest."""
        pushed = self._images[image].builds[build]
        registry = self._registry_of(image)
        repository = registry.store.repository(image)
        names = self._log.names
        about = {
            "image": names.id(f"{image}:{tag}"),
            "digest": names.id(pushed.digest),
            "text": names.id(build),
        }
        before = repository.tagged(tag)
        moves = before is not None and before[0].digest != pushed.digest
        if moves and registry.declared.immutable_tags:
            reason = names.id(f"tag is immutable: {tag}")
            self._log.append(Kind.PUSH_REFUSED, **about, reason=reason)
            return
        row = self._log.append(Kind.TAG_PUSHED, **about)
        registry.store.hold(image, pushed)
        repository.push(tag, pushed, row)
        self._pushes.setdefault(f"{image}@{pushed.digest}", row)

    def delete_tag(self, image: str, tag: str) -> None:
        """Let a tag mean nothing from now on: an outside act; the build stays."""
        repository = self._store_of(image).repository(image)
        names = self._log.names
        there = repository.has_tag(tag)
        row = self._log.append(
            Kind.TAG_DELETED,
            image=names.id(f"{image}:{tag}"),
            reason=names.id("" if there else f"tag unknown: {tag}"),
        )
        if there:
            repository.delete_tag(tag, row)

    def delete_manifest(self, image: str, digest: str) -> None:
        """Delete a manifest by digest: an outside act; its tags dangle."""
        registry = self._registry_of(image)
        there = registry.store.repository(image).build(digest) is not None
        names = self._log.names
        row = self._log.append(
            Kind.MANIFEST_DELETED,
            image=names.id(f"{image}@{digest}"),
            digest=names.id(digest),
            reason=names.id("" if there else "manifest unknown"),
        )
        if there:
            registry.store.delete_manifest(image, digest, row)

    def _registry_of(self, image: str) -> Registry:
        return self.at(image.partition("/")[0])

    def _store_of(self, image: str) -> RegistryStore:
        return self._registry_of(image).store

    def build(self, image: str, name: str) -> model.Build:
        """Return a declared build of an image."""
        return self._images[image].builds[name]

    def build_of(self, image: str, digest: str) -> model.Build:
        """Return the build with a digest; a cache's is that of the origin."""
        registry = self._registry_of(image)
        while registry.declared.cache is not None:  # in circles would be a mistake
            registry = self.at(registry.declared.cache.of)
        found = registry.store.repository(image).build(digest)
        assert found is not None, digest  # noqa: S101 - a container runs it
        return found

    def tagged(self, image: str, tag: str) -> tuple[model.Build, int] | None:
        """Return what a tag means now, with the row that made it so."""
        return self._store_of(image).repository(image).tagged(tag)

    def first_push(self, image: str, digest: str) -> int:
        """Return the first row that pushed this content, -1 if none has yet."""
        return self._pushes.get(f"{image}@{digest}", NONE)

    def stop(self, host: str, *, silent: bool = False) -> int:
        """Let a registry go down: an outside act; return the row of the outage."""
        names = self._log.names
        text = names.id("silent" if silent else "")
        row = self._log.append(Kind.REGISTRY_DOWN, object=names.id(host), text=text)
        self.at(host).outages.begin(row, silent=silent)
        return row

    def end_outage(self, host: str, row: int) -> None:
        """Let an outage end; the registry stays down while another one lasts."""
        if self.at(host).outages.end(row):
            self._note_up(host)

    def start(self, host: str) -> None:
        """Let a registry answer again: an outside act that ends every outage."""
        self._note_up(host)
        self.at(host).outages.end_all()

    def _note_up(self, host: str) -> None:
        self._log.append(Kind.REGISTRY_UP, object=self._log.names.id(host))

    def slow(
        self, host: str, latency_us: int | None, bandwidth: int | None
    ) -> tuple[int, int | None]:
        """Let a registry be slow: an outside act; return latency and rate before.

        What is None stays as it is.
        """
        registry = self.at(host)
        before = registry.gate.latency_us, registry.uplink.egress.rate
        latency_us = before[0] if latency_us is None else latency_us
        bandwidth = before[1] if bandwidth is None else bandwidth
        self._log.append(
            Kind.REGISTRY_SLOW,
            object=self._log.names.id(host),
            text=self._log.names.id(_speed(latency_us, bandwidth)),
        )
        registry.change(latency_us, bandwidth)
        return before

    def restore(self, host: str, latency_us: int, bandwidth: int | None) -> None:
        """Let a registry be as fast as it was: an outside act."""
        self._log.append(Kind.REGISTRY_RESTORED, object=self._log.names.id(host))
        self.at(host).change(latency_us, bandwidth)


def _speed(latency_us: int, bandwidth: int | None) -> str:
    rate = "no limit" if bandwidth is None else f"{format_size(bandwidth)}/s"
    return f"latency {format_go_duration(latency_us)}, bandwidth {rate}"
