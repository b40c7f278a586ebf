"""Bring one pod to what its spec asks for: sandbox, init containers, containers.

One sync does what it can and returns the errors that decide when the next comes. It
acts on what the PLEG last read (the worker's snapshot), never on the runtime's state
of this instant, as the kubelet does.

Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod, computePodActions,
doBackOff) and kuberuntime_container.go (startContainer).
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.image_manager import ImageManager, ImageResult
from sim.cluster.objects import Pod
from sim.cluster.pleg import Snapshot
from sim.cluster.pod_status import StartFailure, is_sidecar, should_restart
from sim.cluster.runtime_service import (
    ContainerRecord,
    ContainerState,
    RuntimeService,
    Sandbox,
)
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules import event_messages
from sim.rules.backoff import BackOff
from sim.rules.pod_sync import SyncError, SyncResult
from sim.rules.pull_policy import PullPolicy
from sim.rules.reasons import WaitingReason
from sim.scenario.model import Container
from sim.units import MILLISECOND

Sync = Generator[simpy.Event, Any, None]

SANDBOX_STATUS_US = MILLISECOND
KILL_POD_US = 3 * MILLISECOND
KILL_CONTAINER_US = MILLISECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class PodFacts:
    """What one sync of one pod works on; ``failures`` is the pod's reason cache."""

    pod: Pod
    sandbox: Sandbox
    snapshot: Snapshot
    failures: dict[str, StartFailure]
    cause: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Volumes:
    """A pod's image volumes by container: why it cannot start, or image IDs."""

    failed: dict[str, ImageResult]
    mounted: dict[str, tuple[str, ...]]


