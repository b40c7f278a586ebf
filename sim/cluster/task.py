"""A generator that runs as a simpy process does, for those that nobody waits for.

A simpy process is an event too: its end takes its turn in the queue, also where
nothing hears of it. A kubelet starts one for every sync and every relist, so it runs
them as tasks. They begin, go on and are interrupted when processes would.

Source: simpy/events.py (Initialize, Interruption, Process._resume).
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock


class Task:
    """Runs a generator from this instant on; it may yield any event of simpy's.

    ``target`` is the event that it waits for, None before it has begun and after it
    has ended.
    """

    __slots__ = ("_env", "_generator", "target")

    def __init__(
        self, env: Clock, generator: Generator[simpy.Event, Any, None]
    ) -> None:
        self._env = env
        self._generator = generator
        self.target: simpy.Event | None = None
        env.call_first(self._begin)

    def _begin(self) -> None:
        self._go_on(None)

    def _go_on(self, event: simpy.Event | None) -> None:
        """Hand an event's outcome over; go on until one has to be waited for."""
        self.target = None
        try:
            while True:
                if event is None:
                    target = next(self._generator)
                elif event._ok:  # noqa: SLF001 - as Process._resume
                    target = self._generator.send(event._value)  # noqa: SLF001
                else:
                    event.defused = True
                    target = self._generator.throw(event._value)  # noqa: SLF001
                if target.callbacks is not None:
                    break
                event = target
        except StopIteration:
            return
        target.callbacks.append(self._go_on)
        self.target = target

    def interrupt(self) -> None:
        """Throw ``simpy.Interrupt`` into a task that waits, in this instant."""
        self._env.call_first(self._break_off)

    def _break_off(self) -> None:
        target, self.target = self.target, None
        if target is None:
            return
        if target.callbacks is not None:
            target.callbacks.remove(self._go_on)
        try:
            self._generator.throw(simpy.Interrupt(None))
        except (StopIteration, simpy.Interrupt):
            return
