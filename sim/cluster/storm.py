"""The storm: pods that can only fail to pull, played without an event a look.

A pod whose image is not there is looked at some 290 times an hour and tries 16 times.
While nobody acts, nothing but its own draws and its node's puller decides when. So its
worker is handed over here: its looks are made ahead (``storm_looks``), its attempts
pass through the node's puller and limit as all pulls do, and the record says the looks
between two attempts, and each attempt, in one row. A little before anybody acts, or
if something happens to the pod itself, its worker takes over again, in the state that
it would have by then. ``tests/properties/test_storm.py`` holds it against a run that
simulates each look.

Windows of ten seconds, the shortest requeue and the shortest back-off, bound how far
ahead attempts have to be known: what fails in one window is not due in it again.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from sim.cluster.clock import Clock
from sim.cluster.pod_worker import PodWorker
from sim.cluster.storm_attempts import StormAttempts
from sim.cluster.storm_cells import NEVER
from sim.cluster.storm_looks import Ints
from sim.cluster.storm_node import StormNode, StormPull
from sim.cluster.storm_pull import LONGEST_US, MISSING, REFUSED
from sim.cluster.storm_rows import StormRows
from sim.cluster.storm_table import StormTable
from sim.cluster.streams import Streams
from sim.cluster.sync_loop import TICK_US
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.pod_sync import BACK_OFF_PERIOD_US
from sim.rules.reasons import WaitingReason
from sim.units import SECOND

Call = Callable[[], None]

WINDOW_US = BACK_OFF_PERIOD_US
# No pull, with those before it in the queue, takes longer: who acts meets none.
CLEAR_US = 40 * LONGEST_US
# Windows are this short while other things happen, and attempts are made in arrays
# where nothing else does for a while.
BUSY_US = 5 * SECOND
QUIET_US = SECOND
_NOBODY: tuple[Call, ...] = ()
_SHOWN = (
    "",
    WaitingReason.ERR_IMAGE_PULL,
    WaitingReason.IMAGE_PULL_BACK_OFF,
    f"{WaitingReason.ERR_IMAGE_PULL}, {WaitingReason.IMAGE_PULL_BACK_OFF}",
)


class Storm:
    """The pods of a world that are played so.

    ``acts_us`` are the times at which somebody acts, or an act ends.
    """

    __slots__ = (
        "_acts_us",
        "_ahead",
        "_attempts",
        "_env",
        "_log",
        "_pulling",
        "_pulls",
        "_rows",
        "_shown",
        "_streams",
        "_table",
        "_until_us",
        "_windows",
        "_workers",
        "act",
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
        self._log = log
        self._streams = streams
        self._until_us = until_us
        self._acts_us = sorted({at_us for at_us in acts_us if at_us <= until_us})
        self.act = 0  # number of the next one
        self._table = StormTable()
        self._workers: dict[int, PodWorker] = {}
        self._pulls: dict[int, StormPull] = {}
        self._ahead: dict[int, None] = {}  # slots whose looks are to be made
        # What waits for the ends of pulls, by slot.
        self._pulling: dict[int, tuple[Call, ...]] = {}
        self._rows = StormRows(log)
        self._windows = False
        self._shown = [log.names.id(text) for text in _SHOWN]
        self._attempts = StormAttempts(self._table, self._shown)
        for at_us in self._acts_us:
            env.call_after(max(0, at_us - CLEAR_US - env.now), self._clear)
            env.call_after(at_us - env.now, self._acted)

    def _acted(self) -> None:
        """Somebody acts in this instant; what was foreseen may be wrong."""
        self.act += 1

    @property
    def is_open(self) -> bool:
        """Whether nobody acts soon."""
        now_us = self._env.now
        acted = self._acts_us[self.act - 1 : self.act]
        near_end = now_us >= self._until_us - WINDOW_US - CLEAR_US
        return now_us < self._stop_us and acted != [now_us] and not near_end

    @property
    def _stop_us(self) -> int:
        """Before which time looks can be made: before somebody acts, or the end."""
        acts = self._acts_us[self.act : self.act + 1]
        return acts[0] - CLEAR_US if acts else self._until_us + 1

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
        slot = self._table.take()
        self._workers[slot], self._pulls[slot] = worker, pull
        worker.shelter, worker.slot = node, slot
        if node.index < 0:
            self._attempts.join(node)
        delay_us, updated_us = back_off
        self._table.fill(
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
        self._slept(slot)
        if not self._windows:
            self._windows = True
            self._env.call_quietly(BUSY_US, self._window)

    def _slept(self, slot: int) -> None:
        """A sync has ended now, and is followed by a requeue."""
        self._table.cells.slept(slot, self._env.now)
        self._ahead[slot] = None

    def give_back(self, worker: PodWorker, then: Call) -> None:
        """Let a worker take over again, once its pull has ended; then call."""
        if worker.slot in self._pulling:
            self._wait(worker.slot, then)
            return
        self._make_looks(np.array([worker.slot]), self._env.now)
        self._restore(worker)
        then()

    def _wait(self, slot: int, then: Call) -> None:
        self._pulling[slot] = (*self._pulling[slot], then)

    def drop(self, worker: PodWorker) -> None:
        """The machine of a worker is off."""
        self._forget(worker)

    def _forget(self, worker: PodWorker) -> None:
        slot = worker.slot
        worker.shelter = None
        self._ahead.pop(slot, None)
        self._pulling.pop(slot, None)
        del self._workers[slot], self._pulls[slot]
        self._table.give(slot)

    def _clear(self) -> None:
        """Give all pods back: somebody is to act soon."""
        self._give_back([s for s in self._workers if s not in self._pulling])
        for slot in list(self._pulling):
            self._wait(slot, _nothing)

    def _give_back(self, slots: list[int]) -> None:
        self._make_looks(np.array(slots, np.int64), self._env.now)
        for slot in slots:
            self._restore(self._workers[slot])

    def _restore(self, worker: PodWorker) -> None:
        """Put a worker into the state that it has after the looks that were made."""
        slot, table, pull = worker.slot, self._table, self._pulls[worker.slot]
        node, start_us = pull.node, int(table.start_us[slot])
        if table.entered[slot]:
            node.loop.withdraw(worker)
        self._looked(slot)
        self._note_looks(slot)
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
        self._forget(worker)
        node.sleep(worker, pull, (delay_us, updated_us), tick_us)

    # --- windows ---

    def _window(self) -> None:
        """Make, or find, the attempts of the next seconds."""
        now_us, last_us = self._env.now, self._until_us - CLEAR_US
        self._write_rows(now_us)
        self._make_looks(np.array(list(self._ahead), np.int64), self._stop_us)
        quiet_us = self._env.next_loud_us(last_us)
        if self._rows.waiting or quiet_us - now_us >= QUIET_US:
            span_us = max(WINDOW_US, self._table.shortest_us())
            end_us = min(quiet_us, now_us + span_us)
            self._play(end_us, quiet_us)
            if end_us == quiet_us:
                self._enter(self._table.due_before(min(end_us + 1, last_us)))
        else:
            end_us = now_us + BUSY_US
            # What is due at the very end is, too: others may come in that instant.
            self._enter(self._table.due_before(end_us + 1))
        self._windows = bool(self._workers)
        if self._windows:
            self._env.call_quietly(end_us - now_us, self._window)

    def _play(self, end_us: int, quiet_us: int) -> None:
        """Make the attempts before ``end_us``; nothing happens before ``quiet_us``."""
        slots = self._table.due_before(end_us)
        if not len(slots):
            return
        left, rows = self._attempts.make(slots, quiet_us)
        self._enter(left)
        self._rows.add(rows)
        self._ahead |= dict.fromkeys(rows["slot"].tolist())
        if self._rows.waiting:
            after_us = self._rows.last_us - self._env.now
            self._env.call_quietly(after_us, self._write_past_rows)

    def _write_past_rows(self) -> None:
        self._write_rows(self._env.now + 1)

    def _write_rows(self, before_us: int) -> None:
        if self._rows.waiting:
            self._rows.write(before_us, self._table.row)

    def _enter(self, slots: Ints) -> None:
        """Let these make their attempts when they are due."""
        cells, last_us = self._table.cells, self._until_us - CLEAR_US
        last: list[int] = []
        for slot in slots.tolist():
            due_us = cells.due_us[slot]
            if due_us >= last_us:
                last.append(slot)  # its end may be beyond that of the run
                continue
            worker = self._workers[slot]
            worker.due = cells.requeues[slot] + cells.due_looks[slot]
            cells.entered[slot] = 1
            self._pulls[slot].node.enter(worker, due_us)
        self._give_back(last)

    def _make_looks(self, slots: Ints, stop_us: int) -> None:
        """Make the looks of these before a time, and find their next attempts."""
        self._table.look_ahead(slots, stop_us)
        for slot in slots.tolist():
            self._ahead.pop(slot, None)

    def note(self, pull: StormPull) -> None:
        """A pull is to be counted at the end."""
        self._attempts.note(pull)

    def _looked(self, slot: int) -> None:
        """Let the looks that lie ahead have been."""
        self._pulls[slot].pull.syncs += self._table.cells.looked(slot)

    # --- syncs ---

    def sync(self, worker: PodWorker) -> None:
        """A worker is to sync: its attempt is due, or something asks for it."""
        slot, cells = worker.slot, self._table.cells
        if cells.due_us[slot] == self._env.now:
            self._attempt(worker)
        elif slot not in self._pulling and self._is_look(worker):
            if cells.entered[slot]:
                self._pulls[slot].node.loop.withdraw(worker)
            cells.due_looks[slot] = 0
            cells.look(slot, 1)
            self._pulls[slot].pull.syncs += 1
            self._slept(slot)
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
            and self._pulls[slot].node.sees(worker, last_us)
        )

    def _attempt(self, worker: PodWorker) -> None:
        slot, cells, pull = worker.slot, self._table.cells, self._pulls[worker.slot]
        self._looked(slot)
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
        pull = self._pulls[worker.slot]
        if pull.node.throttle.try_accept(self._env.now):
            end = partial(self._failed, worker, MISSING, began_us)
            self._env.call_quietly(pull.pull.took_us, end)
        else:
            self._failed(worker, REFUSED, began_us)

    def _failed(self, worker: PodWorker, failed: int, began_us: int) -> None:
        if worker.shelter is None:
            return  # the machine is off
        slot, cells, now_us = worker.slot, self._table.cells, self._env.now
        pull = self._pulls[slot]
        pull.node.puller.release()
        self._write_rows(now_us)
        cells.row[slot] = self._log.append(
            Kind.PULL_RETRIED,
            **pull.columns[failed],
            pod=cells.pod[slot],
            reason=self._shown[cells.told[slot]],
            amount=cells.looks[slot],
            span=now_us - began_us,
            cause=cells.spec_row[slot],
        )
        cells.fail(slot, failed, now_us)
        self._slept(slot)
        waiting = self._pulling.pop(slot)
        if waiting:
            self._give_back([slot])
            for call in waiting:
                call()

    # --- the record ---

    def _note_looks(self, slot: int) -> None:
        """Write the looks since the last row, if there were any."""
        self._write_rows(self._env.now + 1)
        table, worker = self._table, self._workers[slot]
        if not table.looks[slot]:
            return
        since_us = self._env.now - int(table.start_us[slot] + table.last_us[slot])
        columns = self._pulls[slot].columns[MISSING]
        table.row[slot] = self._log.append(
            Kind.BACKED_OFF,
            node=columns["node"],
            container=columns["container"],
            image=columns["image"],
            pod=worker.pod.id,
            reason=self._shown[table.told[slot]],
            amount=int(table.looks[slot]),
            span=since_us,
            cause=worker.pod.spec_row
            if table.row[slot] == NONE
            else int(table.row[slot]),
        )
        table.looks[slot] = table.told[slot] = 0

    def finish(self) -> None:
        """Write what the last attempts left unsaid: the run ends."""
        slots = [slot for slot in self._workers if slot not in self._pulling]
        self._write_rows(self._until_us + 1)
        self._make_looks(np.array(slots, np.int64), self._until_us + 1)
        for slot in slots:
            self._looked(slot)
            self._note_looks(slot)
        self._attempts.count()


def _nothing() -> None:
    """Nobody waits for the worker; it is to be given back all the same."""
