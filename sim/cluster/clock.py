"""simpy's environment, in whole microseconds.

Every delay here is an integer, so the time is too; simpy types it as a float. Calls
that need no process of their own are made by ``call_after``.

The queue holds calls without arguments, which Python makes without a detour through
C: a call needs no event with a list of callbacks, and an event of simpy's is a call of
its callbacks. What happens in the very instant in which it is asked for, a quarter of
all, waits in line. What is far is kept by slices of time, and a slice is sorted when
it comes near: a heap would look at calls all over the memory for every one that leaves
it. What is asked for within the near slice is put into its place there; that is little
at a time, since a slice is short. The order is simpy's: by time, urgent ones first,
then as they came, which ``tests/properties/test_clock.py`` holds against simpy itself.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import chain, count
from typing import Any

import simpy
from simpy.core import EmptySchedule, Infinity

Watch = Callable[[int], object]
"""Told the time now and then while a simulation runs."""

WATCH_EVERY = 2000  # events
NORMAL = 1  # simpy's priority of what is not urgent
NEVER_US = 2**62
SLICE_BITS = 13  # of a time: a slice is 8 ms
LAST = 2**40  # more than there are events

Call = Callable[[], object]
_Entry = tuple[int, int, Call]
"""When (microseconds) and number, both negative, and what to call.

So the next one is the last of a sorted list, from which it is taken at no cost.
"""


class _Quiet(partial[Any]):
    """A call that changes nothing for anybody but who made it."""

    __slots__ = ()


class _Delay:
    """What ``Timeout`` is to those who yield it, without its dict and checks."""

    __slots__ = ("_defused", "callbacks", "env")

    _ok = True
    _value = None

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.callbacks: list[Any] | None = []


class _Slices(dict[int, list[_Entry]]):
    """What is far, by slice; ``order`` is a heap of the slices."""

    __slots__ = ("order",)

    def __init__(self) -> None:
        super().__init__()
        self.order: list[int] = []

    def __missing__(self, number: int) -> list[_Entry]:
        heappush(self.order, number)
        entries = self[number] = []
        return entries


class Clock(simpy.Environment):
    """The only clock of a simulation; ``now`` is microseconds since its start.

    ``events`` counts what has happened.
    """

    now: int = 0  # an attribute, since it is read more often than anything else

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self.now = 0
        self.events = 0
        # What is left of this instant, but for what was asked for before it.
        self._urgent: deque[Call] = deque()
        self._line: deque[Call] = deque()
        # What else is near, sorted, the next one last; and what is not.
        self._near: list[_Entry] = []
        self._near_until_us = 0
        self._far = _Slices()
        self._numbers = count(0, -1)

    # --- asking for something to happen ---

    def schedule(self, event: Any, priority: int = NORMAL, delay: float = 0) -> None:
        """Let an event of simpy's happen; urgent ones do in this instant."""
        if priority == NORMAL:
            self.call_after(int(delay), partial(_happen, event))
        else:
            assert not delay, "what is urgent is due now"  # noqa: S101
            self._urgent.append(partial(_happen, event))

    def delay(self, delay_us: int) -> Any:
        """Return what a generator may yield to wait; see ``timeout``."""
        event = _Delay(self)
        self.call_after(delay_us, partial(_happen, event))
        return event

    def call_after(self, delay_us: int, call: Call) -> None:
        """Call after a delay; in the same instant, calls keep their order."""
        if not delay_us:
            self._line.append(call)
            return
        at_us = self.now + delay_us
        entry = (-at_us, next(self._numbers), call)
        if at_us < self._near_until_us:
            insort(self._near, entry)
        else:
            self._far[at_us >> SLICE_BITS].append(entry)

    def call_last(self, delay_us: int, call: Call) -> None:
        """Call after a delay, and after what is asked for before that instant."""
        at_us = self.now + delay_us
        entry = (-at_us, next(self._numbers) - LAST, call)
        if at_us < self._near_until_us:
            insort(self._near, entry)
        else:
            self._far[at_us >> SLICE_BITS].append(entry)

    def call_quietly(self, delay_us: int, call: Call) -> None:
        """Call after a delay, as ``call_after``; ``next_loud_us`` does not see it."""
        self.call_after(delay_us, _Quiet(call))

    def call_first(self, call: Call) -> None:
        """Call in this instant, before all that is not as urgent."""
        self._urgent.append(call)

    # --- looking into the queue ---

    def peek(self) -> float:
        """Return when the next event happens; see ``Environment.peek``."""
        if self._urgent or self._line:
            return self.now
        return -self._near[-1][0] if self._near or self._come_near() else Infinity

    def next_loud_us(self, before_us: int) -> int:
        """Return when the next thing happens, quiet calls aside, if before a time."""
        if any(type(call) is not _Quiet for call in (*self._urgent, *self._line)):
            return min(before_us, self.now)
        near = self._near
        if near and -near[-1][0] < before_us and type(near[-1][2]) is not _Quiet:
            return -near[-1][0]
        every = chain(near, *self._far.values())
        loud = (-entry[0] for entry in every if type(entry[2]) is not _Quiet)
        return min((before_us, *loud))

    # --- letting it happen ---

    def run_until(self, end_us: int, watch: Watch | None = None) -> None:
        """Let everything happen up to and in that moment.

        ``watch`` is told the time after some thousands of events.
        """
        while self._run_some(end_us, WATCH_EVERY):
            if watch is not None:
                watch(self.now)
        self.now = end_us
        if not self._near:
            self._come_near()  # or what is put now could come before it

    def run(self, until: Any = None) -> Any:
        """Run to a time, what happens then excluded; see ``Environment.run``."""
        if until is None or isinstance(until, simpy.Event):
            return super().run(until)
        self.run_until(int(until) - 1)
        self.now = int(until)
        return None

    def step(self) -> None:
        """Let the next event happen; see ``Environment.step``."""
        if not self._run_some(NEVER_US, 1):
            raise EmptySchedule

    def _run_some(self, end_us: int, most: int) -> int:
        """Let some events happen; return how many there were."""
        urgent, line, near = self._urgent, self._line, self._near
        last = -end_us
        for done in range(most):
            if urgent:
                call = urgent.popleft()
            elif line and not (near and near[-1][0] == -self.now):
                call = line.popleft()
            elif near or self._come_near():
                when, number, call = near.pop()
                if when < last:
                    near.append((when, number, call))
                    most = done
                    break
                self.now = -when
            else:
                most = done
                break
            call()
        self.events += most
        return most

    def _come_near(self) -> bool:
        """Let the next slice be near, now that nothing is; return if there was one."""
        far = self._far
        if not far:
            return False
        number = heappop(far.order)
        self._near += far.pop(number)
        self._near.sort()
        self._near_until_us = (number + 1) << SLICE_BITS
        return True


def _happen(event: Any) -> None:
    """Let an event of simpy's happen, as ``Environment.step`` does."""
    callbacks, event.callbacks = event.callbacks, None
    for callback in callbacks:
        callback(event)
    if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001
        raise event._value  # noqa: SLF001
