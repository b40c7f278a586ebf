"""simpy's environment, in whole microseconds.

Every delay here is an integer, so the time is too; simpy types it as a float. Calls
that need no process of their own are made by ``call_after``. Nothing else is added:
an environment is a clock, not a bag to put things in.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import simpy

Watch = Callable[[int], object]
"""Told the time now and then while a simulation runs."""

WATCH_EVERY = 2000  # events


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


class _Quiet(_Call):
    """A call that changes nothing for anybody but who made it."""

    __slots__ = ()


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

    def call_quietly(self, delay_us: int, call: Callable[[], object]) -> None:
        """Call after a delay, as ``call_after``; ``next_loud_us`` does not see it."""
        due = self._now + delay_us
        heappush(self._queue, (due, 1, next(self._eid), _Quiet(call)))  # type: ignore[misc]

    def next_loud_us(self, before_us: int) -> int:
        """Return when the next thing happens, quiet calls aside, if before a time."""
        queue: list[Any] = self._queue
        if queue and queue[0][0] < before_us and type(queue[0][3]) is not _Quiet:
            return int(queue[0][0])
        loud = (int(one[0]) for one in queue if type(one[3]) is not _Quiet)
        return min((before_us, *loud))

    def call_first(self, call: Callable[[], object]) -> None:
        """Call in this instant, before all that is not as urgent."""
        heappush(self._queue, (self._now, 0, next(self._eid), _Call(call)))  # type: ignore[misc]

    def run_until(self, end_us: int, watch: Watch | None = None) -> None:
        """Let everything happen up to and in that moment.

        As ``run``, whose loop calls a method for each event; ``watch`` is told the
        time after some thousands of events.
        """
        while self._queue and self._queue[0][0] <= end_us:
            self._run_some(end_us)
            if watch is not None:
                watch(self.now)
        self._now = end_us

    def _run_some(self, end_us: int) -> None:
        queue = self._queue
        for _ in range(WATCH_EVERY):
            if not queue or queue[0][0] > end_us:
                return
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001
                raise event._value  # noqa: SLF001 - as Environment.step
