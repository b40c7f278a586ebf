"""simpy's environment, in whole microseconds.

Every delay here is an integer, so the time is too; simpy types it as a float. Calls
that need no process of their own are made by ``call_after``. Nothing else is added:
an environment is a clock, not a bag to put things in.
"""

from collections.abc import Callable
from heapq import heappush
from typing import Any

import simpy


class _Call:
    """A call in simpy's queue: the least that ``Environment.step`` takes for an event.

    A Timeout has a dict, a list and a closure on top. Nothing may wait for it.
    """

    __slots__ = ("_call", "callbacks")

    _ok = True
    _defused = True
    _value = None

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self.callbacks: Any = (self._fire,)

    def _fire(self, _: object) -> None:
        self._call()


class Clock(simpy.Environment):
    """The only clock of a simulation; ``now`` is microseconds since its start."""

    def __init__(self) -> None:
        super().__init__(initial_time=0)

    @property
    def now(self) -> int:
        """The current time."""
        return self._now  # type: ignore[return-value]  # delays are integers

    def look_back(self, time_us: int) -> None:
        """Let ``now`` be another moment while something is made up for.

        Whoever calls it puts the time right again and schedules nothing in between.
        """
        self._now = time_us

    def call_after(self, delay_us: int, call: Callable[[], object]) -> None:
        """Call after a delay; in the same instant, calls keep their order."""
        # As Environment.schedule with normal priority, which costs a call more.
        due = self._now + delay_us
        heappush(self._queue, (due, 1, next(self._eid), _Call(call)))  # type: ignore[misc]
