"""What is known of the pods that back off, one slot a pod: arrays, not objects.

A slot holds a pod as its last attempt, or its handing over, left it; what lies ahead
(``due_*``) is added when it has come. Times are counted from the start of the pod's
kubelet, as in ``looks``; only ``due_us`` is the clock's.
"""

import numpy as np

from sim.cluster.storm.cells import COLUMNS, NEVER, Cells
from sim.cluster.storm.looks import GAMMA, Ints, look_ahead
from sim.cluster.storm.pull import LOOKED
from sim.rules.backoff import IMAGE_MAX_US

FIRST_SLOTS = 64
CHUNK = 8192  # pods whose arrays the processor's cache holds


class StormTable:
    """Columns by name; slots are taken and given back. ``cells`` are the same ones."""

    __slots__ = (*COLUMNS, "_free", "_size", "cells")

    node: Ints
    pull: Ints
    rank: Ints
    pod: Ints
    spec_row: Ints
    key: np.typing.NDArray[np.uint64]
    coins: np.typing.NDArray[np.uint64]
    start_us: Ints
    requeues: Ints
    last_us: Ints
    delay_us: Ints
    expires_us: Ints
    shown: np.typing.NDArray[np.int8]
    failed: np.typing.NDArray[np.int8]
    looks: Ints
    told: np.typing.NDArray[np.int8]
    row: Ints
    due_us: Ints
    due_ticks: Ints
    due_looks: Ints
    due_last_us: Ints
    entered: np.typing.NDArray[np.int8]

    def __init__(self) -> None:
        self._size = 0
        self._free: list[int] = []
        for name, kind in COLUMNS.items():
            setattr(self, name, np.zeros(0, kind))
        self._grow(FIRST_SLOTS)

    def _grow(self, size: int) -> None:
        for name, kind in COLUMNS.items():
            column = np.zeros(size, kind)
            column[: self._size] = getattr(self, name)
            setattr(self, name, column)
        self.cells = Cells({name: getattr(self, name) for name in COLUMNS})
        self.due_us[self._size :] = NEVER
        self._free.extend(reversed(range(self._size, size)))
        self._size = size

    def take(self) -> int:
        """Return a slot that is free."""
        if not self._free:
            self._grow(2 * self._size)
        return self._free.pop()

    def fill(self, slot: int, **values: int) -> None:
        """Write these cells of a slot, and nothing into the others."""
        for name in COLUMNS:
            getattr(self.cells, name)[slot] = values.get(name, 0)
        self.due_us[slot] = NEVER

    def give(self, slot: int) -> None:
        """Let a slot be used again."""
        self.due_us[slot] = NEVER
        self.delay_us[slot] = 0
        self.entered[slot] = 0
        self._free.append(slot)

    def due_before(self, time_us: int) -> Ints:
        """Return the slots whose attempt comes before a time, as they queue.

        Those whose attempt is in their kubelet's loop are left out.
        """
        slots = np.flatnonzero((self.due_us < time_us) & (self.entered == 0))
        keys = (self.rank[slots], self.due_us[slots], self.node[slots])
        return slots[np.lexsort(keys)]

    def entered_nodes(self) -> Ints:
        """Return the nodes with an attempt in their kubelet's loop."""
        return np.unique(self.node[self.entered > 0])

    def shortest_us(self) -> int:
        """Return the least time from the next failure of any pod to an attempt."""
        delays_us = self.delay_us[self.delay_us > 0]
        return min(2 * int(delays_us.min(initial=NEVER // 2)), IMAGE_MAX_US)

    def look_ahead(self, slots: Ints, stop_us: int) -> None:
        """Find out what lies ahead of these, up to a time."""
        for first in range(0, len(slots), CHUNK):
            self._look_ahead(slots[first : first + CHUNK], stop_us)

    def _look_ahead(self, where: Ints, stop_us: int) -> None:
        requeues = self.requeues[where].view(np.uint64)
        start_us = self.start_us[where]
        ahead = look_ahead(
            self.last_us[where],
            self.key[where] + requeues * GAMMA,
            self.coins[where],
            self.expires_us[where],
            stop_us - start_us,
        )
        at_us = ahead.at_us + start_us
        self.due_us[where] = np.where(at_us < stop_us, at_us, NEVER)
        self.due_ticks[where] = ahead.ticks
        self.due_looks[where] = ahead.looks
        self.due_last_us[where] = ahead.last_us

    # --- many at once ---

    def looked(self, slots: Ints) -> None:
        """Let the looks that lie ahead of these have been."""
        count = self.due_looks[slots]
        self.looks[slots] += count
        self.requeues[slots] += count
        self.due_looks[slots] = 0
        some = slots[count > 0]
        self.last_us[some] = self.due_last_us[some]
        self.show(some)
        self.failed[some] |= LOOKED
        self.show(slots[count > 1])

    def show(self, slots: Ints) -> None:
        """Write the statuses of the last syncs to the API, as each sync begins."""
        failed = self.failed[slots]
        changed = self.shown[slots] != failed
        self.told[slots] |= np.where(failed >= LOOKED, 2, 1).astype(np.int8) * changed
        self.shown[slots] = failed

    def fail(self, slots: Ints, outcome: Ints, end_us: Ints) -> None:
        """Let attempts have failed at these times."""
        delay_us = np.minimum(2 * self.delay_us[slots], IMAGE_MAX_US)
        slept_us = end_us - self.start_us[slots]
        self.delay_us[slots] = delay_us
        self.expires_us[slots] = slept_us + delay_us
        self.last_us[slots] = slept_us
        self.failed[slots] = outcome
        self.requeues[slots] += 1
        self.looks[slots] = 0
        self.told[slots] = 0
        self.due_us[slots] = NEVER
