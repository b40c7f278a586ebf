"""One sync of one pod that has something to start.

Its sandbox comes up, edited containers are stopped, image volumes are ensured, then
one container after another is ensured, created and started. A step that has to wait
ends with the name of the next one; none of them is a process, for there are millions.

Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod) and
kuberuntime_container.go (startContainer).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from sim.cluster.clock import Clock
from sim.cluster.kubelet.container_status import StartFailure
from sim.cluster.kubelet.image_manager import ImageManager
from sim.cluster.kubelet.image_request import ImageResult
from sim.cluster.kubelet.pleg import Snapshot
from sim.cluster.kubelet.restart_policy import is_sidecar
from sim.cluster.objects import Pod
from sim.cluster.runtime.runtime_service import RuntimeService
from sim.cluster.runtime.sandbox import ContainerRecord, Sandbox, created
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.pod_sync import SyncError, SyncResult
from sim.rules.pull_policy import PullPolicy
from sim.scenario.model import Container
from sim.units import MILLISECOND

SANDBOX_STATUS_US = MILLISECOND
# Looking a member up takes longer than a call.
CREATED_ROW, STARTED_ROW = Kind.CREATED, Kind.STARTED
SANDBOX_ROW = Kind.SANDBOX_CREATED
NOTHING: Mapping[str, Any] = {}  # most pods have no image volumes
ALL_WENT_WELL = SyncResult(acted=True)
POLICIES = {str(policy): policy for policy in PullPolicy}


class Synced(Protocol):
    """A pod worker, as its syncs see it; ``failures`` is the pod's reason cache."""

    pod: Pod
    sandbox: Sandbox
    snapshot: Snapshot
    failures: dict[str, StartFailure]


class Runtime(Protocol):
    """What a start needs of its node."""

    env: Clock
    log: EventLog
    node: int
    service: RuntimeService
    images: ImageManager
    stopped: bool

    def restart_back_off(
        self, state: Synced, container: Container, last: ContainerRecord
    ) -> int | None:
        """Return when the restart's back-off ends; None moves the back-off on."""


