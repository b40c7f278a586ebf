"""One pod's worker in its kubelet: sync, wait, look again.

A worker sleeps as plain state. A sync runs as a simpy process only from the moment
something asks for it until nothing does. Requests that come during a sync are one
more sync right after it; after each sync one due time replaces the one before.

Source: pkg/kubelet/pod_workers.go (UpdatePod, podWorkerLoop, completeWork) and
pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod).
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Protocol

import simpy

from sim.cluster.clock import Clock
from sim.cluster.objects import (
    ContainerStatus,
    Phase,
    Pod,
    PodStatus,
    State,
    Termination,
)
from sim.cluster.pleg import PLEG, Key, Snapshot
from sim.cluster.pod_status import StartFailure, generate, with_readiness
from sim.cluster.readiness import Readiness
from sim.cluster.runtime_service import ContainerRecord, Sandbox
from sim.cluster.sync_loop import SyncLoop
from sim.cluster.task import Task
from sim.rules.pod_sync import SyncError, SyncResult

Sync = Generator[simpy.Event, Any, None]

STATUS_UNKNOWN = "ContainerStatusUnknown"
STATUS_UNKNOWN_CODE = 137


class Stage(Enum):
    """How far the life of a pod has come on its node."""

    SYNCING = auto()
    TERMINATING = auto()
    TERMINATED = auto()
    GONE = auto()


class Node(Protocol):
    """What a worker needs of its kubelet."""

    env: Clock

    def sync_pod(self, worker: "PodWorker") -> Generator[simpy.Event, Any, SyncResult]:
        """Start what is missing."""

    def kill_pod(self, worker: "PodWorker") -> Sync:
        """Stop what runs."""

    def publish(self, worker: "PodWorker", status: PodStatus) -> None:
        """Write the status to the API, if it changed."""

    def look_again(
        self, worker: "PodWorker", errors: Sequence[SyncError], *, idle: bool
    ) -> None:
        """Choose the due time of the next sync."""

    def rouse(self, worker: "PodWorker") -> None:
        """Something happens to the pod of an idle worker."""

    def relist(self, worker: "PodWorker") -> None:
        """Ask the PLEG to read this pod again now."""

    def wait_newer(self, worker: "PodWorker", than_us: int) -> Sync:
        """Wait until the pod's status was read later than that."""

    def ended(self, worker: "PodWorker") -> None:
        """Nothing of the pod runs any more; if it was deleted it is gone now."""

    def in_sync_loop(self, call: Callable[[], None]) -> None:
        """Call as soon as the sync loop has time."""

    def collect(self, worker: "PodWorker", died: list[ContainerRecord]) -> None:
        """Remove dead containers that nobody needs."""


class Shelter(Protocol):
    """Who plays workers that can only fail; see ``storm``."""

    loop: SyncLoop
    pleg: PLEG

    def take(self, worker: "PodWorker", errors: Sequence[SyncError]) -> bool:
        """Take a worker over whose sync has failed just now, or not."""

    def sync(self, worker: "PodWorker") -> None:
        """It is to sync."""

    def give_back(self, worker: "PodWorker", then: Callable[[], None]) -> None:
        """Let it take over again, then call."""

    def drop(self, worker: "PodWorker") -> None:
        """The machine is off."""


