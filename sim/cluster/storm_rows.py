"""Rows of attempts that were made ahead, until the record has come to their time."""

import numpy as np
from numpy.typing import NDArray

from sim.cluster.storm_looks import Ints
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import TYPECODES

Columns = dict[str, NDArray[np.int64]]


class StormRows:
    """Rows by time; ``slot`` says whose, ``order`` who is first in an instant."""

    __slots__ = ("_columns", "_log", "waiting")

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._columns: Columns = {}
        self.waiting = 0

    @property
    def last_us(self) -> int:
        """The time of the last one."""
        return int(self._columns["time_us"][-1])

    def add(self, columns: Columns) -> None:
        """Let rows wait; ``columns`` are those of the log, ``slot`` and ``order``."""
        if self.waiting:
            both = (self._columns, columns)
            columns = {n: np.concatenate([c[n] for c in both]) for n in columns}
        self.waiting = len(columns["time_us"])
        by_time = np.lexsort((columns["order"], columns["time_us"]))
        self._columns = {name: column[by_time] for name, column in columns.items()}

    def write(self, before_us: int, rows: Ints) -> None:
        """Write those before a time; ``rows`` gets their numbers, by slot."""
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
        rows[self._columns["slot"][:count]] = np.arange(first, first + count)
        self._columns = {name: one[count:] for name, one in self._columns.items()}
        self.waiting -= count
