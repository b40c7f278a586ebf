"""One node's kubelet: sync loop, pod workers, PLEG, and what they share.

Source: pkg/kubelet/kubelet.go (syncLoop, syncLoopIteration, HandlePodCleanups),
pod_workers.go (completeWork) and pod_container_deletor.go.
"""

from collections.abc import Sequence
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.kubelet.kuberuntime import KubeRuntime
from sim.cluster.kubelet.pleg import PLEG
from sim.cluster.kubelet.pod_worker import PodWorker, Shelter, Stage
from sim.cluster.kubelet.sync_loop import TICK_US, Call, Coin, Requeue, SyncLoop
from sim.cluster.objects import Pod, PodStatus
from sim.cluster.runtime.runtime_service import RuntimeService
from sim.cluster.runtime.sandbox import EXITED, ContainerRecord, Sandbox
from sim.cluster.streams import Draw
from sim.rules.pod_sync import SyncError, requeue_delay
from sim.units import MILLISECOND, MINUTE, SECOND

COLLECT_US = 2 * MILLISECOND
COLLECT_PERIOD_US = MINUTE
# A pass begins one period after the end of the one before. It lists containers, then
# asks twice for the status of each that it removes, then lists containers and
# sandboxes (all read off the traces, 1 ms a call).
PASS_LISTED_US = MILLISECOND
PASS_REMOVE_US = 2 * MILLISECOND
PASS_US = 3 * MILLISECOND
# How near a pass must be to come before the relist that would collect anyway.
PASS_MATTERS_US = 2 * SECOND
KILLED_CODE = 137  # 128 + SIGKILL


class StatusWriter(Protocol):
    """The API server, as far as a kubelet writes to it."""

    def update_pod_status(self, pod: Pod, status: PodStatus, cause: int) -> None:
        """Write the status of a pod."""

    def remove_pod(self, pod: Pod, cause: int) -> None:
        """Let a deleted pod vanish."""


