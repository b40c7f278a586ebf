"""simpy's environment, in whole microseconds.

Every delay here is an integer, so the time is too; simpy types it as a float. Calls
that need no process of their own are made by ``call_after``.

What happens in the very instant in which it is asked for, a quarter of all events,
waits in line. The rest is in a calendar (Brown, "Calendar queues", CACM 31 (10),
1988) in place of simpy's heap, whose every push and pop compares a dozen entries all
over the memory: an event is put onto the page of its day, 2 ms long, and a page is
sorted when its day comes. The order is simpy's: by time, urgent ones first, then as
they came, which ``tests/properties/test_clock.py`` holds against simpy itself.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappop, heappush
from itertools import count
from operator import itemgetter
from typing import Any

import simpy
from simpy.core import EmptySchedule, Infinity

Watch = Callable[[int], object]
"""Told the time now and then while a simulation runs."""

WATCH_EVERY = 2000  # events
NORMAL = 1  # simpy's priority of what is not urgent
NEVER_US = 2**62
DAY_BITS = 11  # of a time: a day has 2,048 us

_time_of = itemgetter(0)


class _Call(partial[Any]):
    """A call in the queue: the least that can stand for an event.

    A Timeout has a dict, a list and a closure on top. Nothing may wait for it.
    """

    __slots__ = ()


class _Quiet(_Call):
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


class Clock(simpy.Environment):
    """The only clock of a simulation; ``now`` is microseconds since its start.

    ``events`` counts what has happened.
    """

    now: int = 0  # an attribute, since it is read more often than anything else

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self.now = 0
        self.events = 0
        # What is left of this instant.
        self._urgent: deque[Any] = deque()
        self._line: deque[Any] = deque()
        # The days to come: what was put onto the page of each, and a heap of them.
        self._pages: dict[int, list[tuple[int, Any]]] = {}
        self._days: list[int] = []
        # The day that was opened last: the rest of its page, the last event first,
        # and a heap of what was put onto it, or before it, since then.
        self._day = -1
        self._page: list[tuple[int, Any]] = []
        self._added: list[tuple[int, int, Any]] = []
        self._number = count()

    # --- putting events into the queue ---

    def schedule(self, event: Any, priority: int = NORMAL, delay: float = 0) -> None:
        """Let an event of simpy's happen; urgent ones do in this instant."""
        if priority == NORMAL:
            self._put(int(delay), event)
        else:
            self._urgent.append(event)

    def delay(self, delay_us: int) -> Any:
        """Return what a generator may yield to wait; see ``timeout``."""
        event = _Delay(self)
        self._put(delay_us, event)
        return event

    def call_after(
        self, delay_us: int, call: Callable[..., object], *arguments: Any
    ) -> None:
        """Call after a delay; in the same instant, calls keep their order."""
        event = _Call(call, *arguments)
        if not delay_us:
            self._line.append(event)
            return
        # As _enter, which costs a call more: most events are made here.
        at_us = self.now + delay_us
        day = at_us >> DAY_BITS
        if day <= self._day:
            heappush(self._added, (at_us, next(self._number), event))
        elif day in self._pages:
            self._pages[day].append((at_us, event))
        else:
            self._pages[day] = [(at_us, event)]
            heappush(self._days, day)

    def call_quietly(
        self, delay_us: int, call: Callable[..., object], *arguments: Any
    ) -> None:
        """Call after a delay, as ``call_after``; ``next_loud_us`` does not see it."""
        self._put(delay_us, _Quiet(call, *arguments))

    def call_first(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call in this instant, before all that is not as urgent."""
        self._urgent.append(_Call(call, *arguments))

    def _put(self, delay_us: int, event: Any) -> None:
        if delay_us:
            self._enter(self.now + delay_us, event)
        else:
            self._line.append(event)

    def _enter(self, at_us: int, event: Any) -> None:
        """Put an event into the calendar."""
        day = at_us >> DAY_BITS
        if day <= self._day:
            heappush(self._added, (at_us, next(self._number), event))
        elif day in self._pages:
            self._pages[day].append((at_us, event))
        else:
            self._pages[day] = [(at_us, event)]
            heappush(self._days, day)

    # --- looking into it ---

    def peek(self) -> float:
        """Return when the next event happens; see ``Environment.peek``."""
        if self._urgent or self._line:
            return self.now
        next_us = self._next_us()
        return Infinity if next_us == NEVER_US else next_us

    def next_loud_us(self, before_us: int) -> int:
        """Return when the next thing happens, quiet calls aside, if before a time."""
        if any(type(event) is not _Quiet for event in (*self._urgent, *self._line)):
            return min(before_us, self.now)
        coming = self._coming(before_us)
        loud = (entry[0] for entry in coming if type(entry[-1]) is not _Quiet)
        return min((before_us, *loud))

    def _coming(self, before_us: int) -> Iterator[tuple[Any, ...]]:
        """Yield what may happen after this instant and before a time."""
        yield from self._page
        yield from self._added
        for day in self._days:
            if day << DAY_BITS < before_us:
                yield from self._pages[day]

    def _next_us(self) -> int:
        """Return when something happens next after this instant."""
        page, added = self._page, self._added
        if not page and not added:
            if not self._days:
                return NEVER_US
            self._day = heappop(self._days)
            page = self._page = self._pages.pop(self._day)
            page.sort(key=_time_of)  # in which equal ones keep their order
            page.reverse()
        if not added:
            return page[-1][0]
        return min(page[-1][0], added[0][0]) if page else added[0][0]

    # --- letting it happen ---

    def run_until(self, end_us: int, watch: Watch | None = None) -> None:
        """Let everything happen up to and in that moment.

        ``watch`` is told the time after some thousands of events.
        """
        while self._run_some(end_us, WATCH_EVERY):
            if watch is not None:
                watch(self.now)
        self._now = self.now = end_us

    def run(self, until: Any = None) -> Any:
        """Run to a time, what happens then excluded; see ``Environment.run``."""
        if not isinstance(until, int):
            return super().run(until)
        self.run_until(until - 1)
        self._now = self.now = until
        self._go_on(until)  # or what is put now would come before it
        return None

    def step(self) -> None:
        """Let the next event happen; see ``Environment.step``."""
        if not self._run_some(NEVER_US - 1, 1):
            raise EmptySchedule

    def _run_some(self, end_us: int, most: int) -> int:
        """Let some events happen; return how many there were."""
        urgent, line = self._urgent, self._line
        event: Any
        for done in range(most):
            if urgent:
                event = urgent.popleft()
            elif line or self._go_on(end_us):
                event = line.popleft()
            else:
                return done
            self.events += 1
            if isinstance(event, _Call):
                event()
                continue
            callbacks, event.callbacks = event.callbacks, None
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001
                raise event._value  # noqa: SLF001
        return most

    def _go_on(self, end_us: int) -> bool:
        """Let the next instant come, unless it is after that time."""
        at_us = self._next_us()
        if at_us > end_us:
            return False
        self._now = self.now = at_us
        page, added, line = self._page, self._added, self._line
        while page and page[-1][0] == at_us:
            line.append(page.pop()[1])
        while added and added[0][0] == at_us:
            line.append(heappop(added)[2])
        return True
