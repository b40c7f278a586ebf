"""One pull: resolve the name, then fetch and unpack what is missing.

Manifests come from the top down, the config before the layers; layers are downloaded
beside each other while the lower ones are unpacked. A layer that fails cancels the
others.

Source: containerd internal/cri/server/images/image_pull.go, core/images (Dispatch)
and core/unpack/unpacker.go.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.transfers import Link
from sim.cluster.registry.body import Body
from sim.cluster.registry.request import MANIFEST_BYTES, Response
from sim.cluster.runtime.content import Content, DownloadSlots
from sim.cluster.runtime.fetcher import CONFIG, LAYER, MANIFEST, Fetcher, Part
from sim.cluster.runtime.image_store import ImageStore
from sim.cluster.runtime.pull_progress import PullProgress
from sim.cluster.runtime.pull_request import Host, PullError, PullRequest
from sim.cluster.runtime.registry_client import RegistryClient
from sim.cluster.runtime.resolver import Resolver
from sim.cluster.runtime.unpacker import Unpacker
from sim.cluster.task import Task
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import runtime_errors
from sim.rules.runtime_profile import RuntimeProfile
from sim.scenario.model import Build, ContainerdConfiguration, Layer

# Looking a member up takes longer than a call.
RESOLVED_ROW = Kind.RESOLVED


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Daemon:
    """What the pulls of one node share."""

    env: Clock
    log: EventLog
    config: ContainerdConfiguration
    profile: RuntimeProfile
    platform: str
    ingress: Link
    store: ImageStore
    content: Content
    unpacker: Unpacker
    slots: DownloadSlots

    def has_all(self, build: Build) -> bool:
        """Whether a pull of this build has nothing to bring."""
        fits = build.platform in ("", self.platform)
        return fits and self.store.is_complete(build)

    def note_resolved(
        self, request: PullRequest, host: Host, response: Response
    ) -> int:
        """Write what the name of a pull means, and return the row."""
        build = response.build
        assert build is not None, request.reference  # noqa: S101 - it was found
        ids = self.log.names.id
        return self.log.append(
            RESOLVED_ROW,
            node=request.node,
            object=ids(host.registry.host),
            image=request.target.number,
            digest=ids(build.digest),
            cause=request.started,
            source=response.source,
        )


class ImagePull:
    """One pull under way. ``stored_bytes`` are what it brought to the disk.

    ``first`` is the answer of the first host, if a pull that began at ``started_us``
    has asked it already.
    """

    __slots__ = (
        "_client",
        "_daemon",
        "_downloads",
        "_fetcher",
        "_first",
        "_off",
        "_over",
        "_progress",
        "_request",
        "_slots",
        "_started_us",
        "stored_bytes",
    )

    _fetcher: Fetcher
    _progress: PullProgress
    _slots: DownloadSlots

    def __init__(
        self,
        daemon: Daemon,
        request: PullRequest,
        started_us: int,
        first: Response | None = None,
    ) -> None:
        self._daemon = daemon
        self._request = request
        self._first = first
        self._downloads: dict[Task[PullError | None], None] = {}
        self._off = False
        self._over = False
        self._started_us = started_us
        self.stored_bytes = 0
        self._client = RegistryClient(
            daemon.env, request, daemon.profile, daemon.config.version
        )

    def run(self) -> Generator[simpy.Event, Any, tuple[Build, int]]:
        """Return what the name means, and the row that says so; or ``PullError``."""
        daemon = self._daemon
        host, response = yield from self._resolve()
        row = daemon.note_resolved(self._request, host, response)
        build = response.build
        assert build is not None  # noqa: S101 - that row says which
        if not self._off and daemon.has_all(build):
            return build, row
        before = daemon.store.used_bytes
        daemon.store.lease(build)
        try:
            yield from self._fetch(build, row)
        except PullError:
            self._interrupt()
            raise
        finally:
            daemon.store.end_lease(build)
        self._progress.stop()  # or it would hold this pull for ever
        self.stored_bytes = daemon.store.used_bytes - before
        return build, row

    def _resolve(self) -> Generator[simpy.Event, Any, tuple[Host, Response]]:
        """Return who answered what the name means; the first host may have already."""
        daemon, request = self._daemon, self._request
        first, host = self._first, request.target.first
        if first is not None and first.ok and host is not None:
            self._client.keep(host)
            return host, first
        if first is None:
            yield daemon.env.delay(daemon.profile.pull_us)
        asked = daemon.log.names.id(request.reference.digest or "")
        resolver = Resolver(self._client, request, daemon.config.version, first)
        return (yield from resolver.resolve(asked))

    def _fetch(self, build: Build, row: int) -> Generator[simpy.Event, Any, None]:
        daemon, version = self._daemon, self._daemon.config.version
        self._fetcher = Fetcher(
            daemon.env,
            daemon.log.names,
            self._client,
            self._request,
            ingress=daemon.ingress,
            profile=daemon.profile,
            version=version,
        )
        timeout_us = daemon.config.image_pull_progress_timeout_us
        self._progress = PullProgress(
            daemon.env,
            self._started_us,
            timeout_us if version.times_progress else 0,
            self._interrupt,
        )
        self._slots = (
            daemon.slots
            if version.limits_daemon
            else DownloadSlots(daemon.env, daemon.config.max_concurrent_downloads)
        )
        yield from self._bring(MANIFEST, Body(build.digest, MANIFEST_BYTES))
        if build.platform not in ("", daemon.platform):
            reference = str(self._request.reference)
            text = runtime_errors.no_platform(reference, build.digest, version)
            raise PullError(text, row)
        if build.indexed:
            manifest = build.manifest_digest(daemon.platform)
            yield from self._bring(
                MANIFEST, Body(manifest, MANIFEST_BYTES, build.digest)
            )
        yield from self._bring(CONFIG, Body(build.config_digest, build.config_bytes))
        yield from daemon.unpacker.unpack(build, self._start)
        if self._off:
            yield daemon.env.event()  # never: nobody waits for it any more

    def _bring(self, part: Part, body: Body) -> Generator[simpy.Event, Any, None]:
        return self._daemon.content.bring(
            body, lambda body: self._fetcher.fetch(part, body)
        )

    # --- layers ---

    def _start(self, layers: Sequence[Layer]) -> list[simpy.Event | None]:
        """Begin to download what is missing of these layers."""
        return [
            None if self._daemon.store.has_blob(layer.digest) else self._download(layer)
            for layer in layers
        ]

    def _download(self, layer: Layer) -> simpy.Event:
        arrival = self._daemon.env.event()
        task = Task(self._daemon.env, self._bring_layer(layer), arrival.succeed)
        self._downloads[task] = None
        return arrival

    def _bring_layer(
        self, layer: Layer
    ) -> Generator[simpy.Event, Any, PullError | None]:
        """Return why the layer did not come, or None."""
        body = Body(layer.digest, layer.size_bytes)
        if self._over:
            return (yield from self._given_up())
        try:
            yield from self._slots.take()
            try:
                yield from self._daemon.content.bring(
                    body, self._fetch_layer, layer.size_bytes
                )
            finally:
                self._slots.release()
        except PullError as error:
            return error
        except simpy.Interrupt:
            return (yield from self._given_up())
        return None

    def _given_up(self) -> Generator[simpy.Event, Any, PullError]:
        if self._off:
            yield self._daemon.env.event()  # never: nobody waits for it any more
        text = runtime_errors.cancelled(str(self._request.reference))
        return PullError(text, self._request.started)

    def _fetch_layer(self, body: Body) -> Generator[simpy.Event, Any, None]:
        self._progress.begin(body)
        try:
            yield from self._fetcher.fetch(LAYER, body)
        finally:
            self._progress.end(body)

    # --- the end ---

    def stop(self) -> None:
        """The machine is off: nothing more is asked for, nobody waits."""
        self._off = True
        self._interrupt()

    def _interrupt(self) -> None:
        self._over = True
        for task in self._downloads:
            task.interrupt()
        self._downloads = {}
