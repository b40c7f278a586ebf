"""The container runtime's image service on one node: containerd as the CRI shows it.

A pull resolves the name at the registry, fetches what the content store lacks, and
unpacks layer by layer while the next ones arrive. Two pulls never fetch one blob
twice, nor unpack one chain twice: the second waits for the first.

Source: containerd internal/cri/server/images/image_pull.go, core/unpack/unpacker.go,
core/remotes/docker (resolver, fetcher, authorizer).
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from sim.cluster.clock import Clock
from sim.cluster.image_store import ImageInfo, ImageStore, chain_ids
from sim.cluster.network import Network
from sim.cluster.registries import Registries
from sim.cluster.registry import (
    MANIFEST_BYTES,
    NOT_FOUND,
    REFUSED,
    UNAUTHORIZED,
    Registry,
    Request,
    Response,
)
from sim.cluster.transfers import Link
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules import runtime_errors
from sim.rules.keyring import Credential
from sim.rules.reference import (
    ImageReferenceError,
    Reference,
    docker_reference,
    parse_normalized,
    pull_form,
    recorded_names,
)
from sim.rules.registry_answers import (
    Answer,
    Asked,
    Challenge,
    manifest_url,
    resolve_failure,
)
from sim.rules.runtime_auth import AuthConfig, parse_auth
from sim.rules.runtime_profile import CONTAINERD_2_1, RuntimeProfile
from sim.scenario.model import Build, Layer, NodeGroup

CONFIG_BYTES = 5_000
AUTHORIZATION_TRIES = 5

Step = Generator[simpy.Event, Any, Response]


class Ask(Protocol):
    """One kind of request that may need credentials."""

    def __call__(self, pull: "_Pull", *, known: bool) -> Step:
        """Send it, with the pull's credential if ``known``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PullResult:
    """What one PullImage gave: an image, or ``error``.

    ``row`` is the row that stored the name, or the request that failed; ``missing``
    tells that the registry let the pull in and has no such image.
    """

    image_ref: str = ""
    digest: str = ""
    row: int = NONE
    error: str = ""
    missing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pull:
    """One pull under way."""

    text: str
    reference: Reference
    registry: Registry
    credential: Credential | None
    image: int
    wanted: int
    started: int


