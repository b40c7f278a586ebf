"""Rows of the storm; those made ahead wait until the record has come to their time."""

import numpy as np
from numpy.typing import NDArray

from sim.cluster.clock import Clock
from sim.cluster.storm.node import StormPull
from sim.cluster.storm.pull import MISSING
from sim.cluster.storm.table import StormTable
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, TYPECODES
from sim.rules.reasons import WaitingReason

Columns = dict[str, NDArray[np.int64]]

_SHOWN = (
    "",
    WaitingReason.ERR_IMAGE_PULL,
    WaitingReason.IMAGE_PULL_BACK_OFF,
    f"{WaitingReason.ERR_IMAGE_PULL}, {WaitingReason.IMAGE_PULL_BACK_OFF}",
)


class StormRows:
    """Writes rows by time; ``waiting`` of them wait.

    ``shown`` are the record's numbers of what the API showed, by ``told``.
    """

    __slots__ = ("_columns", "_env", "_log", "_table", "shown", "waiting")

    def __init__(self, env: Clock, log: EventLog, table: StormTable) -> None:
        self._env = env
        self._log = log
        self._table = table
        self._columns: Columns = {}
        self.shown = [log.names.id(text) for text in _SHOWN]
        self.waiting = 0

    @property
    def last_us(self) -> int:
        """The time of the last one that waits."""
        return int(self._columns["time_us"][-1])

    def add(self, columns: Columns) -> None:
        """Let rows wait; ``columns`` are those of the log, ``slot`` and ``order``.

        ``slot`` says whose they are, ``order`` who is first in an instant.
        """
        if self.waiting:
            both = (self._columns, columns)
            columns = {n: np.concatenate([c[n] for c in both]) for n in columns}
        self.waiting = len(columns["time_us"])
        by_time = np.lexsort((columns["order"], columns["time_us"]))
        self._columns = {name: column[by_time] for name, column in columns.items()}

    def write_past(self) -> None:
        """Write those up to now."""
        self.write(self._env.now + 1)

    def write(self, before_us: int) -> None:
        """Write those before a time; their slots get their numbers."""
        count = int(np.searchsorted(self._columns["time_us"], before_us))
        if not count:
            return
        first = self._log.extend(
            Kind.PULL_RETRIED,
            count,
            {
                name: column[:count].astype(TYPECODES[name]).tobytes()
                for name, column in self._columns.items()
                if name in TYPECODES
            },
        )
        rows = np.arange(first, first + count)
        self._table.row[self._columns["slot"][:count]] = rows
        self._columns = {name: one[count:] for name, one in self._columns.items()}
        self.waiting -= count

    def retried(self, slot: int, pull: StormPull, failed: int, began_us: int) -> None:
        """Write an attempt that failed now."""
        if self.waiting:
            self.write(self._env.now)
        cells = self._table.cells
        cells.row[slot] = self._log.append(
            Kind.PULL_RETRIED,
            **pull.columns[failed],
            pod=cells.pod[slot],
            reason=self.shown[cells.told[slot]],
            amount=cells.looks[slot],
            span=self._env.now - began_us,
            cause=cells.spec_row[slot],
        )

    def backed_off(self, slot: int, pull: StormPull) -> None:
        """Write the looks since the last row, if there were any."""
        if self.waiting:
            self.write_past()
        cells = self._table.cells
        if not cells.looks[slot]:
            return
        last, columns = cells.row[slot], pull.columns[MISSING]
        cells.row[slot] = self._log.append(
            Kind.BACKED_OFF,
            node=columns["node"],
            container=columns["container"],
            image=columns["image"],
            pod=cells.pod[slot],
            reason=self.shown[cells.told[slot]],
            amount=cells.looks[slot],
            span=self._env.now - (cells.start_us[slot] + cells.last_us[slot]),
            cause=cells.spec_row[slot] if last == NONE else last,
        )
        cells.looks[slot] = cells.told[slot] = 0
