"""Bring one pod to what its spec asks for: sandbox, init containers, containers.

One sync does what it can and returns the errors that decide when the next comes. It
acts on what the PLEG last read (the worker's snapshot), never on the runtime's state
of this instant, as the kubelet does.

Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod, computePodActions,
doBackOff) and kuberuntime_container.go (startContainer).
"""

from collections.abc import Callable, Iterator, Sequence

from sim.cluster.clock import Clock
from sim.cluster.kubelet.container_status import StartFailure
from sim.cluster.kubelet.image_manager import ImageManager
from sim.cluster.kubelet.pleg import Snapshot
from sim.cluster.kubelet.pod_start import PodStart, Synced
from sim.cluster.kubelet.pod_stop import PodStop
from sim.cluster.kubelet.restart_policy import is_sidecar, should_restart
from sim.cluster.objects import Pod
from sim.cluster.runtime.runtime_service import RuntimeService
from sim.cluster.runtime.sandbox import RUNNING, ContainerRecord, Sandbox
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import event_messages
from sim.rules.backoff import BackOff
from sim.rules.pod_sync import NOTHING_DONE, SyncResult
from sim.rules.reasons import WaitingReason
from sim.scenario.model import Container
from sim.units import MILLISECOND

KILL_POD_US = 3 * MILLISECOND
KILL_CONTAINER_US = MILLISECOND


class KubeRuntime:
    """Starts and stops the containers of a node's pods; see ``pod_start.Runtime``."""

    __slots__ = ("_restarts", "env", "images", "log", "node", "service", "stopped")

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        node: int,
        service: RuntimeService,
        images: ImageManager,
        restarts: BackOff,
    ) -> None:
        self.env = env
        self.log = log
        self.node = node
        self.service = service
        self.images = images
        self.stopped = False
        self._restarts = restarts

    def stop(self) -> None:
        """The machine is off: nothing goes on."""
        self.stopped = True
        self.images.stop()

    # --- syncing ---

    def sync_pod(
        self, state: Synced, cause: int, done: Callable[[SyncResult], None]
    ) -> None:
        """Start what is missing; ``done`` is called when that is over, maybe now."""
        pod, snapshot = state.pod, state.snapshot
        if pod.spec.image_pull_secrets:
            self.images.pull_secrets.check(pod, cause)
        if snapshot.ready:
            wanted = _missing(pod, snapshot)
            if wanted:
                self._start(state, wanted, cause, done)
            elif pod.spec.image_volumes:
                PodStart(self, state, (), cause, done, acted=False).in_sandbox()
            else:
                done(NOTHING_DONE)
        elif _has_nothing_to_do(pod, snapshot):
            done(NOTHING_DONE)
        else:
            PodStart(self, state, _first(pod), cause, done).with_sandbox()

    def _start(
        self,
        state: Synced,
        wanted: list[Container],
        cause: int,
        done: Callable[[SyncResult], None],
    ) -> None:
        start = PodStart(self, state, wanted, cause, done)
        edited = [
            record
            for record in (state.snapshot.latest(one.name) for one in wanted)
            if record is not None and record.running
        ]
        if edited:
            self._stop_edited(state, edited, cause, start.in_sandbox)
        else:
            start.in_sandbox()

    def _stop_edited(
        self,
        state: Synced,
        edited: list[ContainerRecord],
        cause: int,
        done: Callable[[], None],
    ) -> None:
        """Stop what is to start although it runs: its image was edited."""
        why = event_messages.DEFINITION_CHANGED
        going = (
            (record, self._killing(state.pod, record, why, cause)) for record in edited
        )
        PodStop(self, state.sandbox, done).stop((), going)

    def _killing(self, pod: Pod, record: ContainerRecord, why: str, cause: int) -> int:
        return self.log.append(
            Kind.KILLING,
            node=self.node,
            pod=pod.id,
            container=self.log.names.id(record.name),
            text=self.log.names.id(why),
            cause=cause,
        )

    def restart_back_off(
        self, state: Synced, container: Container, last: ContainerRecord
    ) -> int | None:
        """Return when the restart's back-off ends; None moves the back-off on."""
        pod, now = state.pod, self.env.now
        key = f"{pod.uid}_{container.name}_{container.image}"
        if not self._restarts.is_in_backoff_since(key, last.finished_us, now):
            self._restarts.next(key, now, event_us=last.finished_us)
            return None
        delay = self._restarts.get(key)
        row = self.log.append(
            Kind.RESTART_BACK_OFF,
            node=self.node,
            pod=pod.id,
            container=self.log.names.id(container.name),
            text=self.log.names.id(pod.uid),
            span=delay,
            cause=last.row,
        )
        failure = StartFailure(
            reason=WaitingReason.CRASH_LOOP_BACK_OFF,
            message=event_messages.crash_loop(
                delay, container.name, pod.name, pod.namespace, pod.uid
            ),
            row=row,
        )
        state.failures = state.failures | {container.name: failure}
        return last.finished_us + delay

    # --- ending ---

    def crash(self, sandbox: Sandbox, record: ContainerRecord, exit_code: int) -> None:
        """Let a running container exit by itself: an outside act."""
        row = self.log.append(
            Kind.CRASHED,
            pod=sandbox.pod.id,
            container=self.log.names.id(record.name),
            amount=exit_code,
        )
        self.service.exit(sandbox, record, exit_code, row)

    def kill_pod(self, state: Synced, cause: int, done: Callable[[], None]) -> None:
        """Stop every running container, then the sandbox; then look once more.

        Regular containers are stopped at the same time, then the sidecars one after
        another, the last one first.
        """
        sandbox, pod = state.sandbox, state.pod
        going = {
            record.name: (record, self._killing(pod, record, "", cause))
            for record in sandbox.running()
        }
        inits = [c.name for c in pod.spec.init_containers]
        sidecars = [going.pop(name) for name in reversed(inits) if name in going]

        def stop_sandbox() -> None:
            self.service.stop_sandbox(sandbox)
            after_us = KILL_POD_US + len(sandbox.containers) * KILL_CONTAINER_US
            self.env.call_after(after_us, looked)

        def looked() -> None:
            if not self.stopped:
                done()

        PodStop(self, sandbox, stop_sandbox).stop(list(going.values()), iter(sidecars))


def _first(pod: Pod) -> Sequence[Container]:
    """What follows a new sandbox: the first init container, or all regular ones."""
    return pod.spec.init_containers[:1] or pod.spec.containers


def _missing(pod: Pod, snapshot: Snapshot) -> list[Container]:
    """What has to be started in a sandbox that is up."""
    if pod.spec.init_containers:
        return list(_missing_after_inits(pod, snapshot))
    return _missing_regular(pod, snapshot)


def _missing_after_inits(pod: Pod, snapshot: Snapshot) -> Iterator[Container]:
    """Sidecars that ended come first; then the next init container, then the rest."""
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
    yield from _missing_regular(pod, snapshot)


def _missing_regular(pod: Pod, snapshot: Snapshot) -> list[Container]:
    missing = []
    for container in pod.spec.containers:
        record = snapshot.latest(container.name)
        if record is None:
            missing.append(container)
        elif record.state is RUNNING:
            if record.asked != container.image:
                missing.append(container)
        elif record.exited and should_restart(pod, container, record.exit_code):
            missing.append(container)
    return missing


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