class PodStart:
    """A sync under way; ``done`` is called with its result."""

    __slots__ = (
        "_acted",
        "_attempt",
        "_cause",
        "_container",
        "_container_id",
        "_created",
        "_done",
        "_errors",
        "_image_id",
        "_mounted",
        "_next_volume",
        "_record",
        "_runtime",
        "_state",
        "_unmounted",
        "_wanted",
    )

    _attempt: int
    _container: Container
    _container_id: int  # as the record numbers it
    _image_id: int
    _record: ContainerRecord
    _created: int  # row

    def __init__(
        self,
        runtime: Runtime,
        state: Synced,
        wanted: Iterable[Container],
        cause: int,
        done: Callable[[SyncResult], None],
        *,
        acted: bool = True,
    ) -> None:
        self._runtime = runtime
        self._state = state
        self._wanted = iter(wanted)
        self._cause = cause
        self._done = done
        self._acted = acted
        self._errors: tuple[SyncError, ...] = ()
        self._next_volume = 0
        # By container: why an image volume cannot be mounted, or image IDs.
        self._unmounted: Mapping[str, ImageResult] = NOTHING
        self._mounted: Mapping[str, tuple[str, ...]] = NOTHING

    # --- before the containers ---

    def with_sandbox(self) -> None:
        """Begin with a new sandbox."""
        runtime = self._runtime
        after_us = runtime.service.run_pod_sandbox(self._state.pod)
        runtime.env.call_after(after_us, self._sandbox_up)

    def _sandbox_up(self) -> None:
        runtime, state = self._runtime, self._state
        if runtime.stopped:
            return
        runtime.service.sandbox_is_up(state.sandbox)
        runtime.log.append(
            SANDBOX_ROW, node=runtime.node, pod=state.pod.id, cause=self._cause
        )
        runtime.env.call_after(SANDBOX_STATUS_US, self.in_sandbox)

    def in_sandbox(self) -> None:
        """Go on in the sandbox that is there: with the pod's image volumes."""
        if self._runtime.stopped:
            return
        volumes = self._state.pod.spec.image_volumes
        if self._next_volume < len(volumes):
            volume, number = volumes[self._next_volume], self._runtime.log.names.id
            result = self._runtime.images.ensure_image_exists(
                (self._state.pod, NONE, number(volume.reference), self._cause),
                volume.reference,
                POLICIES[volume.pull_policy],
                self._volume_ensured,
            )
            if result is not None:
                self._volume_ensured(result)
        else:
            self._next()

    def _volume_ensured(self, result: ImageResult) -> None:
        volume = self._state.pod.spec.image_volumes[self._next_volume]
        for name in volume.mounted_by:
            if not result.reason:
                refs = (*self._mounted.get(name, ()), result.image_ref)
                self._mounted = {**self._mounted, name: refs}
            elif name not in self._unmounted:
                self._unmounted = {**self._unmounted, name: result}
        self._next_volume += 1
        self.in_sandbox()

    # --- one container after another ---

    def _next(self) -> None:
        for container in self._wanted:
            self._container = container
            last = self._state.snapshot.latest(container.name)
            if last is None:
                self._attempt = 0
                self._ensure(container)
                return
            self._attempt = last.attempt + 1
            if not last.exited:
                self._ensure(container)
                return
            expires_us = self._runtime.restart_back_off(self._state, container, last)
            if expires_us is None:
                self._ensure(container)
                return
            if self._ends(container, SyncError.backoff(expires_us=expires_us)):
                break
        self._end()

    def _end(self) -> None:
        if self._errors or not self._acted:
            self._done(SyncResult(acted=self._acted, errors=self._errors))
        else:
            self._done(ALL_WENT_WELL)

    def _ends(self, container: Container, error: SyncError) -> bool:
        """Note why a container did not start; an init container ends the sync."""
        self._errors = (*self._errors, error)
        return container in self._state.pod.spec.init_containers and not is_sidecar(
            container
        )

    def _ensure(self, container: Container) -> None:
        number = self._runtime.log.names.id
        self._container_id = number(container.name)
        self._image_id = number(container.image)
        result = self._unmounted.get(container.name) if self._unmounted else None
        if result is None:
            result = self._runtime.images.ensure_image_exists(
                (self._state.pod, self._container_id, self._image_id, self._cause),
                container.image,
                POLICIES[container.image_pull_policy],
                self._ensured,
            )
        if result is not None:
            self._ensured(result)

    def _ensured(self, result: ImageResult) -> None:
        if not result.reason:
            self._create(result)
            return
        self._fail(result)
        if self._ends(self._container, SyncError.generic()):
            self._end()
        else:
            self._next()

    def _fail(self, result: ImageResult) -> None:
        runtime, container = self._runtime, self._container
        row = runtime.log.append(
            Kind.START_FAILED,
            node=runtime.node,
            pod=self._state.pod.id,
            container=self._container_id,
            image=self._image_id,
            reason=runtime.log.names.id(result.reason),
            cause=self._cause if result.row == NONE else result.row,
        )
        failure = StartFailure(reason=result.reason, message=result.message, row=row)
        self._state.failures = self._state.failures | {container.name: failure}

    def _create(self, result: ImageResult) -> None:
        # Every start asks once more, with the text of the spec as it is.
        runtime, container = self._runtime, self._container
        info = runtime.images.image_status(container.image)
        assert info is not None  # noqa: S101 - it was ensured in this instant
        mounted = self._mounted.get(container.name) if self._mounted else None
        self._record = created(
            container.name,
            self._attempt,
            container.image,
            info.repo_tags[0] if info.repo_tags else info.repo_digests[0],
            info.repo_digests[0] if info.repo_digests else info.id,
            runtime.log.names.id(info.digest),
            result.row,
            (info.id, *mounted) if mounted else info.alone or (info.id,),
        )
        after_us = runtime.service.create_container(self._state.pod, container.name)
        runtime.env.call_after(after_us, self._container_created)

    def _container_created(self) -> None:
        runtime, record, pod = self._runtime, self._record, self._state.pod
        if runtime.stopped:
            return
        runtime.service.has_created(self._state.sandbox, record)
        self._created = runtime.log.append_of_container(
            CREATED_ROW,
            runtime.node,
            pod.id,
            self._container_id,
            self._image_id,
            record.digest,
            record.row,
            NONE,
        )
        after_us = runtime.service.start_container(pod, record.name)
        runtime.env.call_after(after_us, self._container_started)

    def _container_started(self) -> None:
        runtime, record, state = self._runtime, self._record, self._state
        if runtime.stopped:
            return
        row = runtime.log.append_of_container(
            STARTED_ROW,
            runtime.node,
            state.pod.id,
            self._container_id,
            self._image_id,
            record.digest,
            self._created,
            record.row,
        )
        record = record.started(runtime.env.now, row)
        runtime.service.has_started(state.sandbox, record, self._container)
        if state.failures:
            state.failures = {
                name: failure
                for name, failure in state.failures.items()
                if name != self._container.name
            }
        self._next()
