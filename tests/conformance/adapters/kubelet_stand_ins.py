"""Stand-ins at the kubelet's edges: a runtime with a table of images, an API."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import Offer
from sim.cluster.kubelet.image_manager import ImageManager
from sim.cluster.kubelet.image_request import ImageResult
from sim.cluster.kubelet.kuberuntime_image import ImageInspectError
from sim.cluster.objects import Pod, PodStatus
from sim.cluster.runtime.container_runtime import PullResult
from sim.cluster.runtime.image_store import ImageInfo
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.cluster.task import Task
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.keyring import Credential
from sim.rules.pull_policy import PullPolicy
from sim.rules.pull_records import Identities, PullCredentials
from sim.rules.reference import parse_normalized, pull_form
from sim.scenario.model import Container

PRESENT_PULL_US = 120_000
UNKNOWN_PULL_US = 50_000


@dataclass
class Entry:
    """One image of the registry table."""

    id: str
    size: int
    pull_us: int
    digest: str = ""
    error: str = ""
    users: Sequence[str] | None = None


def stored_name(image: str) -> str:
    """Return under which name an image is kept; an id stays as it is."""
    return image if image.startswith("sha256:") else pull_form(image)


@dataclass
class TableRuntime:
    """A CRI image service over a table; ``calls`` holds every call it got.

    The result of a pull is empty as long as it runs.

    ``pods`` holds, by the number of a pull in ``calls``, the id of its pod.
    """

    env: Clock
    table: dict[str, Entry]
    present: dict[str, ImageInfo] = field(default_factory=dict)
    calls: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    present_pull_us: int | None = None
    unknown_pull_us: int = 0
    status_errors: dict[str, str] = field(default_factory=dict)
    status_error: str = ""
    pods: dict[int, int] = field(default_factory=dict)

    def store(self, name: str, entry: Entry) -> None:
        """Make an image present under its canonical name."""
        repository = parse_normalized(name).name
        self.present[name] = ImageInfo(
            id=entry.id,
            digest=entry.digest or entry.id,
            size_bytes=entry.size,
            repo_tags=(name,) if "@" not in name else (),
            repo_digests=(f"{repository}@{entry.digest}",),
            row=-1,
        )

    def image_status(self, image: str) -> ImageInfo | None:
        """Look an image up by name or by its id."""
        name = stored_name(image)
        failure = self.status_errors.get(name, self.status_error)
        if failure:
            self.note("status", image, "", "error")
            raise ImageInspectError(failure)
        found = self.present.get(name)
        if found is None:
            found = next((i for i in self.present.values() if i.id == image), None)
        self.note("status", image, "", "present" if found else "absent")
        return found

    def pull(
        self, asked: PullImageRequest, done: Callable[[PullResult], object]
    ) -> Task[PullResult] | None:
        """Run ``pull_image`` as a task."""
        return Task.begin(self.env, self.pull_image(asked), done)

    def pull_image(
        self, asked: PullImageRequest
    ) -> Generator[simpy.Event, Any, PullResult]:
        """Wait, then fail, deny or store, as the table said when the pull began."""
        image, credential = asked.image, asked.credential
        name = pull_form(image)
        user = credential.username if credential else ""
        number = len(self.calls)
        self.pods[number] = asked.pod_id
        self.note("pull", image, user, "")
        entry = self.table.get(name)
        error = self._verdict(name, image, credential)
        wait_us = self.unknown_pull_us if entry is None else entry.pull_us
        if self.present_pull_us is not None and name in self.present and not error:
            wait_us = self.present_pull_us
        yield self.env.timeout(wait_us)
        if error:
            self._set_result(number, error[1])
            return PullResult(error=error[0])
        entry = self.table[name]
        self.store(name, entry)
        self._set_result(number, "ok")
        return PullResult(image_ref=entry.id, digest=entry.digest or entry.id)

    def _verdict(
        self, name: str, image: str, credential: Credential | None
    ) -> tuple[str, str] | None:
        entry = self.table.get(name)
        if entry is None:
            text = f"manifest for {image} not found"
            return f"rpc error: code = NotFound desc = {text}", "error"
        if entry.error:
            return entry.error, "error"
        if entry.users is None:
            return None
        unknown = "rpc error: code = Unknown desc = "
        if credential is None:
            text = "authorization failed: no basic auth credentials"
            return unknown + text, "denied"
        if f"{credential.username}:{credential.password}" in entry.users:
            return None
        text = f'unauthorized: access denied for "{credential.username}"'
        return unknown + text, "denied"

    def removed_row(self, image: str) -> int:
        """Return no row: nothing is recorded here."""
        return -1

    def remove(self, name: str) -> None:
        """Let an image vanish behind the kubelet's back."""
        self.present.pop(name, None)

    def note(self, call: str, image: str, user: str, result: str) -> None:
        """Write a call down."""
        self.calls.append((self.env.now, call, image, user, result))

    def _set_result(self, number: int, result: str) -> None:
        self.calls[number] = (*self.calls[number][:4], result)


class Anonymous:
    """Nobody has credentials, and nobody names any."""

    def missing(self, pod: Pod) -> Sequence[str]:
        """Miss nothing."""
        return ()

    def row_of_missing(self, pod: Pod) -> int:
        """Return no row."""
        return -1

    def offers(self, pod: Pod, image: str) -> Sequence[Offer]:
        """Offer nothing but an anonymous pull."""
        return (Offer(credential=None, label="anonymous"),)

    def identities(self, offers: Sequence[Offer]) -> Identities:
        """Know of no secret and no service account."""
        return Identities()

    def record_of(self, offer: Offer) -> PullCredentials:
        """Say that every pod of the node may use what was pulled."""
        return PullCredentials(node_wide=True)


@dataclass
class StatusBook:
    """An API that remembers every status written; ``now`` is the clock."""

    now: Callable[[], int]
    writes: list[tuple[int, str, PodStatus | None]] = field(default_factory=list)

    def update_pod_status(self, pod: Pod, status: PodStatus, cause: int) -> None:
        """Keep a status."""
        pod.status = status
        self.writes.append((self.now(), pod.name, status))

    def remove_pod(self, pod: Pod, cause: int) -> None:
        """Note that the pod vanished."""
        pod.gone = True
        self.writes.append((self.now(), pod.name, None))


@dataclass
class FixedTimings:
    """Runtime calls that always last the same; containers run for ever."""

    sandbox: int = 0
    create: int = 0
    start: int = 0
    stop: int = 0

    def sandbox_us(self, pod: Pod) -> int:
        """Return the time of one RunPodSandbox."""
        return self.sandbox

    def create_us(self, pod: Pod, container: str) -> int:
        """Return the time of one CreateContainer."""
        return self.create

    def start_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StartContainer."""
        return self.start

    def stop_us(self, pod: Pod, container: str) -> int:
        """Return the time that a process takes to end."""
        return self.stop

    def run(self, pod: Pod, container: Container) -> tuple[int, int] | None:
        """Never end by itself."""
        return None


def ensured(
    env: Clock,
    log: EventLog,
    manager: ImageManager,
    pod: Pod,
    image: str,
    policy: PullPolicy,
) -> Generator[simpy.Event, Any, ImageResult]:
    """Ask for an image as the start of a container does, and wait for the answer."""
    answered = env.event()
    done = answered.succeed
    asked = (pod, log.names.id("app"), log.names.id(image), NONE)
    result = manager.ensure_image_exists(asked, image, policy, done)
    if result is None:
        result = yield answered
    return result
