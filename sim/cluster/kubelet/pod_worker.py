"""One pod's worker in its kubelet: sync, wait, look again.

A worker is plain state between calls. Requests that come during a sync are one more
sync right after it; after each sync one due time replaces the one before.

Source: pkg/kubelet/pod_workers.go (UpdatePod, podWorkerLoop, completeWork) and
pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.kubelet.container_status import StartFailure
from sim.cluster.kubelet.final_status import closed, with_final_phase
from sim.cluster.kubelet.kuberuntime import KubeRuntime
from sim.cluster.kubelet.pleg import PLEG, Snapshot
from sim.cluster.kubelet.pod_status import generate, with_readiness
from sim.cluster.kubelet.readiness import NOTHING, Readiness, is_probed
from sim.cluster.kubelet.sync_loop import SyncLoop
from sim.cluster.objects import Phase, Pod, PodStatus
from sim.cluster.runtime.sandbox import NOTHING_SHOWN, ContainerRecord, Sandbox
from sim.rules.pod_sync import NOTHING_DONE, SyncError, SyncResult

# Never changed but replaced: most pods have none, and share this.
NO_FAILURES: dict[str, StartFailure] = {}
_ENDED = (Phase.SUCCEEDED, Phase.FAILED)


class Stage(Enum):
    """How far the life of a pod has come on its node."""

    SYNCING = auto()
    TERMINATING = auto()
    TERMINATED = auto()
    GONE = auto()


_SYNCING, _GONE = Stage.SYNCING, Stage.GONE


class Node(Protocol):
    """What a worker needs of its kubelet."""

    env: Clock
    loop: SyncLoop
    pleg: PLEG
    runtime: KubeRuntime

    def publish(self, worker: "PodWorker", status: PodStatus) -> None:
        """Write the status to the API, if it changed."""

    def retry(self, worker: "PodWorker", errors: Sequence[SyncError]) -> None:
        """Choose when it syncs again after a sync that met errors."""

    def relist(self, worker: "PodWorker") -> None:
        """Ask the PLEG to read this pod again now."""

    def ended(self, worker: "PodWorker") -> None:
        """Nothing of the pod runs any more; if it was deleted it is gone now."""

    def collect(self, worker: "PodWorker", died: Sequence[ContainerRecord]) -> None:
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
        "_node",
        "_pending",
        "_settled",
        "_syncing",
        "due",
        "failures",
        "idle",
        "last_sync_us",
        "pod",
        "rank",
        "readiness",
        "requeued_us",
        "roused",
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
        self._pending = False
        self._settled = False
        self._syncing = False
        self.pod = pod
        self.sandbox = Sandbox(pod, self)
        self.snapshot = Snapshot()
        self.seen = NOTHING_SHOWN
        self.failures = NO_FAILURES
        # Most pods have no probes.
        self.readiness: Readiness | None = None
        if is_probed(pod.spec):
            self.readiness = Readiness(
                node.env, pod, self.sandbox, self.snapshot, self._turned_ready
            )
        self.stage = _SYNCING
        # See sync_loop.Sleeper.
        self.due = 0
        self.shelter: Shelter | None = None
        self.slot = -1
        self.idle = False
        self.last_sync_us = -1
        self.rank = 0
        self.requeued_us = 0
        self.roused = False
        self.timer = (0, 0)

    @property
    def asked_again(self) -> bool:
        """Whether one more sync follows the one that runs."""
        return self._pending

    def find(self) -> None:
        """Begin with what the runtime has of the pod."""
        self.snapshot.read(self.sandbox, self._node.env.now)
        if self.readiness is not None:
            self.readiness.found()
        self._node.publish(self, generate(self.pod, self.snapshot, {}))

    def request_sync(self) -> None:
        """Sync now, or once more right after the sync that runs."""
        if self.stage is _GONE:
            return
        if self.shelter is not None:
            self.shelter.sync(self)
            return
        if self.idle:
            self._node.loop.rouse(self)
        self._pending = True
        if not self._syncing:
            self._syncing = True
            self._node.env.call_first(self._sync_if_asked)

    def edited(self) -> None:
        """The pod's spec was changed."""
        self._settled = False
        self.request_sync()

    def lifecycle_event(self, died: Sequence[ContainerRecord], *, sync: bool) -> None:
        """Something of the pod went up or down; see ``pleg.Watched``."""
        if died:
            self._node.loop.call(partial(self._hear, died, sync=sync))
        elif sync:
            self._node.loop.call(self.request_sync)
        elif self.idle and not self._settled:
            self._node.loop.look_in_earnest(self)

    def _hear(self, died: Sequence[ContainerRecord], *, sync: bool) -> None:
        self._node.collect(self, died)
        if sync:
            self.request_sync()

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

    def _not_ready(self) -> frozenset[str]:
        return NOTHING if self.readiness is None else self.readiness.not_ready()

    def _turned_ready(self) -> None:
        """A readiness probe succeeded: the API learns of it at once.

        Source: pkg/kubelet/kubelet.go, syncLoopIteration (readinessManager).
        """

        def hear() -> None:
            if self.stage is Stage.SYNCING:
                unready = self._not_ready()
                self._node.publish(self, with_readiness(self.pod, unready))
                self.request_sync()

        self._node.loop.call(hear)

    # --- one sync after another ---

    def _sync_if_asked(self) -> None:
        """Begin the next sync; the end of each comes back here."""
        if not self._pending or self.stage is _GONE:
            self._syncing = False
            return
        self._pending = False
        last_us = self.last_sync_us
        if last_us >= 0 and not self._node.pleg.is_newer(self, last_us):
            self._node.pleg.wait_newer(self, last_us, self._newer)
        else:
            self._sync()

    def _newer(self) -> None:
        # As a process that waits: what else this instant brings is before it.
        self._node.env.call_after(0, self._sync)

    def _sync(self) -> None:
        stage = self.stage
        if stage is _SYNCING:
            self._sync_living()
        elif stage is Stage.TERMINATING:
            self._sync_terminating()
        elif stage is Stage.TERMINATED:
            self._sync_terminated()
            self._synced()

    def _synced(self) -> None:
        self.last_sync_us = self._node.env.now
        self._sync_if_asked()

    def _sync_living(self) -> None:
        if self._settled and not self.snapshot.changed:
            self._started(NOTHING_DONE)
            return
        self.snapshot.changed = False
        status = generate(self.pod, self.snapshot, self.failures, self._not_ready())
        if status.phase in _ENDED:
            # The API learns of the end only when nothing runs any more.
            phase = self.pod.status.phase
            self._node.publish(self, replace(status, phase=phase, ready=False))
            self.stage = Stage.TERMINATING
            self._pending = True
            self._synced()
            return
        self._node.publish(self, status)
        if self.readiness is not None:
            self.readiness.status_made()
        self._node.runtime.sync_pod(self, self.pod.spec_row, self._started)

    def _started(self, result: SyncResult) -> None:
        if self.stage is _GONE:
            return
        self._settled = not result.acted and self._is_settled(result)
        if self.roused and self._node.loop.came_due(self):
            self._pending = True
        if result.errors:
            self._node.retry(self, result.errors)
        else:
            # What the PLEG is going to read asks for the next sync long before.
            idle = self._settled or self.sandbox.dirty
            self._node.loop.look_again(self, idle=idle)
            if result.acted:  # all that was done went well: see postSync of SyncPod
                self._node.relist(self)
        if self._pending and self.idle:
            self._node.loop.rouse(self)
        self._synced()

    def _is_settled(self, result: SyncResult) -> bool:
        """Whether a sync of the same status and spec would find nothing to do either.

        Missing pull secrets and image volumes are looked at in every sync, and each
        probes what is not ready.
        """
        spec = self.pod.spec
        return not (
            result.errors
            or self.failures
            or not self.snapshot.ready
            or self._not_ready()
            or spec.image_pull_secrets
            or spec.image_volumes
        )

    def _sync_terminating(self) -> None:
        self.failures = NO_FAILURES
        if self.pod.terminating:
            known = generate(self.pod, self.snapshot, {}, self._not_ready())
            self._node.publish(self, known)
        self._node.runtime.kill_pod(self, self.pod.deleted_row, self._killed)

    def _killed(self) -> None:
        self.snapshot.read(self.sandbox, self.snapshot.stamp_us)
        status = generate(self.pod, self.snapshot, {}, self._not_ready())
        if self.snapshot.containers:
            status = with_final_phase(status)
        self._node.publish(self, status)
        self.stage = Stage.TERMINATED
        self._pending = True
        self._synced()

    def _sync_terminated(self) -> None:
        self.stage = Stage.GONE
        status = generate(self.pod, self.snapshot, {}, self._not_ready())
        self._node.publish(self, with_final_phase(closed(status)))
        self._node.ended(self)
