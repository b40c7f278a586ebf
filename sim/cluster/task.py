"""A generator that runs as a simpy process does, for those that nobody waits for.

A simpy process is an event too: its end takes its turn in the queue, also where
nothing hears of it. A kubelet starts one for every pull and every pod that ends, so it
runs them as tasks. They go on and are interrupted when processes would; they begin at
once, and whoever began them is called with what they return.

Source: simpy/events.py (Interruption, Process._resume).
"""

from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

import simpy

from sim.cluster.clock import Clock

T = TypeVar("T")


class Task(Generic[T]):
    """Runs a generator from this instant on; it may yield any event of simpy's.

    ``done`` gets its result in the instant in which it ends. ``target`` is the event
    that it waits for, None after it has ended.
    """

    __slots__ = ("_done", "_env", "_generator", "target")

    def __init__(
        self,
        env: Clock,
        generator: Generator[simpy.Event, Any, T],
        done: Callable[[T], object],
    ) -> None:
        self._env = env
        self._generator = generator
        self._done = done
        self.target: simpy.Event | None = None
        self._go_on(None)

    def _go_on(self, event: simpy.Event | None) -> None:
        """Hand an event's outcome over; go on until one has to be waited for."""
        generator = self._generator
        try:
            if event is None:
                target = next(generator)
            elif event._ok:  # noqa: SLF001 - as Process._resume
                target = generator.send(event._value)  # noqa: SLF001
            else:
                event.defused = True
                target = generator.throw(event._value)  # noqa: SLF001
        except StopIteration as end:
            self.target = None
            self._done(end.value)
            return
        self._wait_for(target)

    def _wait_for(self, target: simpy.Event) -> None:
        self.target = target
        if target.callbacks is not None:
            target.callbacks.append(self._go_on)
        else:
            self._go_on(target)

    @classmethod
    def begin(
        cls,
        env: Clock,
        generator: Generator[simpy.Event, Any, T],
        done: Callable[[T], object],
    ) -> "Task[T] | None":
        """Run a generator; return it as a task unless that is over already."""
        task = cls(env, generator, done)
        return None if task.target is None else task

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
            target = self._generator.throw(simpy.Interrupt(None))
        except StopIteration as end:
            self._done(end.value)
        except simpy.Interrupt:
            return
        else:
            self._wait_for(target)