class PodWorker:
    """The state of one pod on its node.

    ``shelter`` plays it while it is handed over, under the number ``slot``.
    """

    __slots__ = (
        "_last_sync_us",
        "_node",
        "_pending",
        "_syncing",
        "_task",
        "due",
        "failures",
        "idle",
        "pod",
        "rank",
        "readiness",
        "sandbox",
        "seen",
        "shelter",
        "slot",
        "snapshot",
        "stage",
        "timer",
    )

    def __init__(self, node: Node, pod: Pod) -> None:
        self._node = node
        self._last_sync_us = -1
        self._pending = False
        self._task: Task | None = None
        self._syncing = False
        self.pod = pod
        self.sandbox = Sandbox(pod)
        self.snapshot = Snapshot()
        self.seen: dict[Key, str] = {}
        self.failures: dict[str, StartFailure] = {}
        self.readiness = Readiness(
            node.env, pod, self.sandbox, self.snapshot, self._turned_ready
        )
        self.stage = Stage.SYNCING
        # See sync_loop.Sleeper.
        self.due = 0
        self.shelter: Shelter | None = None
        self.slot = -1
        self.idle = False
        self.rank = 0
        self.timer = (0, 0)

    @property
    def asked_again(self) -> bool:
        """Whether one more sync follows the one that runs."""
        return self._pending

    @property
    def uid(self) -> str:
        """See ``sync_loop.Sleeper``."""
        return self.pod.uid

    def find(self) -> None:
        """Begin with what the runtime has of the pod."""
        self.snapshot.read(self.sandbox, self._node.env.now)
        self.readiness.found()
        self._node.publish(self, generate(self.pod, self.snapshot, {}))

    def request_sync(self) -> None:
        """Sync now, or once more right after the sync that runs."""
        if self.stage is Stage.GONE:
            return
        if self.shelter is not None:
            self.shelter.sync(self)
            return
        self._node.rouse(self)
        self._pending = True
        if not self._syncing:
            self._syncing = True
            self._task = Task(self._node.env, self._work())

    def lifecycle_event(self, died: list[ContainerRecord], *, sync: bool) -> None:
        """Something of the pod went up or down; see ``pleg.Watched``."""

        def hear() -> None:
            if died:
                self._node.collect(self, died)
            if sync:
                self.request_sync()

        self._node.in_sync_loop(hear)

    def terminate(self) -> None:
        """The pod was deleted: the next sync stops what runs."""
        if self.shelter is not None:
            self.shelter.give_back(self, self.terminate)
            return
        if self.stage is Stage.SYNCING:
            self.stage = Stage.TERMINATING
        self.request_sync()

    def stop(self) -> None:
        """The machine is off: break off what is under way."""
        if self.shelter is not None:
            self.shelter.drop(self)
        self.stage = Stage.GONE
        if self._syncing and self._task is not None and self._task.target is not None:
            self._task.interrupt()

    def _turned_ready(self) -> None:
        """A readiness probe succeeded: the API learns of it at once.

        Source: pkg/kubelet/kubelet.go, syncLoopIteration (readinessManager).
        """

        def hear() -> None:
            if self.stage is Stage.SYNCING:
                unready = self.readiness.not_ready()
                self._node.publish(self, with_readiness(self.pod, unready))
                self.request_sync()

        self._node.in_sync_loop(hear)

    def _work(self) -> Sync:
        try:
            yield from self._sync_while_asked()
        except simpy.Interrupt:
            return

    def _sync_while_asked(self) -> Sync:
        while self._pending and self.stage is not Stage.GONE:
            self._pending = False
            if self._last_sync_us >= 0:
                yield from self._node.wait_newer(self, self._last_sync_us)
            if self.stage is Stage.SYNCING:
                yield from self._sync()
            elif self.stage is Stage.TERMINATING:
                yield from self._sync_terminating()
            else:
                self._sync_terminated()
            self._last_sync_us = self._node.env.now
        self._syncing = False

    def _sync(self) -> Sync:
        status = generate(
            self.pod, self.snapshot, self.failures, self.readiness.not_ready()
        )
        if status.phase in (Phase.SUCCEEDED, Phase.FAILED):
            # The API learns of the end only when nothing runs any more.
            phase = self.pod.status.phase
            self._node.publish(self, replace(status, phase=phase, ready=False))
            self.stage = Stage.TERMINATING
            self._pending = True
            return
        self._node.publish(self, status)
        self.readiness.status_made()
        result = yield from self._node.sync_pod(self)
        self._node.look_again(self, result.errors, idle=self._is_idle(result))
        if result.wants_relist:
            self._node.relist(self)

    def _is_idle(self, result: SyncResult) -> bool:
        """Whether the next sync would find everything as this one left it.

        Missing pull secrets and image volumes are looked at in every sync, and each
        probes what is not ready.
        """
        spec = self.pod.spec
        return not (
            result.acted
            or result.errors
            or self._pending
            or self.failures
            or not self.snapshot.ready
            or self.readiness.not_ready()
            or spec.image_pull_secrets
            or spec.image_volumes
        )

    def idled(self, at_us: int) -> None:
        """A sync that changed nothing has been done; see ``sync_loop.Sleeper``."""
        self._last_sync_us = at_us

    def _sync_terminating(self) -> Sync:
        self.failures = {}
        if self.pod.terminating:
            known = generate(self.pod, self.snapshot, {}, self.readiness.not_ready())
            self._node.publish(self, known)
        yield from self._node.kill_pod(self)
        self.snapshot.read(self.sandbox, self.snapshot.stamp_us)
        status = generate(self.pod, self.snapshot, {}, self.readiness.not_ready())
        if self.snapshot.containers:
            status = _with_final_phase(status)
        self._node.publish(self, status)
        self.stage = Stage.TERMINATED
        self._pending = True

    def _sync_terminated(self) -> None:
        self.stage = Stage.GONE
        status = generate(self.pod, self.snapshot, {}, self.readiness.not_ready())
        closed = replace(
            status,
            containers=tuple(_close(c) for c in status.containers),
            init_containers=tuple(_close(c) for c in status.init_containers),
        )
        self._node.publish(self, _with_final_phase(closed))
        self._node.ended(self)


def _with_final_phase(status: PodStatus) -> PodStatus:
    """Succeeded if every container ended well, else Failed.

    Source: pkg/kubelet/kubelet_pods.go, getPhase with podIsTerminal.
    """
    ends = [c.termination for c in (*status.containers, *status.init_containers)]
    succeeded = all(end is not None and end.exit_code == 0 for end in ends)
    phase = Phase.SUCCEEDED if succeeded else Phase.FAILED
    return replace(status, phase=phase, ready=False)


def _close(status: ContainerStatus) -> ContainerStatus:
    """A container that never started counts as ended for an unknown reason."""
    if status.state is not State.WAITING:
        return status
    unknown = Termination(
        reason=STATUS_UNKNOWN, exit_code=STATUS_UNKNOWN_CODE, finished_us=0
    )
    return replace(
        status, state=State.TERMINATED, reason="", message="", termination=unknown
    )
