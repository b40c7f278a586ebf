"""Registries: mutable tags, manifests and blobs, accounts, and being down.

Every request is a row, whether it is answered or not. A registry answers after its
latency (the round trip); blobs then cross its egress link and the node's.

Source: distribution specification (OCI) for requests and status codes;
distribution/registry 2.8 for what a moved tag leaves behind.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import simpy

from sim.cluster.body import Body
from sim.cluster.clock import Clock
from sim.cluster.network import Network
from sim.cluster.transfers import Link, LinkBroken
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules.durations import format_go_duration
from sim.rules.keyring import Credential
from sim.rules.registry_answers import INSUFFICIENT_SCOPE, Asked, Challenge
from sim.rules.registry_answers import Answer as Answered
from sim.rules.registry_faults import NO_FAULTS, Unreachable
from sim.scenario import model
from sim.units import SECOND, format_size

# A host that a scenario does not describe: a public registry, 40 ms away, as wide as
# the nodes' own links.
DEFAULT_LATENCY_US = 40_000

REFUSED = 0
OK = 200
PARTIAL = 206
UNAUTHORIZED = 401
NOT_FOUND = 404

_MESSAGES = {429: "toomanyrequests: You have reached your pull rate limit."}


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer: HTTP status (0 = none), the row it is in, and what it names.

    ``unreached`` says why there is none; ``message`` is the body of a refusal.
    """

    status: int
    row: int
    build: model.Build | None = None
    source: int = NONE
    challenge: Challenge = Challenge.NONE
    challenge_error: str = ""
    message: str = ""
    unreached: Unreachable | None = None
    asked: Asked = Asked.MANIFEST

    @property
    def ok(self) -> bool:
        """Whether what was asked for was served."""
        return self.status in (OK, PARTIAL)

    @property
    def answer(self) -> Answered:
        """What of it decides what comes next."""
        return Answered(
            asked=self.asked,
            status=self.status,
            challenge=self.challenge,
            challenge_error=self.challenge_error,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Who asks whom for what, and because of which row; numbers of the record.

    ``wanted`` is the row that asked for the image: what nobody ever pushed is due to
    that, not to the credential it was asked with. ``lead_us`` is what passes before
    the request is sent: the client's own time, and a new connection. ``body`` is
    what a GET fills.
    """

    node: int
    image: int
    digest: int
    cause: int
    wanted: int
    credential: Credential | None
    token: bool = False
    lead_us: int = 0
    body: Body | None = None


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
    """One host. ``down_row`` is the row by which it went down, -1 while it is up."""

    __slots__ = (
        "_blobs",
        "_env",
        "_id",
        "_log",
        "_network",
        "accounts",
        "burst_bytes",
        "down_row",
        "egress",
        "faults",
        "grants",
        "host",
        "latency_us",
        "repositories",
        "token_service",
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
        self._blobs: dict[str, None] = {}
        self.host = declared.host
        self.latency_us = declared.latency_us
        self.egress = Link(
            declared.bandwidth,
            per_flow=declared.fairness == "flow",
            connection_rate=declared.connection_bandwidth,
        )
        each = declared.connection_bandwidth or 0
        self.burst_bytes = each * declared.connection_burst_us // SECOND
        self.accounts = declared.accounts
        self.token_service = declared.token_service
        self.grants = True  # whether a token gives the right to pull
        self.faults = NO_FAULTS
        self.repositories: dict[str, Repository] = {}
        self.down_row = NONE

    @property
    def down(self) -> bool:
        """Whether connections are refused."""
        return self.down_row != NONE

    def go_down(self, row: int) -> None:
        """Refuse connections from now on, and break off what is under way."""
        self.down_row = row
        self._network.cut(self.egress)

    def come_up(self) -> None:
        """Answer again."""
        self.down_row = NONE

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

    def token(self, request: Request, method: str) -> Answer:
        """Ask the token service for one, with the password or anonymously."""
        began_us = self._env.now
        what = f"{method} token"
        yield self._env.timeout(request.lead_us + self.latency_us)
        given = request.credential is None or self._knows(request.credential)
        status = OK if given else UNAUTHORIZED
        row = self._row(request, what, status, began_us)
        return Response(status=status, row=row, asked=Asked.TOKEN)

    def resolve(self, request: Request, repository: str, reference: str) -> Answer:
        """HEAD a manifest by tag or digest: say what the reference means now."""
        began_us = self._env.now
        refused = yield from self._reach(request, "HEAD manifest", reference)
        if refused is not None:
            return refused
        build, source = self._find(repository, reference)
        status = OK if build else NOT_FOUND
        # What is not there was deleted, or never was: then it is due to who asked.
        gone = request.wanted if source == NONE else source
        why = NONE if build else gone
        row = self._row(request, "HEAD manifest", status, began_us, source=why)
        return Response(status=status, row=row, build=build, source=source)

    def look_for_blob(self, request: Request, digest: str) -> Answer:
        """HEAD a blob: the last try for the digest of a manifest, which is none."""
        began_us = self._env.now
        refused = yield from self._reach(request, "HEAD blob", digest)
        if refused is not None:
            return refused
        row = self._row(
            request, "HEAD blob", NOT_FOUND, began_us, source=request.wanted
        )
        return Response(status=NOT_FOUND, row=row)

    def get(self, request: Request, what: str, body: Body, ingress: Link) -> Answer:
        """GET what is left of a manifest, config or layer, over the node's link.

        The answer is good if the headers were; ``body`` shows what arrived.
        """
        began_us = self._env.now
        refused = yield from self._reach(request, what, body.digest)
        if refused is not None:
            return refused
        if (body.index or body.digest) not in self._blobs:
            row = self._row(request, what, NOT_FOUND, began_us, source=request.wanted)
            return Response(status=NOT_FOUND, row=row)
        status = PARTIAL if body.received else OK
        before = body.received
        broken = NONE
        try:
            yield from self._send(what, body, ingress)
        except LinkBroken:
            broken = self.down_row
        finally:
            self._arrived(body)
            row = self._row(
                request,
                what,
                status,
                began_us,
                size_bytes=body.received - before,
                source=broken,
            )
        return Response(status=status, row=row)

    def _send(
        self, what: str, body: Body, ingress: Link
    ) -> Generator[simpy.Event, Any, None]:
        """Send a body, or as much of it as the faults let pass."""
        left = body.left
        faults = self.faults
        passing = faults.passing_bytes(what, left, again=body.received > 0)
        # What passes without delay is here at once.
        at_once = min(self.burst_bytes, passing)
        body.received += at_once
        body.corrupt |= faults.corrupt and what == "GET blob"
        transfer = self._network.transfer(self.egress, ingress, passing - at_once)
        body.transfer = transfer
        try:
            yield transfer.done
            if passing < left and faults.stall_us:
                yield self._env.timeout(faults.stall_us)
        except simpy.Interrupt:
            self._network.cancel(transfer)
            raise

    def _arrived(self, body: Body) -> None:
        if body.transfer is not None:
            body.received += body.transfer.received(self._env.now)
            body.transfer = None

    def _reach(
        self, request: Request, what: str, digest: str
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Take the round trip; return an answer if that is already the end of it."""
        began_us = self._env.now
        unreached = self.faults.unreached
        after_us = unreached.after_us if unreached else None
        round_trip_us = self.latency_us if after_us is None else after_us
        lead_us = 0 if unreached or self.down else request.lead_us
        yield self._env.timeout(lead_us + round_trip_us)
        if self.down:
            return self._refuse(request, what, began_us, Unreachable.REFUSED)
        if unreached:
            return self._refuse(request, what, began_us, unreached.why)
        challenged = self._challenge(request)
        if challenged is not None:
            row = self._row(request, what, UNAUTHORIZED, began_us)
            challenge, error = challenged
            return Response(
                status=UNAUTHORIZED,
                row=row,
                challenge=challenge,
                challenge_error=error,
            )
        status = self.faults.status(what, digest)
        if status:
            row = self._row(request, what, status, began_us)
            return Response(status=status, row=row, message=_MESSAGES.get(status, ""))
        return None

    def _refuse(
        self, request: Request, what: str, began_us: int, why: Unreachable
    ) -> Response:
        row = self._row(request, what, REFUSED, began_us, source=self.down_row)
        return Response(status=REFUSED, row=row, unreached=why)

    def _challenge(self, request: Request) -> tuple[Challenge, str] | None:
        """Return what a 401 asks for, and the error it names; None = let in."""
        if self.token_service:
            if not request.token:
                return Challenge.BEARER, ""
            return None if self.grants else (Challenge.BEARER, INSUFFICIENT_SCOPE)
        if self._admits(request.credential):
            return None
        return Challenge.BASIC, ""

    def _knows(self, credential: Credential) -> bool:
        accounts = self.accounts or {}
        return accounts.get(credential.username) == credential.password

    def hold(self, build: model.Build) -> None:
        """Have the manifests and blobs of a build."""
        digests = [layer.digest for layer in build.layers]
        self._blobs |= dict.fromkeys([*digests, build.digest, build.config_digest])

    def _admits(self, credential: Credential | None) -> bool:
        if self.accounts is None:
            return True
        if credential is None:
            return False
        return self._knows(credential)

    def _find(self, repository: str, reference: str) -> tuple[model.Build | None, int]:
        # A mirror has the same path below its own name.
        path = repository.partition("/")[2]
        known = self.repositories.get(f"{self.host}/{path}")
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
            text=names.id(_texts(what, status)),
            amount=size_bytes,
            span=self._env.now - began_us,
            cause=request.cause,
            source=source,
        )


@lru_cache(maxsize=1024)
def _texts(what: str, status: int) -> str:
    return f"{what} {status or 'refused'}"


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
            for one in image.builds.values():
                self.at(image.name.partition("/")[0]).hold(one)
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
        self.at(image.partition("/")[0]).hold(pushed)
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

    def stop(self, host: str) -> None:
        """Let a registry go down: an outside act."""
        row = self._log.append(Kind.REGISTRY_DOWN, object=self._log.names.id(host))
        self.at(host).go_down(row)

    def start(self, host: str) -> None:
        """Let a registry answer again: an outside act."""
        self._log.append(Kind.REGISTRY_UP, object=self._log.names.id(host))
        self.at(host).come_up()

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
