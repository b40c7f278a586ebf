"""The container runtime's image service on one node: containerd as the CRI shows it.

A pull resolves the name (``resolver``), then fetches what the content store lacks and
unpacks it (``image_pull``). Here are the names of images, and what the kubelet calls.

Source: containerd internal/cri/server/images (image_pull.go, image_status.go,
image_remove.go).
"""

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.transfers import Link
from sim.cluster.registry.registries import Registries
from sim.cluster.registry.request import Response
from sim.cluster.runtime.content import Content, DownloadSlots
from sim.cluster.runtime.first_answer import FirstAnswer, Running
from sim.cluster.runtime.image_pull import Daemon, ImagePull
from sim.cluster.runtime.image_store import ImageStore
from sim.cluster.runtime.pull_request import (
    PullError,
    PullImageRequest,
    PullRequest,
    Target,
    hosts_of,
    target_of,
    usable,
)
from sim.cluster.runtime.unpacker import Unpacker
from sim.cluster.task import Task
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules import runtime_errors
from sim.rules.reference import (
    ImageReferenceError,
    docker_reference,
    parse_normalized,
    pull_form,
    recorded_names,
)
from sim.rules.runtime_profile import PROFILES
from sim.scenario.model import Build, NodeGroup
from sim.value import value

# Looking a member up takes longer than a call.
PULL_STARTED_ROW, STORED_ROW = Kind.PULL_STARTED, Kind.IMAGE_STORED


@lru_cache(maxsize=4096)
def _recorded_names(text: str, digest: str) -> tuple[str, ...]:
    return tuple(recorded_names(text, digest))


@value
class PullResult:
    """What one PullImage gave: an image, or ``error``.

    ``row`` is the row that stored the name, or resolved it if that was later, or the
    request that failed; ``missing`` tells that the registry let the pull in and has
    no such image.
    """

    image_ref: str = ""
    digest: str = ""
    row: int = NONE
    error: str = ""
    missing: bool = False


class ContainerRuntime:
    """One node's images. ``stop`` ends everything that is under way.

    ``image_status`` finds the image that a name (or an ID) means on this node.
    ``last_arrival_row`` is the row that asked for the image that came last, -1 if
    none ever did.
    """

    __slots__ = (
        "_config",
        "_daemon",
        "_env",
        "_log",
        "_node",
        "_pulls",
        "_registries",
        "_removed_rows",
        "_targets",
        "image_status",
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
    ) -> None:
        self._env = env
        self._log = log
        self._node = node
        self._config = group.containerd
        self._registries = registries
        self._pulls: dict[ImagePull, None] = {}
        self._removed_rows: dict[str, int] = {}  # name -> row
        self._targets: dict[str, Target] = registries.targets(group.containerd)
        self.last_arrival_row = NONE
        self.store = ImageStore(group.platform)
        self.image_status = self.store.find
        profile = PROFILES[self._config.version, self._config.storage]
        rates = [profile.ingest_rate, group.bandwidth or profile.ingest_rate]
        self._daemon = Daemon(
            env=env,
            log=log,
            config=self._config,
            profile=profile,
            platform=group.platform,
            ingress=Link(min(rates)),
            store=self.store,
            content=Content(env, self.store),
            unpacker=Unpacker(env, self.store, profile),
            slots=DownloadSlots(env, self._config.max_concurrent_downloads),
        )

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
        names = _recorded_names(image, build.digest)
        info = self.store.find(image)
        if info and info.id == build.config_digest and names[-1] in info.repo_digests:
            return info.row  # most pulls bring nothing new
        for name in names:
            known = self.store.row_of(name, build)
            if known is not None:
                rows.append(known)
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
        self, asked: PullImageRequest
    ) -> Generator[simpy.Event, Any, PullResult]:
        """Pull once; a failure is a result whose error is the CRI client's text."""
        pull = self._begin(asked)
        if isinstance(pull, PullResult):
            return pull
        return (yield from self._run(pull, self._env.now))

    def pull(
        self, asked: PullImageRequest, done: Callable[[PullResult], object]
    ) -> Running | None:
        """Pull once as ``pull_image`` does, without a process if one host answers.

        ``done`` gets the result; return what can be broken off, None if it is over.
        """
        pull = self._begin(asked)
        if isinstance(pull, PullResult):
            done(pull)
            return None
        host = pull.target.first
        if host is None:
            return Task.begin(self._env, self._run(pull, self._env.now), done)
        return FirstAnswer(self._daemon, pull, host, self._go_on, done)

    def _go_on(
        self, first: FirstAnswer[PullResult], response: Response
    ) -> Running | None:
        """Go on after the first answer, which is the end if nothing is missing."""
        build, pull = response.build, first.pull
        if build is None or not self._daemon.has_all(build):
            run = self._run(pull, first.started_us, response)
            return Task.begin(self._env, run, first.done)
        row = self._daemon.note_resolved(pull, first.host, response)
        first.done(self._stored(pull, build, row))
        return None

    def _begin(self, asked: PullImageRequest) -> PullRequest | PullResult:
        """Write that a pull begins; return it, or its end if the name is none."""
        image = asked.image
        started = self._log.append(
            PULL_STARTED_ROW,
            node=self._node,
            pod=asked.pod_id,
            image=self._log.names.id(image),
            text=asked.label,
            cause=asked.cause,
            source=asked.source,
        )
        try:
            target = self._targets.get(image) or self._target(image)
        except ImageReferenceError as error:
            version = self._config.version
            text = runtime_errors.invalid_reference(image, error, version)
            return PullResult(error=text, row=asked.cause)
        return PullRequest(
            asked=asked,
            target=target,
            credential=usable(asked.credential, target.reference.domain),
            node=self._node,
            started=started,
        )

    def _target(self, image: str) -> Target:
        """Read an image's text, which all nodes of these registries need once."""
        reference = docker_reference(image)
        domain = reference.domain
        entries = self._config.hosts.get(domain, ())
        hosts = hosts_of(domain, entries, self._registries)
        number = self._log.names.id(str(reference))
        target = self._targets[image] = target_of(reference, hosts, number)
        return target

    def _run(
        self, request: PullRequest, started_us: int, first: Response | None = None
    ) -> Generator[simpy.Event, Any, PullResult]:
        """Pull, from the first answer on if that is there."""
        pull = ImagePull(self._daemon, request, started_us, first)
        self._pulls[pull] = None
        try:
            build, resolved = yield from pull.run()
        except PullError as error:
            text = runtime_errors.cri_client_text(error.error)
            return PullResult(error=text, row=error.row, missing=error.missing)
        finally:
            del self._pulls[pull]
        return self._stored(request, build, resolved, pull.stored_bytes)

    def _stored(
        self, request: PullRequest, build: Build, resolved: int, size: int = 0
    ) -> PullResult:
        """Let the name mean what is here now; ``size`` bytes are new."""
        asked, started = request.asked, request.started
        stored = self._point(asked.image, build, STORED_ROW, started, resolved, size)
        # A name that meant this already has an older row: what decided now is later.
        stored = max(stored, resolved)
        self.last_arrival_row = asked.cause
        return PullResult(
            image_ref=build.config_digest, digest=build.digest, row=stored
        )

    # --- the end ---

    def stop(self) -> None:
        """The machine is off."""
        for pull in self._pulls:
            pull.stop()
