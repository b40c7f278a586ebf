"""The pods that are in the storm, each in a slot of its table."""

from sim.cluster.clock import Clock
from sim.cluster.kubelet.pod_worker import PodWorker
from sim.cluster.kubelet.sync_loop import TICK_US
from sim.cluster.storm.looks import Ints
from sim.cluster.storm.node import StormNode, StormPull
from sim.cluster.storm.table import StormTable
from sim.cluster.streams import Streams
from sim.record.rows import NONE


class StormPods:
    """Workers and their pulls by slot; ``ahead`` are slots whose looks are to come."""

    __slots__ = ("_env", "_streams", "ahead", "pulls", "table", "workers")

    def __init__(self, env: Clock, streams: Streams) -> None:
        self._env = env
        self._streams = streams
        self.table = StormTable()
        self.workers: dict[int, PodWorker] = {}
        self.pulls: dict[int, StormPull] = {}
        self.ahead: dict[int, None] = {}

    def take(
        self,
        node: StormNode,
        worker: PodWorker,
        pull: StormPull,
        failed: int,
        back_off: tuple[int, int],
    ) -> None:
        """Have a pod whose sync has failed just now; see ``Storm.take``."""
        table = self.table
        slot = table.take()
        self.workers[slot], self.pulls[slot] = worker, pull
        worker.shelter, worker.slot = node, slot
        delay_us, updated_us = back_off
        table.fill(
            slot,
            node=node.index,
            pull=pull.index,
            rank=worker.rank,
            pod=worker.pod.id,
            spec_row=worker.pod.spec_row,
            key=self._streams.pod_key(worker.pod.full_name, worker.pod.created_us),
            coins=node.coin_key,
            start_us=node.start_us,
            requeues=worker.due - 1,  # this one is counted next
            delay_us=delay_us,
            expires_us=updated_us + delay_us - node.start_us,
            shown=node.shown(worker, pull),
            failed=failed,
            row=NONE,
        )
        table.cells.slept(slot, self._env.now)
        self.ahead[slot] = None

    def forget(self, worker: PodWorker) -> None:
        """Have a pod no longer."""
        slot = worker.slot
        worker.shelter = None
        self.ahead.pop(slot, None)
        del self.workers[slot], self.pulls[slot]
        self.table.give(slot)

    def slept(self, slot: int) -> None:
        """A sync has ended now, and is followed by a requeue."""
        self.table.cells.slept(slot, self._env.now)
        self.ahead[slot] = None

    def make_looks(self, slots: Ints, stop_us: int) -> None:
        """Make the looks of these before a time, and find their next attempts."""
        self.table.look_ahead(slots, stop_us)
        for slot in slots.tolist():
            self.ahead.pop(slot, None)

    def looked(self, slot: int) -> None:
        """Let the looks that lie ahead have been."""
        self.pulls[slot].pull.syncs += self.table.cells.looked(slot)

    def restore(self, worker: PodWorker) -> None:
        """Put a worker into the state that it has after the looks that were made."""
        slot, table, pull = worker.slot, self.table, self.pulls[worker.slot]
        node, start_us = pull.node, int(table.start_us[slot])
        worker.due = int(table.requeues[slot])
        worker.last_sync_us = start_us + int(table.last_us[slot])
        node.restore(
            worker,
            pull,
            shown=int(table.shown[slot]),
            failed=int(table.failed[slot]),
            row=int(table.row[slot]),
        )
        delay_us = int(table.delay_us[slot])
        updated_us = start_us + int(table.expires_us[slot]) - delay_us
        tick_us = start_us + int(table.due_ticks[slot]) * TICK_US
        self.forget(worker)
        node.sleep(worker, pull, (delay_us, updated_us), tick_us)