class KubeRuntime:
    """Starts and stops the containers of a node's pods."""

    __slots__ = ("_env", "_images", "_log", "_node", "_restarts", "_service")

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        node: int,
        service: RuntimeService,
        images: ImageManager,
        restarts: BackOff,
    ) -> None:
        self._env = env
        self._log = log
        self._node = node
        self._service = service
        self._images = images
        self._restarts = restarts

    # --- syncing ---

    def sync_pod(self, facts: PodFacts) -> Generator[simpy.Event, Any, SyncResult]:
        """Start what is missing."""
        pod, snapshot = facts.pod, facts.snapshot
        self._images.check_pull_secrets(pod, facts.cause)
        if snapshot.ready:
            wanted = list(_missing(pod, snapshot))
            acted = bool(wanted)
            yield from self._kill_edited(facts, wanted)
        elif _has_nothing_to_do(pod, snapshot):
            return SyncResult(acted=False)
        else:
            yield from self._create_sandbox(facts)
            wanted = list(_first(pod))
            acted = True
        errors = yield from self._start_all(facts, wanted)
        return SyncResult(acted=acted, errors=tuple(errors))

    def _start_all(
        self, facts: PodFacts, wanted: list[Container]
    ) -> Generator[simpy.Event, Any, list[SyncError]]:
        """Start one container after another; a failed init container ends it."""
        pod = facts.pod
        volumes = yield from self._ensure_volumes(facts)
        errors: list[SyncError] = []
        for container in wanted:
            error = yield from self._start(facts, container, volumes)
            if error is not None:
                errors.append(error)
                if container in pod.spec.init_containers and not is_sidecar(container):
                    break
        return errors

    def _create_sandbox(self, facts: PodFacts) -> Sync:
        yield from self._service.run_pod_sandbox(facts.sandbox)
        self._log.append(
            Kind.SANDBOX_CREATED, node=self._node, pod=facts.pod.id, cause=facts.cause
        )
        yield self._env.timeout(SANDBOX_STATUS_US)

    def _kill_edited(self, facts: PodFacts, wanted: list[Container]) -> Sync:
        """Stop what is to start although it runs: its image was edited."""
        for container in wanted:
            record = facts.snapshot.latest(container.name)
            if record is not None and record.running:
                row = self._killing(facts, record, event_messages.DEFINITION_CHANGED)
                yield from self._service.stop_container(facts.sandbox, record, row)

    def _killing(self, facts: PodFacts, record: ContainerRecord, why: str) -> int:
        return self._log.append(
            Kind.KILLING,
            node=self._node,
            pod=facts.pod.id,
            container=self._log.names.id(record.name),
            text=self._log.names.id(why),
            cause=facts.cause,
        )

    def _ensure_volumes(self, facts: PodFacts) -> Generator[simpy.Event, Any, Volumes]:
        """Ensure the pod's image volumes; return what came of them."""
        failed: dict[str, ImageResult] = {}
        mounted: dict[str, tuple[str, ...]] = {}
        for volume in facts.pod.spec.image_volumes:
            result = yield from self._images.ensure_image_exists(
                facts.pod,
                "",
                volume.reference,
                PullPolicy(volume.pull_policy),
                facts.cause,
            )
            if result.reason:
                failed |= {n: result for n in volume.mounted_by if n not in failed}
            else:
                for name in volume.mounted_by:
                    mounted[name] = (*mounted.get(name, ()), result.image_ref)
        return Volumes(failed=failed, mounted=mounted)

    def _start(
        self, facts: PodFacts, container: Container, volumes: Volumes
    ) -> Generator[simpy.Event, Any, SyncError | None]:
        last = facts.snapshot.latest(container.name)
        if last is not None and last.exited:
            expires_us = self._restart_back_off(facts, container, last)
            if expires_us is not None:
                return SyncError.backoff(expires_us=expires_us)
        attempt = last.attempt + 1 if last else 0
        result = volumes.failed.get(container.name)
        if result is None:
            result = yield from self._images.ensure_image_exists(
                facts.pod,
                container.name,
                container.image,
                PullPolicy(container.image_pull_policy),
                facts.cause,
            )
        if result.reason:
            self._fail(facts, container, result)
            return SyncError.generic()
        mounted = volumes.mounted.get(container.name, ())
        yield from self._run(facts, container, attempt, result, mounted)
        facts.failures.pop(container.name, None)
        return None

    def _restart_back_off(
        self, facts: PodFacts, container: Container, last: ContainerRecord
    ) -> int | None:
        """Return when the restart's back-off ends; None moves the back-off on."""
        pod, now = facts.pod, self._env.now
        key = f"{pod.uid}_{container.name}_{container.image}"
        if not self._restarts.is_in_backoff_since(key, last.finished_us, now):
            self._restarts.next(key, now, event_us=last.finished_us)
            return None
        delay = self._restarts.get(key)
        row = self._log.append(
            Kind.RESTART_BACK_OFF,
            node=self._node,
            pod=pod.id,
            container=self._log.names.id(container.name),
            text=self._log.names.id(pod.uid),
            span=delay,
            cause=last.row,
        )
        facts.failures[container.name] = StartFailure(
            reason=WaitingReason.CRASH_LOOP_BACK_OFF,
            message=event_messages.crash_loop(
                delay, container.name, pod.name, pod.namespace, pod.uid
            ),
            row=row,
        )
        return last.finished_us + delay

    def _fail(self, facts: PodFacts, container: Container, result: ImageResult) -> None:
        row = self._log.append(
            Kind.START_FAILED,
            node=self._node,
            pod=facts.pod.id,
            container=self._log.names.id(container.name),
            image=self._log.names.id(container.image),
            reason=self._log.names.id(result.reason),
            cause=facts.cause if result.row == NONE else result.row,
        )
        facts.failures[container.name] = StartFailure(
            reason=result.reason, message=result.message, row=row
        )

    def _run(
        self,
        facts: PodFacts,
        container: Container,
        attempt: int,
        result: ImageResult,
        mounted: tuple[str, ...],
    ) -> Sync:
        # Every start asks once more, with the text of the spec as it is.
        info = self._images.image_status(container.image)
        assert info is not None  # noqa: S101 - it was ensured in this instant
        names = self._log.names
        columns = {
            "node": self._node,
            "pod": facts.pod.id,
            "container": names.id(container.name),
            "image": names.id(container.image),
            "digest": names.id(info.digest),
        }
        record = ContainerRecord(
            name=container.name,
            attempt=attempt,
            state=ContainerState.CREATED,
            asked=container.image,
            image=info.repo_tags[0] if info.repo_tags else info.repo_digests[0],
            image_id=info.repo_digests[0] if info.repo_digests else info.id,
            digest=columns["digest"],
            row=result.row,
            uses=(info.id, *mounted),
        )
        yield from self._service.create_container(facts.sandbox, record)
        created = self._log.append(Kind.CREATED, **columns, cause=result.row)
        yield from self._service.start_container(
            facts.sandbox,
            record,
            container,
            lambda: self._log.append(
                Kind.STARTED, **columns, cause=created, source=result.row
            ),
        )

    # --- ending ---

    def crash(self, sandbox: Sandbox, record: ContainerRecord, exit_code: int) -> None:
        """Let a running container exit by itself: an outside act."""
        row = self._log.append(
            Kind.CRASHED,
            pod=sandbox.pod.id,
            container=self._log.names.id(record.name),
            amount=exit_code,
        )
        self._service.exit(sandbox, record, exit_code, row)

    def kill_pod(self, facts: PodFacts) -> Sync:
        """Stop every running container, then the sandbox; then look once more.

        Regular containers are stopped at the same time, then the sidecars one after
        another, the last one first.

        Source: kuberuntime_container.go, killContainersWithSyncResult, and
        kuberuntime_termination_order.go.
        """
        sandbox, spec = facts.sandbox, facts.pod.spec
        stops = {
            record.name: self._service.stop_container(
                sandbox, record, self._killing(facts, record, "")
            )
            for record in sandbox.running()
        }
        sidecars = [c.name for c in spec.init_containers if c.name in stops]
        together = [stop for name, stop in stops.items() if name not in sidecars]
        yield self._env.all_of([self._env.process(stop) for stop in together])
        for name in reversed(sidecars):
            yield from stops[name]
        self._service.stop_sandbox(sandbox)
        count = len(sandbox.containers)
        yield self._env.timeout(KILL_POD_US + count * KILL_CONTAINER_US)


