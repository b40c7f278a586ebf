"""simpy's environment, in whole microseconds.

Every delay here is an integer, so the time is too; simpy types it as a float. Calls
that need no process of their own are made by ``call_after``. Nothing else is added:
an environment is a clock, not a bag to put things in.
"""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Any

import simpy

Watch = Callable[[int], object]
"""Told the time now and then while a simulation runs."""

WATCH_EVERY = 2000  # events


class _Call(partial[Any]):
    """A call in simpy's queue: the least that ``Environment.step`` takes for an event.

    A Timeout has a dict, a list and a closure on top. Nothing may wait for it.
    """

    __slots__ = ()


class _Delay:
    """What ``Timeout`` is to those who yield it, without its dict and checks."""

    __slots__ = ("_defused", "callbacks", "env")

    _ok = True
    _value = None

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.callbacks: list[Any] | None = []


class _Quiet(_Call):
    """A call that changes nothing for anybody but who made it."""

    __slots__ = ()


class Clock(simpy.Environment):
    """The only clock of a simulation; ``now`` is microseconds since its start."""

    now: int = 0  # an attribute, since it is read more often than anything else

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self.now = 0

    def delay(self, delay_us: int) -> Any:
        """Return what a generator may yield to wait; see ``timeout``."""
        event = _Delay(self)
        due = self.now + delay_us
        heappush(self._queue, (due, 1, next(self._eid), event))  # type: ignore[misc]
        return event

    def call_after(
        self, delay_us: int, call: Callable[..., object], *arguments: Any
    ) -> None:
        """Call after a delay; in the same instant, calls keep their order."""
        # As Environment.schedule with normal priority, which costs a call more.
        due = self.now + delay_us
        heappush(self._queue, (due, 1, next(self._eid), _Call(call, *arguments)))  # type: ignore[misc]

    def call_quietly(
        self, delay_us: int, call: Callable[..., object], *arguments: Any
    ) -> None:
        """Call after a delay, as ``call_after``; ``next_loud_us`` does not see it."""
        entry = (self.now + delay_us, 1, next(self._eid), _Quiet(call, *arguments))
        heappush(self._queue, entry)  # type: ignore[misc]

    def next_loud_us(self, before_us: int) -> int:
        """Return when the next thing happens, quiet calls aside, if before a time."""
        queue: list[Any] = self._queue
        if queue and queue[0][0] < before_us and type(queue[0][3]) is not _Quiet:
            return int(queue[0][0])
        loud = (int(one[0]) for one in queue if type(one[3]) is not _Quiet)
        return min((before_us, *loud))

    def call_first(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call in this instant, before all that is not as urgent."""
        entry = (self.now, 0, next(self._eid), _Call(call, *arguments))
        heappush(self._queue, entry)  # type: ignore[misc]

    def run_until(self, end_us: int, watch: Watch | None = None) -> None:
        """Let everything happen up to and in that moment.

        ``watch`` is told the time after some thousands of events.
        """
        while self._queue and self._queue[0][0] <= end_us:
            self._run_some(end_us)
            if watch is not None:
                watch(self.now)
        self._now = self.now = end_us

    def _run_some(self, end_us: int) -> None:
        # As step, whose calls for each event would be a tenth of a run.
        queue = self._queue
        event: Any
        for _ in range(WATCH_EVERY):
            if not queue:
                return
            at_us, _, _, event = entry = heappop(queue)
            if at_us > end_us:
                heappush(queue, entry)
                return
            self._now = self.now = at_us  # type: ignore[assignment]
            if isinstance(event, _Call):
                event()
                continue
            callbacks, event.callbacks = event.callbacks, None
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001
                raise event._value  # noqa: SLF001

    def step(self) -> None:
        """Let the next event happen; as ``Environment.step``, for calls too."""
        if not self._queue:
            raise simpy.core.EmptySchedule
        self.now, _, _, event = self._queue[0]  # type: ignore[assignment]
        if isinstance(event, _Call):
            self._now = self.now
            heappop(self._queue)
            event()
        else:
            super().step()
