"""The storm: pods that can only fail to pull, played without an event a look.

A pod whose image is not there is looked at some 290 times an hour and tries 16 times.
While nobody acts, nothing but its own draws and its node's puller decides when. So its
worker is handed over here: its looks are made ahead (``looks``), its attempts
pass through the node's puller and limit as all pulls do, and the record says the looks
between two attempts, and each attempt, in one row. A little before anybody acts, or
if something happens to the pod itself, its worker takes over again, in the state that
it would have by then. ``tests/properties/test_storm.py`` holds it against a run that
simulates each look.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from sim.cluster.clock import Clock
from sim.cluster.kubelet.pod_worker import PodWorker
from sim.cluster.storm.acts import StormActs
from sim.cluster.storm.attempts import StormAttempts
from sim.cluster.storm.cells import NEVER
from sim.cluster.storm.node import StormNode, StormPull
from sim.cluster.storm.pods import StormPods
from sim.cluster.storm.pull import MISSING, REFUSED
from sim.cluster.storm.rows import StormRows
from sim.cluster.storm.windows import StormWindows
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.rules.pod_sync import BACK_OFF_PERIOD_US

Call = Callable[[], None]

_NOBODY: tuple[Call, ...] = ()


class Storm:
    """The pods of a world that are played so.

    ``acts_us`` are the times at which somebody acts, or an act ends.
    """

    __slots__ = (
        "_attempts",
        "_env",
        "_pods",
        "_pulling",
        "_rows",
        "_table",
        "_windows",
        "acts",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        streams: Streams,
        *,
        until_us: int,
        acts_us: Sequence[int],
    ) -> None:
        self._env = env
        self.acts = StormActs(env, acts_us, until_us)
        self._pods = StormPods(env, streams)
        self._table = self._pods.table
        # What waits for the ends of pulls, by slot.
        self._pulling: dict[int, tuple[Call, ...]] = {}
        self._rows = StormRows(env, log, self._table)
        self._attempts = StormAttempts(self._table, self._rows.shown)
        self._windows = StormWindows(
            env,
            self.acts,
            self._pods,
            attempts=self._attempts,
            rows=self._rows,
            give_back=self._give_back,
        )
        self.acts.watch(self._clear)

    # --- taking over, giving back ---

    def take(
        self,
        node: StormNode,
        worker: PodWorker,
        pull: StormPull,
        failed: int,
        back_off: tuple[int, int],
    ) -> None:
        """Play a pod whose sync has failed just now.

        ``back_off`` is the delay, and when it began.
        """
        if node.index < 0:
            self._attempts.join(node)
        self._pods.take(node, worker, pull, failed, back_off)
        if not self._windows.are_on:
            self._windows.start()

    def give_back(self, worker: PodWorker, then: Call) -> None:
        """Let a worker take over again, once its pull has ended; then call."""
        if worker.slot in self._pulling:
            self._wait(worker.slot, then)
            return
        self._give_back([worker.slot])
        then()

    def _wait(self, slot: int, then: Call) -> None:
        self._pulling[slot] = (*self._pulling[slot], then)

    def drop(self, worker: PodWorker) -> None:
        """The machine of a worker is off."""
        self._pulling.pop(worker.slot, None)
        self._pods.forget(worker)

    def _clear(self) -> None:
        """Give all pods back: somebody is to act soon."""
        self._give_back(self._looking())
        for slot in list(self._pulling):
            self._wait(slot, _nothing)

    def _looking(self) -> list[int]:
        """Return the slots of those who make no attempt now."""
        return [slot for slot in self._pods.workers if slot not in self._pulling]

    def _give_back(self, slots: list[int]) -> None:
        pods = self._pods
        pods.make_looks(np.array(slots, np.int64), self._env.now)
        for slot in slots:
            worker, pull = pods.workers[slot], pods.pulls[slot]
            if self._table.entered[slot]:
                pull.node.loop.withdraw(worker)
            pods.looked(slot)
            self._rows.backed_off(slot, pull)
            pods.restore(worker)

    def note(self, pull: StormPull) -> None:
        """A pull is to be counted at the end."""
        self._attempts.note(pull)

    # --- syncs ---

    def sync(self, worker: PodWorker) -> None:
        """A worker is to sync: its attempt is due, or something asks for it."""
        slot, cells = worker.slot, self._table.cells
        if cells.due_us[slot] == self._env.now:
            self._attempt(worker)
        elif slot not in self._pulling and self._is_look(worker):
            pull = self._pods.pulls[slot]
            if cells.entered[slot]:
                pull.node.loop.withdraw(worker)
            cells.due_looks[slot] = 0
            cells.look(slot, 1)
            pull.pull.syncs += 1
            self._pods.slept(slot)
        else:
            self.give_back(worker, worker.request_sync)

    def _is_look(self, worker: PodWorker) -> bool:
        """Whether a sync now is a look: the PLEG asks for one after the first sync."""
        slot, cells, now_us = worker.slot, self._table.cells, self._env.now
        last_us = cells.start_us[slot] + cells.last_us[slot]
        return (
            now_us - last_us < BACK_OFF_PERIOD_US
            and now_us - cells.start_us[slot] < cells.expires_us[slot]
            and worker.pod.spec_row == cells.spec_row[slot]
            and self._pods.pulls[slot].node.sees(worker, last_us)
        )

    def _attempt(self, worker: PodWorker) -> None:
        slot, cells = worker.slot, self._table.cells
        pull = self._pods.pulls[slot]
        self._pods.looked(slot)
        cells.show(slot)
        pull.pull.syncs += 1
        cells.due_us[slot] = NEVER
        cells.entered[slot] = 0
        self._pulling[slot] = _NOBODY
        began_us = self._env.now
        self._take_turn(pull.node)
        pull.node.puller.request(partial(self._pull, worker, began_us))

    def _take_turn(self, node: StormNode) -> None:
        """Have a node's puller taken by a pull that was made ahead and still lasts."""
        left_us = self._attempts.taken_us(node) - self._env.now
        if left_us > 0:
            node.puller.request(_nothing)
            self._env.call_quietly(left_us, node.puller.release)

    def _pull(self, worker: PodWorker, began_us: int) -> None:
        """It is a worker's turn to pull."""
        if worker.shelter is None:
            return  # the machine is off
        pull = self._pods.pulls[worker.slot]
        if pull.node.throttle.try_accept(self._env.now):
            end = partial(self._failed, worker, MISSING, began_us)
            self._env.call_quietly(pull.pull.took_us, end)
        else:
            self._failed(worker, REFUSED, began_us)

    def _failed(self, worker: PodWorker, failed: int, began_us: int) -> None:
        if worker.shelter is None:
            return  # the machine is off
        pods, slot = self._pods, worker.slot
        pull = pods.pulls[slot]
        pull.node.puller.release()
        self._rows.retried(slot, pull, failed, began_us)
        self._table.cells.fail(slot, failed, self._env.now)
        pods.slept(slot)
        waiting = self._pulling.pop(slot)
        if waiting:
            self._give_back([slot])
            for call in waiting:
                call()

    def finish(self) -> None:
        """Write what the last attempts left unsaid: the run ends."""
        slots, end_us = self._looking(), self.acts.until_us + 1
        if self._rows.waiting:
            self._rows.write(end_us)
        self._pods.make_looks(np.array(slots, np.int64), end_us)
        for slot in slots:
            self._pods.looked(slot)
            self._rows.backed_off(slot, self._pods.pulls[slot])
        self._attempts.count()


def _nothing() -> None:
    """Nobody waits for the worker; it is to be given back all the same."""