def _first(pod: Pod) -> Iterator[Container]:
    """What follows a new sandbox: the first init container, or all regular ones."""
    spec = pod.spec
    yield from spec.init_containers[:1] or spec.containers


def _missing(pod: Pod, snapshot: Snapshot) -> Iterator[Container]:
    """What has to be started in a sandbox that is up.

    Sidecars that ended come first; then the next init container; then, when all init
    containers are done, the regular ones.
    """
    for container in pod.spec.init_containers:
        record = snapshot.latest(container.name)
        if is_sidecar(container):
            if record is None or record.exited or _edited(container, record):
                yield container
                if record is None:
                    return
        elif record is None or _failed_but_again(pod, record):
            yield container
            return
        elif not (record.exited and record.exit_code == 0):
            return
    for container in pod.spec.containers:
        record = snapshot.latest(container.name)
        if (
            record is None
            or (record.exited and should_restart(pod, container, record.exit_code))
            or _edited(container, record)
        ):
            yield container


def _edited(container: Container, record: ContainerRecord) -> bool:
    """Whether a container runs another image than its spec now names."""
    return record.running and record.asked != container.image


def _failed_but_again(pod: Pod, record: ContainerRecord) -> bool:
    failed = record.exited and record.exit_code != 0
    return failed and pod.spec.restart_policy != "Never"


def _has_nothing_to_do(pod: Pod, snapshot: Snapshot) -> bool:
    """Whether a pod without a sandbox has ended for good and needs none."""
    if not snapshot.exists:
        return False
    records = [snapshot.latest(c.name) for c in pod.spec.containers]
    return all(
        record is not None
        and record.exited
        and not should_restart(pod, container, record.exit_code)
        for container, record in zip(pod.spec.containers, records, strict=True)
    )
