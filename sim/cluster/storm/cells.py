"""The columns of the storm, and what happens to one pod at a time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.cluster.storm.pull import LOOKED
from sim.rules.backoff import IMAGE_MAX_US

NEVER = int(np.iinfo(np.int64).max)
COLUMNS = {
    # numbers: of the node and the pull in the storm, of the worker on its node, and of
    # the record
    "node": np.int64,
    "pull": np.int64,
    "rank": np.int64,
    "pod": np.int64,
    "spec_row": np.int64,
    # of the worker: key of its draws, its kubelet's coins and start
    "key": np.uint64,
    "coins": np.uint64,
    "start_us": np.int64,
    # requeues so far, end of the last sync
    "requeues": np.int64,
    "last_us": np.int64,
    # back-off: its length, and when it expires
    "delay_us": np.int64,
    "expires_us": np.int64,
    # statuses (see HopelessPull): in the API, and of the last sync
    "shown": np.int8,
    "failed": np.int8,
    # of the record: looks since the last row, what the API showed since, that row
    "looks": np.int64,
    "told": np.int8,
    "row": np.int64,
    # what lies ahead; whether the worker's attempt is in its kubelet's loop
    "due_us": np.int64,
    "due_ticks": np.int64,
    "due_looks": np.int64,
    "due_last_us": np.int64,
    "entered": np.int8,
}


class Cells:
    """The columns again, read and written one cell at a time: plain numbers."""

    __slots__ = tuple(COLUMNS)

    node: memoryview
    pull: memoryview
    rank: memoryview
    pod: memoryview
    spec_row: memoryview
    key: memoryview
    coins: memoryview
    start_us: memoryview
    requeues: memoryview
    last_us: memoryview
    delay_us: memoryview
    expires_us: memoryview
    shown: memoryview
    failed: memoryview
    looks: memoryview
    told: memoryview
    row: memoryview
    due_us: memoryview
    due_ticks: memoryview
    due_looks: memoryview
    due_last_us: memoryview
    entered: memoryview

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        for name, column in columns.items():
            setattr(self, name, column.data)

    def slept(self, slot: int, now_us: int) -> None:
        """A sync has ended, and is followed by a requeue."""
        self.requeues[slot] += 1
        self.last_us[slot] = now_us - self.start_us[slot]
        self.due_us[slot] = NEVER
        self.entered[slot] = 0

    def looked(self, slot: int) -> int:
        """Let the looks that lie ahead have been; return how many."""
        count: int = self.due_looks[slot]
        if count:
            self.due_looks[slot] = 0
            self.requeues[slot] += count
            self.last_us[slot] = self.due_last_us[slot]
            self.look(slot, count)
        return count

    def look(self, slot: int, count: int) -> None:
        """Let looks have been, at whatever times."""
        self.looks[slot] += count
        self.show(slot)
        self.failed[slot] |= LOOKED
        if count > 1:
            self.show(slot)

    def show(self, slot: int) -> None:
        """Write the status of the last sync to the API, as each sync begins."""
        failed = self.failed[slot]
        if self.shown[slot] != failed:
            self.shown[slot] = failed
            self.told[slot] |= 2 if failed >= LOOKED else 1

    def fail(self, slot: int, outcome: int, now_us: int) -> None:
        """Let an attempt have failed, and been told."""
        self.looks[slot] = self.told[slot] = 0
        delay_us = min(2 * self.delay_us[slot], IMAGE_MAX_US)
        self.delay_us[slot] = delay_us
        self.expires_us[slot] = now_us + delay_us - self.start_us[slot]
        self.failed[slot] = outcome