class ContainerRuntime:
    """One node's images. ``stop`` ends everything that is under way.

    ``last_arrival_row`` is the row that asked for the image that came last, -1 if
    none ever did.
    """

    __slots__ = (
        "_downloads",
        "_env",
        "_fetching",
        "_free_slots",
        "_ingress",
        "_log",
        "_network",
        "_node",
        "_platform",
        "_profile",
        "_registries",
        "_removed_rows",
        "_unpacking",
        "_waiting",
        "last_arrival_row",
        "store",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        node: int,
        group: NodeGroup,
        *,
        registries: Registries,
        network: Network,
        profile: RuntimeProfile = CONTAINERD_2_1,
    ) -> None:
        self._env = env
        self._log = log
        self._node = node
        self._platform = group.platform
        self._ingress = Link(group.bandwidth)
        self._registries = registries
        self._network = network
        self._profile = profile
        self._free_slots = profile.max_concurrent_downloads
        self._waiting: deque[simpy.Event] = deque()
        self._downloads: dict[simpy.Process, None] = {}
        self._fetching: dict[str, simpy.Event] = {}
        self._unpacking: dict[str, simpy.Event] = {}
        self._removed_rows: dict[str, int] = {}  # name -> row
        self.last_arrival_row = NONE
        self.store = ImageStore()

    # --- before the clock starts ---

    def pre_pull(self, image: str, build: str | None) -> None:
        """Put an image on the node: a named build, or what its tag means now."""
        reference = docker_reference(image)
        if build is None:
            tagged = self._registries.tagged(reference.name, reference.tag or "")
            assert tagged is not None, image  # noqa: S101 - the border has checked
            content, source = tagged
        else:
            content = self._registries.build(reference.name, build)
            source = self._registries.first_push(reference.name, content.digest)
        self.store.add_all(content)
        row = self._point(image, content, Kind.PRE_PULLED, NONE, source)
        self.last_arrival_row = row

    def hold(self, image: str, image_id: str) -> str:
        """Have the content that a container runs, though the node did not list it.

        Returns the image's ID. A kubelet lists 50 images at most. A name that means
        something else here by now, because its tag was pulled anew, keeps its meaning.
        """
        name, _, digest = image_id.partition("@")
        content = self._registries.build_of(parse_normalized(name).name, digest)
        source = self._registries.first_push(parse_normalized(name).name, digest)
        self.store.add_all(content)
        known = self.store.find(image) is not None
        text = image_id if known else image
        self._point(text, content, Kind.PRE_PULLED, NONE, source)
        return content.config_digest

    def _point(
        self,
        image: str,
        build: Build,
        kind: Kind,
        cause: int,
        source: int,
        size: int = 0,
    ) -> int:
        """Let the names of an image mean a build; return the row of the first."""
        rows = []
        for name in recorded_names(image, build.digest):
            info = self.store.find(name)
            if info is not None and self.store.means(name, build):
                rows.append(info.row)
                continue
            row = self._log.append(
                kind,
                node=self._node,
                image=self._log.names.id(name),
                digest=self._log.names.id(build.digest),
                amount=size,
                cause=cause,
                source=source,
            )
            self.store.point(name, build, row)
            self._removed_rows.pop(name, None)
            rows.append(row)
        return rows[0]

    # --- the image service of the CRI ---

    def image_status(self, image: str) -> ImageInfo | None:
        """Return the image that a name (or an ID) means on this node, or None."""
        return self.store.find(image)

    def removed_row(self, image: str) -> int:
        """Return the row that removed the image of a name, -1 if none did."""
        try:
            return self._removed_rows.get(pull_form(image), NONE)
        except ImageReferenceError:
            return NONE

    def remove_image(self, image_id: str, reason: int, cause: int) -> None:
        """Remove an image; every name that it had is a row, the first has the bytes."""
        image = self.store.find(image_id)
        assert image is not None, image_id  # noqa: S101 - it was listed
        freed = self.store.remove(image_id)
        for name in (*image.repo_tags, *image.repo_digests) or (image_id,):
            self._removed_rows[name] = self._log.append(
                Kind.IMAGE_REMOVED,
                node=self._node,
                image=self._log.names.id(name),
                digest=self._log.names.id(image.digest),
                reason=reason,
                amount=freed,
                cause=cause,
            )
            freed = 0

    def pull_image(
        self,
        image: str,
        credential: Credential | None,
        *,
        pod_id: int,
        cause: int,
        source: int,
        label: int,
    ) -> Generator[simpy.Event, Any, PullResult]:
        """Pull once; a failure is a result whose error is the CRI client's text."""
        started = self._log.append(
            Kind.PULL_STARTED,
            node=self._node,
            pod=pod_id,
            image=self._log.names.id(image),
            text=label,
            cause=cause,
            source=source,
        )
        try:
            reference = docker_reference(image)
        except ImageReferenceError as error:
            text = f'failed to parse image reference "{image}": {error}'
            return PullResult(error=text, row=cause)
        registry = self._registries.at(reference.domain)
        pull = _Pull(
            text=image,
            reference=reference,
            registry=registry,
            credential=_usable(credential, registry.host),
            image=self._log.names.id(str(reference)),
            wanted=cause,
            started=started,
        )
        return (yield from self._resolve_and_fetch(pull))

    def _resolve_and_fetch(
        self, pull: _Pull
    ) -> Generator[simpy.Event, Any, PullResult]:
        round_trips = self._profile.connect_round_trips * pull.registry.latency_us
        yield self._env.timeout(self._profile.pull_us + round_trips)
        resolved = yield from self._authorized(pull, self._head)
        build = resolved.build
        if not resolved.ok or build is None:
            return self._failed(pull, resolved)
        row = self._log.append(
            Kind.RESOLVED,
            node=self._node,
            object=self._log.names.id(pull.registry.host),
            image=pull.image,
            digest=self._log.names.id(build.digest),
            cause=pull.started,
            source=resolved.source,
        )
        if build.platform not in ("", self._platform):
            error = runtime_errors.no_platform(str(pull.reference), build.digest)
            return PullResult(error=error, row=row)
        before = self.store.used_bytes
        self.store.lease(build)
        try:
            failure = yield from self._fetch(pull, build)
        finally:
            self.store.end_lease(build)
        if failure is not None:
            return self._failed(pull, failure)
        size = self.store.used_bytes - before
        stored = self._point(
            pull.text, build, Kind.IMAGE_STORED, pull.started, row, size
        )
        self.last_arrival_row = pull.wanted
        return PullResult(
            image_ref=build.config_digest, digest=build.digest, row=stored
        )

    def _failed(self, pull: _Pull, response: Response) -> PullResult:
        reference = str(pull.reference)
        if response.status == REFUSED:
            error = runtime_errors.connection_refused(
                reference, manifest_url(pull.reference), pull.registry.host
            )
        else:
            failure = resolve_failure(
                pull.reference,
                [_answer(response)],
                credentials=pull.credential is not None,
            )
            error = runtime_errors.resolve_failed(reference, failure)
        text = runtime_errors.cri_client_text(error)
        missing = response.status == NOT_FOUND
        return PullResult(error=text, row=response.row, missing=missing)

    # --- requests ---

    def _request(self, pull: _Pull, digest: str, *, known: bool) -> Request:
        return Request(
            node=self._node,
            image=pull.image,
            digest=self._log.names.id(digest),
            cause=pull.started,
            wanted=pull.wanted,
            credential=pull.credential if known else None,
        )

    def _authorized(self, pull: _Pull, ask: Ask) -> Step:
        """Ask without credentials first; a private registry is then asked again.

        Basic authentication that is refused is repeated, as containerd does.
        """
        yield self._env.timeout(self._profile.request_us)
        response = yield from ask(pull, known=False)
        tries = AUTHORIZATION_TRIES if pull.credential is not None else 0
        while response.status == UNAUTHORIZED and tries:
            response = yield from ask(pull, known=True)
            tries -= 1
        return response

    def _head(self, pull: _Pull, *, known: bool) -> Step:
        reference = pull.reference
        what = reference.digest or reference.tag or ""
        request = self._request(pull, reference.digest or "", known=known)
        return pull.registry.resolve(request, reference.name, what)

    def _get(
        self, pull: _Pull, what: str, digest: str, size: int, *, known: bool = True
    ) -> Step:
        request = self._request(pull, digest, known=known)
        return pull.registry.get(request, what, size, self._ingress)

    # --- content ---

    def _fetch(
        self, pull: _Pull, build: Build
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Bring a build here; return the response that failed, or None."""
        if not self.store.has_blob(build.digest):

            def manifest(pull: _Pull, *, known: bool) -> Step:
                digest = build.digest
                return self._get(
                    pull, "GET manifest", digest, MANIFEST_BYTES, known=known
                )

            response = yield from self._authorized(pull, manifest)
            if not response.ok:
                return response
            yield self._env.timeout(self._profile.commit_us)
            self.store.add_blob(build.digest)
        if not self.store.has_blob(build.config_digest):
            response = yield from self._download(
                pull, "GET config", build.config_digest, CONFIG_BYTES
            )
            if not response.ok:
                return response
            self.store.add_blob(build.config_digest)
        return (yield from self._unpack_all(pull, build))

    def _download(self, pull: _Pull, what: str, digest: str, size: int) -> Step:
        yield self._env.timeout(self._profile.request_us)
        response = yield from self._get(pull, what, digest, size)
        if response.ok:
            yield self._env.timeout(self._profile.commit_us)
        return response

    def _unpack_all(
        self, pull: _Pull, build: Build
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Walk the layers from the bottom; fetch from the first missing one on."""
        for number, chain in enumerate(chain_ids(build)):
            while chain in self._unpacking:
                yield self._unpacking[chain]
            if self.store.has_chain(chain):
                continue
            lock = self._unpacking[chain] = self._env.event()
            try:
                # The chain's lock comes before any download, as upstream.
                fetched = self._fetch_layers(pull, build.layers[number:])
                response: Response = yield fetched
                if not response.ok:
                    return response
                layer = build.layers[number]
                yield self._env.timeout(
                    self._profile.unpack_us(
                        layer.size_bytes, layer.unpacked_bytes, layer.files
                    )
                )
                self.store.add_chain(chain, layer)
            finally:
                del self._unpacking[chain]
                lock.succeed()
        return None

    def _fetch_layers(self, pull: _Pull, layers: tuple[Layer, ...]) -> simpy.Event:
        """Start what is missing; return the event of the first layer's response."""
        for layer in layers:
            digest = layer.digest
            if self.store.has_blob(digest) or digest in self._fetching:
                continue
            self._fetching[digest] = self._env.event()
            process = self._env.process(self._fetch_layer(pull, layer))
            self._downloads[process] = None
        first = layers[0].digest
        if first in self._fetching:
            return self._fetching[first]
        here = self._env.event()
        here.succeed(Response(status=200, row=NONE))
        return here

    def _fetch_layer(
        self, pull: _Pull, layer: Layer
    ) -> Generator[simpy.Event, Any, None]:
        process = self._env.active_process
        try:
            yield from self._take_slot()
            response = yield from self._download(
                pull, "GET blob", layer.digest, layer.size_bytes
            )
            if response.ok:
                self.store.add_blob(layer.digest, layer.size_bytes)
        except simpy.Interrupt:
            return
        self._release_slot()
        if process is not None:
            self._downloads.pop(process, None)
        self._fetching.pop(layer.digest).succeed(response)

    def _take_slot(self) -> Generator[simpy.Event, Any, None]:
        if self._free_slots:
            self._free_slots -= 1
            return
        turn = self._env.event()
        self._waiting.append(turn)
        yield turn

    def _release_slot(self) -> None:
        if self._waiting:
            self._waiting.popleft().succeed()
        else:
            self._free_slots += 1

    # --- the end ---

    def stop(self) -> None:
        """The machine is off."""
        for process in self._downloads:
            begun = not isinstance(process.target, simpy.events.Initialize)
            if begun and process.is_alive:
                process.interrupt()
        self._downloads = {}


def _usable(credential: Credential | None, host: str) -> Credential | None:
    """Return what basic authentication can be tried with; the rest is as nothing."""
    if credential is None:
        return None
    auth = AuthConfig(username=credential.username, password=credential.password)
    return credential if parse_auth(auth, host).basic else None


def _answer(response: Response) -> Answer:
    refused = response.status == UNAUTHORIZED
    challenge = Challenge.BASIC if refused else Challenge.NONE
    return Answer(asked=Asked.MANIFEST, status=response.status, challenge=challenge)
