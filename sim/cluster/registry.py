"""Registries: mutable tags, manifests and blobs, accounts, and being down.

Every request is a row, whether it is answered or not. A registry answers after its
latency (the round trip); blobs then cross its egress link and the node's.

Source: distribution specification (OCI) for requests and status codes;
distribution/registry 2.8 for what a moved tag leaves behind.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network import Network
from sim.cluster.transfers import Link, LinkBroken
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules.durations import format_go_duration
from sim.rules.keyring import Credential
from sim.scenario import model
from sim.units import format_size

# A host that a scenario does not describe: a public registry, 40 ms away, as wide as
# the nodes' own links.
DEFAULT_LATENCY_US = 40_000

REFUSED = 0
OK = 200
UNAUTHORIZED = 401
NOT_FOUND = 404


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer: HTTP status (0 = refused), the row it is in, and what it names."""

    status: int
    row: int
    build: model.Build | None = None
    source: int = NONE

    @property
    def ok(self) -> bool:
        """Whether what was asked for was served."""
        return self.status == OK


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Who asks whom for what, and because of which row; numbers of the record.

    ``wanted`` is the row that asked for the image: what nobody ever pushed is due to
    that, not to the credential it was asked with.
    """

    node: int
    image: int
    digest: int
    cause: int
    wanted: int
    credential: Credential | None


Answer = Generator[simpy.Event, Any, Response]


class Repository:
    """One image on a registry: builds by digest, tags with the row that set them.

    ``deleted`` are tags that were there once, with the row that deleted them.
    """

    __slots__ = ("builds", "deleted", "tags")

    def __init__(self) -> None:
        self.builds: dict[str, model.Build] = {}
        self.tags: dict[str, tuple[model.Build, int]] = {}
        self.deleted: dict[str, int] = {}


class Registry:
    """One host, which is down as long as any outage lasts."""

    __slots__ = (
        "_env",
        "_id",
        "_log",
        "_network",
        "_outages",
        "accounts",
        "egress",
        "host",
        "latency_us",
        "repositories",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        network: Network,
        declared: model.Registry,
    ) -> None:
        self._env = env
        self._log = log
        self._network = network
        self._id = log.names.id(declared.host)
        self.host = declared.host
        self.latency_us = declared.latency_us
        self.egress = Link(
            declared.bandwidth,
            per_flow=declared.fairness == "flow",
            connection_rate=declared.connection_bandwidth,
        )
        self.accounts = declared.accounts
        self.repositories: dict[str, Repository] = {}
        self._outages: list[int] = []

    @property
    def down(self) -> bool:
        """Whether connections are refused."""
        return bool(self._outages)

    @property
    def down_row(self) -> int:
        """The row of the oldest outage that lasts, -1 while the registry is up."""
        return self._outages[0] if self._outages else NONE

    def go_down(self, row: int) -> None:
        """Refuse connections from now on, and break off what is under way."""
        self._outages.append(row)
        self._network.cut(self.egress)

    def end_outage(self, row: int) -> bool:
        """End one outage; return whether the registry answers again by that."""
        if row not in self._outages:
            return False
        self._outages.remove(row)
        return not self._outages

    def come_up(self) -> None:
        """Answer again, whatever outages there were."""
        self._outages.clear()

    def change(self, latency_us: int, bandwidth: int | None) -> None:
        """Answer after another time and serve at another rate from now on."""
        self.latency_us = latency_us
        self._network.set_rate(self.egress, bandwidth)

    def login(self, username: str, password: str) -> int:
        """Return the status that a login with these gets, without asking over time."""
        if self.down:
            return REFUSED
        credential = Credential(username=username, password=password)
        return OK if self._admits(credential) else UNAUTHORIZED

    def resolve(self, request: Request, repository: str, reference: str) -> Answer:
        """HEAD a manifest by tag or digest: say what the reference means now."""
        began_us = self._env.now
        refused = yield from self._reach(request, "HEAD manifest")
        if refused is not None:
            return refused
        build, source = self._find(repository, reference)
        status = OK if build else NOT_FOUND
        # What is not there was deleted, or never was: then it is due to who asked.
        gone = request.wanted if source == NONE else source
        why = NONE if build else gone
        row = self._row(request, "HEAD manifest", status, began_us, source=why)
        return Response(status=status, row=row, build=build, source=source)

    def get(
        self, request: Request, what: str, size_bytes: int, ingress: Link
    ) -> Answer:
        """GET a manifest, config or layer of that size over the node's link."""
        began_us = self._env.now
        refused = yield from self._reach(request, what)
        if refused is not None:
            return refused
        transfer = self._network.transfer(self.egress, ingress, size_bytes)
        try:
            yield transfer.done
        except simpy.Interrupt:
            self._network.cancel(transfer)
            raise
        except LinkBroken:
            return self._refuse(request, what, began_us)
        row = self._row(request, what, OK, began_us, size_bytes=size_bytes)
        return Response(status=OK, row=row)

    def _reach(
        self, request: Request, what: str
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Take the round trip; return an answer if that is already the end of it."""
        began_us = self._env.now
        if not self.down:
            yield self._env.timeout(self.latency_us)
        if self.down:
            return self._refuse(request, what, began_us)
        if not self._admits(request.credential):
            row = self._row(request, what, UNAUTHORIZED, began_us)
            return Response(status=UNAUTHORIZED, row=row)
        return None

    def _refuse(self, request: Request, what: str, began_us: int) -> Response:
        row = self._row(request, what, REFUSED, began_us, source=self.down_row)
        return Response(status=REFUSED, row=row)

    def _admits(self, credential: Credential | None) -> bool:
        if self.accounts is None:
            return True
        if credential is None:
            return False
        return self.accounts.get(credential.username) == credential.password

    def _find(self, repository: str, reference: str) -> tuple[model.Build | None, int]:
        known = self.repositories.get(repository)
        if known is None:
            return None, NONE
        if ":" in reference:  # a digest; its row is that of the push that brought it
            pushed = [row for b, row in known.tags.values() if b.digest == reference]
            return known.builds.get(reference), max(pushed, default=NONE)
        gone = (None, known.deleted.get(reference, NONE))
        return known.tags.get(reference, gone)

    def _row(
        self,
        request: Request,
        what: str,
        status: int,
        began_us: int,
        *,
        size_bytes: int = 0,
        source: int = NONE,
    ) -> int:
        names = self._log.names
        return self._log.append(
            Kind.REQUEST,
            node=request.node,
            object=self._id,
            image=request.image,
            digest=request.digest,
            text=names.id(f"{what} {status or 'refused'}"),
            amount=size_bytes,
            span=self._env.now - began_us,
            cause=request.cause,
            source=source,
        )


class Registries:
    """All registries, by host; a host nobody described gets the defaults."""

    __slots__ = ("_by_host", "_env", "_images", "_log", "_network", "_pushes")

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
        self._by_host = {
            registry.host: Registry(env, log, network, registry)
            for registry in declared
        }

    def at(self, host: str) -> Registry:
        """Return the registry of a host."""
        registry = self._by_host.get(host)
        if registry is None:
            declared = model.Registry(host=host, latency_us=DEFAULT_LATENCY_US)
            registry = Registry(self._env, self._log, self._network, declared)
            self._by_host[host] = registry
        return registry

    def push_initial_tags(self) -> None:
        """Push what the scenario says is there at the start."""
        for image in self._images.values():
            repository = self._repository(image.name)
            repository.builds |= {b.digest: b for b in image.builds.values()}
            for tag, build in image.tags.items():
                self.push(image.name, tag, build)

    def push(self, image: str, tag: str, build: str) -> None:
        """Let a tag point to a build from now on; the old build stays by digest."""
        pushed = self._images[image].builds[build]
        names = self._log.names
        row = self._log.append(
            Kind.TAG_PUSHED,
            image=names.id(f"{image}:{tag}"),
            digest=names.id(pushed.digest),
            text=names.id(build),
        )
        repository = self._repository(image)
        repository.builds[pushed.digest] = pushed
        repository.tags[tag] = (pushed, row)
        repository.deleted.pop(tag, None)
        self._pushes.setdefault(f"{image}@{pushed.digest}", row)

    def delete_tag(self, image: str, tag: str) -> None:
        """Let a tag mean nothing from now on: an outside act; the build stays."""
        repository = self._repository(image)
        names = self._log.names
        there = repository.tags.pop(tag, None) is not None
        row = self._log.append(
            Kind.TAG_DELETED,
            image=names.id(f"{image}:{tag}"),
            reason=names.id("" if there else f"tag unknown: {tag}"),
        )
        if there:
            repository.deleted[tag] = row

    def _repository(self, image: str) -> Repository:
        host = image.partition("/")[0]
        return self.at(host).repositories.setdefault(image, Repository())

    def build(self, image: str, name: str) -> model.Build:
        """Return a declared build of an image."""
        return self._images[image].builds[name]

    def build_of(self, image: str, digest: str) -> model.Build:
        """Return the build with a digest."""
        return self._repository(image).builds[digest]

    def tagged(self, image: str, tag: str) -> tuple[model.Build, int] | None:
        """Return what a tag means now, with the row that made it so."""
        return self._repository(image).tags.get(tag)

    def first_push(self, image: str, digest: str) -> int:
        """Return the first row that pushed this content, -1 if none has yet."""
        return self._pushes.get(f"{image}@{digest}", NONE)

    def stop(self, host: str) -> int:
        """Let a registry go down: an outside act; return the row of the outage."""
        row = self._log.append(Kind.REGISTRY_DOWN, object=self._log.names.id(host))
        self.at(host).go_down(row)
        return row

    def end_outage(self, host: str, row: int) -> None:
        """Let an outage end; the registry stays down while another one lasts."""
        if self.at(host).end_outage(row):
            self._note_up(host)

    def start(self, host: str) -> None:
        """Let a registry answer again: an outside act that ends every outage."""
        self._note_up(host)
        self.at(host).come_up()

    def _note_up(self, host: str) -> None:
        self._log.append(Kind.REGISTRY_UP, object=self._log.names.id(host))

    def slow(
        self, host: str, latency_us: int | None, bandwidth: int | None
    ) -> tuple[int, int | None]:
        """Let a registry be slow: an outside act; return latency and rate before.

        What is None stays as it is.
        """
        registry = self.at(host)
        before = registry.latency_us, registry.egress.rate
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
