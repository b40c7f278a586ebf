"""How the storm goes on: a window of time after the other.

Windows of ten seconds, the shortest requeue and the shortest back-off, bound how far
ahead attempts have to be known: what fails in one window is not due in it again.
"""

from collections.abc import Callable

import numpy as np

from sim.cluster.clock import Clock
from sim.cluster.storm.acts import WINDOW_US, StormActs
from sim.cluster.storm.attempts import StormAttempts
from sim.cluster.storm.looks import Ints
from sim.cluster.storm.pods import StormPods
from sim.cluster.storm.rows import StormRows
from sim.units import SECOND

# Windows are this short while other things happen, and attempts are made in arrays
# where nothing else does for a while.
BUSY_US = 5 * SECOND
QUIET_US = SECOND


class StormWindows:
    """Makes the attempts of the next seconds, or has them made when they are due.

    ``are_on`` tells whether one is open.
    """

    __slots__ = (
        "_acts",
        "_attempts",
        "_env",
        "_give_back",
        "_pods",
        "_rows",
        "are_on",
    )

    def __init__(
        self,
        env: Clock,
        acts: StormActs,
        pods: StormPods,
        *,
        attempts: StormAttempts,
        rows: StormRows,
        give_back: Callable[[list[int]], None],
    ) -> None:
        self._env = env
        self._acts = acts
        self._pods = pods
        self._attempts = attempts
        self._rows = rows
        self._give_back = give_back
        self.are_on = False

    def start(self) -> None:
        """Go on from now, for as long as there are pods."""
        self.are_on = True
        self._env.call_quietly(BUSY_US, self._window)

    def _window(self) -> None:
        """Make, or find, the attempts of the next seconds."""
        pods, now_us, last_us = self._pods, self._env.now, self._acts.last_us
        if self._rows.waiting:
            self._rows.write(now_us)
        pods.make_looks(np.array(list(pods.ahead), np.int64), self._acts.stop_us)
        quiet_us = self._env.next_loud_us(last_us)
        if self._rows.waiting or quiet_us - now_us >= QUIET_US:
            span_us = max(WINDOW_US, pods.table.shortest_us())
            end_us = min(quiet_us, now_us + span_us)
            self._play(end_us, quiet_us)
            if end_us == quiet_us:
                self._enter(pods.table.due_before(min(end_us + 1, last_us)))
        else:
            end_us = now_us + BUSY_US
            # What is due at the very end is, too: others may come in that instant.
            self._enter(pods.table.due_before(end_us + 1))
        self.are_on = bool(pods.workers)
        if self.are_on:
            self._env.call_quietly(end_us - now_us, self._window)

    def _play(self, end_us: int, quiet_us: int) -> None:
        """Make the attempts before ``end_us``; nothing happens before ``quiet_us``."""
        slots = self._pods.table.due_before(end_us)
        if not len(slots):
            return
        left, rows = self._attempts.make(slots, quiet_us)
        self._enter(left)
        self._rows.add(rows)
        self._pods.ahead |= dict.fromkeys(rows["slot"].tolist())
        if self._rows.waiting:
            after_us = self._rows.last_us - self._env.now
            self._env.call_quietly(after_us, self._rows.write_past)

    def _enter(self, slots: Ints) -> None:
        """Let these make their attempts when they are due."""
        pods, cells = self._pods, self._pods.table.cells
        last: list[int] = []
        for slot in slots.tolist():
            due_us = cells.due_us[slot]
            if due_us >= self._acts.last_us:
                last.append(slot)
                continue
            worker = pods.workers[slot]
            worker.due = cells.requeues[slot] + cells.due_looks[slot]
            cells.entered[slot] = 1
            pods.pulls[slot].node.enter(worker, due_us)
        self._give_back(last)