class Kubelet:
    """The kubelet of one node, from ``start_us`` on.

    ``pleg_phase_us`` is when the first relist comes after the start; ``requeue``
    makes a delay of its base and jitter factor; ``coin`` is the tick's coin toss.
    ``heed_back_off`` and ``on_demand_relist`` are the release's, see ``Profile``.
    """

    __slots__ = (
        "_api",
        "_heed_back_off",
        "_on_demand_relist",
        "_service",
        "_shelter",
        "_start_us",
        "_sync_frequency_us",
        "env",
        "loop",
        "pleg",
        "runtime",
        "stopped",
        "workers",
    )

    def __init__(
        self,
        env: Clock,
        *,
        api: StatusWriter,
        runtime: KubeRuntime,
        service: RuntimeService,
        start_us: int,
        pleg_phase_us: int,
        sync_frequency_us: int,
        requeue: Requeue,
        coin: Coin,
        tie: Draw,
        heed_back_off: bool = True,
        on_demand_relist: bool = True,
        tick_us: int = TICK_US,
    ) -> None:
        self.env = env
        self._api = api
        self.runtime = runtime
        self._service = service
        self._start_us = start_us
        self.pleg = PLEG(env, start_us + pleg_phase_us, tie)
        self._sync_frequency_us = sync_frequency_us
        self.loop = SyncLoop(
            env,
            start_us=start_us,
            tick_us=tick_us,
            sync_frequency_us=sync_frequency_us,
            requeue=requeue,
            coin=coin,
        )
        self._heed_back_off = heed_back_off
        self._on_demand_relist = on_demand_relist
        self._shelter: Shelter | None = None
        self.workers: dict[str, PodWorker] = {}
        self.stopped = False
        service.changed = self.pleg.changed

    def hand_over_to(self, shelter: Shelter) -> None:
        """Let somebody else play the workers that can only fail."""
        self._shelter = shelter
        shelter.loop, shelter.pleg = self.loop, self.pleg

    # --- the API server's watch (see objects.NodeAgent) ---

    def pod_added(self, pod: Pod) -> None:
        """A pod was bound to this node."""
        worker = PodWorker(self, pod)
        self.workers[pod.full_name] = worker
        self.loop.call(worker.request_sync)

    def pod_found(self, pod: Pod, records: Sequence[ContainerRecord]) -> None:
        """A pod was on this node before the kubelet: it has what the runtime lists."""
        worker = PodWorker(self, pod)
        self.workers[pod.full_name] = worker
        self._service.find(worker.sandbox, records)
        worker.find()
        self.loop.call(worker.request_sync)

    def pod_changed(self, pod: Pod) -> None:
        """A pod's spec was edited."""
        worker = self.workers.get(pod.full_name)
        if worker is not None:
            self.loop.call(worker.edited)

    def pod_deleted(self, pod: Pod) -> None:
        """A pod's deletion was asked for."""
        worker = self.workers.get(pod.full_name)
        if worker is None:
            self._api.remove_pod(pod, pod.deleted_row)
        elif worker.stage is Stage.GONE:
            self.ended(worker)
        else:
            self.loop.call(worker.terminate)

    # --- what happens to the machine ---

    def stop(self, cause: int) -> None:
        """The machine is off: nothing of this node goes on; ``cause`` is the row."""
        self.stopped = self.loop.stopped = self.pleg.stopped = True
        self.runtime.stop()
        for worker in self.workers.values():
            worker.stop()
            for record in worker.sandbox.running():
                self._service.exit(worker.sandbox, record, KILLED_CODE, cause)

    def crash(self, pod: Pod, container: str, exit_code: int) -> None:
        """Let running containers of a pod exit (all, or the one of that name)."""
        worker = self.workers.get(pod.full_name)
        if worker is None or self.stopped:
            return
        for record in worker.sandbox.running():
            if container in ("", record.name):
                self.runtime.crash(worker.sandbox, record, exit_code)

    # --- what the workers ask for (see pod_worker.Node) ---

    def publish(self, worker: PodWorker, status: PodStatus) -> None:
        """Write the status to the API, if it changed."""
        pod = worker.pod
        old = pod.status
        # What is easily told comes first: a new pod's status has no containers.
        if status is old or (
            status.phase is old.phase
            and len(status.containers) == len(old.containers)
            and status == old
        ):
            return
        cause = pod.scheduled_row
        if worker.failures:
            cause = max(failure.row for failure in worker.failures.values())
        self._api.update_pod_status(pod, status, cause)

    def retry(self, worker: PodWorker, errors: Sequence[SyncError]) -> None:
        """Choose when a worker syncs again whose sync met errors."""
        if self._shelter is None or not self._shelter.take(worker, errors):
            base_us, factor = requeue_delay(
                errors,
                now_us=self.env.now,
                sync_frequency_us=self._sync_frequency_us,
                heed_back_off=self._heed_back_off,
            )
            self.loop.retry(worker, base_us, factor)

    def relist(self, worker: PodWorker) -> None:
        """Ask the PLEG to read this pod again now."""
        if self._on_demand_relist:
            self.pleg.relist_on_demand(worker)

    def ended(self, worker: PodWorker) -> None:
        """Nothing of the pod runs any more; if it was deleted it is gone now.

        Else its newest dead containers stay, and with them their images.
        """
        if worker.pod.terminating and not worker.pod.gone:
            self._api.remove_pod(worker.pod, worker.pod.deleted_row)
        if worker.pod.gone:
            self._after(COLLECT_US, lambda: self._remove_dead(worker, keep=0))
            self.workers.pop(worker.pod.full_name, None)
            worker.sandbox.worker = None
            self._at_pass(lambda: self._forget(worker))

    def collect(self, worker: PodWorker, died: Sequence[ContainerRecord]) -> None:
        """Remove, a moment later, the dead instances before the newest of each."""
        if worker.stage is not Stage.GONE and died:
            self._after(COLLECT_US, lambda: self._remove_dead(worker, keep=1))

    # --- dead containers ---

    def exited(self, sandbox: Sandbox) -> None:
        """A container ended; a pass may come before the next relist."""
        worker = self.workers.get(sandbox.pod.full_name)
        if worker is not None and self._to_pass_us() <= PASS_MATTERS_US:
            self._after(
                self._to_pass_us() + PASS_LISTED_US + PASS_REMOVE_US,
                lambda: self._remove_dead(worker, keep=1),
            )

    def _remove_dead(self, worker: PodWorker, *, keep: int) -> None:
        dead: dict[str, list[ContainerRecord]] = {}
        for record in worker.sandbox.containers.values():
            if record.state is EXITED:
                dead.setdefault(record.name, []).append(record)
        for instances in dead.values():
            if len(instances) > keep:
                instances.sort(key=lambda record: record.attempt)
                for record in instances[: len(instances) - keep]:
                    self._service.remove_container(worker.sandbox, record)

    def _forget(self, worker: PodWorker) -> None:
        self._service.remove_sandbox(worker.sandbox)
        self.pleg.forget(worker)

    # --- the clock ---

    def _at_pass(self, call: Call) -> None:
        """Call when the next pass of the containers' garbage collection ends."""
        self._after(self._to_pass_us() + PASS_US, call)

    def _to_pass_us(self) -> int:
        """Return the time to the next pass; the first came at the start."""
        period_us = COLLECT_PERIOD_US + PASS_US
        return period_us - (self.env.now - self._start_us) % period_us

    def _after(self, delay_us: int, call: Call) -> None:
        self.loop.after(delay_us, call)
