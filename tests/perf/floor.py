"""The floor: what the same pods and pulls cost on a bare heap, with no model around.

A pod is one small object that is scheduled again for each step of its life: bound,
looked at, its sandbox, then for each container the pull's requests and layers,
created, started, and looked at again. A step counts what it is about and draws on
nothing else. That is the least a loop of events can do; the ratio to it says what
the cluster's rules, causes and records cost.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from time import process_time

ACTORS, TICKS = 10_000, 20


class Bare:
    """A heap of (time, priority, number, event); see ``simpy.Environment``."""

    __slots__ = ("_eid", "_now", "_queue")

    def __init__(self) -> None:
        self._now = 0.0
        self._queue: list[tuple[float, int, int, Actor | Arrivals]] = []
        self._eid = count()

    def schedule(self, actor: "Actor | Arrivals", delay: float) -> None:
        """Let an actor take its next step after a delay."""
        heappush(self._queue, (self._now + delay, 1, next(self._eid), actor))

    def run(self) -> int:
        """Run to the end; return the number of events."""
        queue, events = self._queue, 0
        while queue:
            self._now, _, _, actor = heappop(queue)
            # As simpy's step: kept, they would be a cycle of object and method.
            callbacks, actor.callbacks = actor.callbacks, ()
            callbacks[0]()
            events += 1
        return events


class Actor:
    """Takes its steps one after another, each after its delay."""

    __slots__ = ("callbacks", "delays", "env", "left", "seen")

    def __init__(self, env: Bare, steps: int, delays: list[float]) -> None:
        self.env = env
        self.left = steps
        self.delays = delays
        self.seen = 0
        self.callbacks: tuple[Callable[[], None], ...] = ()

    def fire(self) -> None:
        """Take a step."""
        self.left -= 1
        self.seen += 1
        if self.left:
            self.arm(self.delays[self.left])

    def arm(self, delay: float) -> None:
        """Take the next step after a delay."""
        self.callbacks = (self.fire,)
        self.env.schedule(self, delay)


class Arrivals:
    """Lets actors come one after another; each takes its first step as it comes.

    They do not wait in the heap before that: the pods of a cluster do not either.
    """

    __slots__ = ("actors", "callbacks", "env", "every_s")

    def __init__(self, env: Bare, actors: Iterator[Actor], every_s: float) -> None:
        self.env = env
        self.actors = actors
        self.every_s = every_s
        self.callbacks: tuple[Callable[[], None], ...] = (self.fire,)
        env.schedule(self, 0.0)

    def fire(self) -> None:
        """Let the next actor come, and the one after it a while later."""
        actor = next(self.actors, None)
        if actor is not None:
            actor.fire()
            self.callbacks = (self.fire,)
            self.env.schedule(self, self.every_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a loop took: its events and CPU seconds, building included."""

    events: int
    cpu_s: float

    @property
    def ns_per_event(self) -> float:
        """Nanoseconds for one event."""
        return self.cpu_s / self.events * 1e9


def bare() -> Cost:
    """Measure the loop with nothing in it: equal actors, random delays."""
    draw = random.Random(1)
    env = Bare()
    delays = [draw.expovariate(1.0) for _ in range(TICKS)]
    for _ in range(ACTORS):
        Actor(env, TICKS, delays).arm(draw.expovariate(1.0))
    began = process_time()
    return Cost(events=env.run(), cpu_s=process_time() - began)


def floor(
    *, pods: int, containers: int, pulls: int, layers: int, every_s: float
) -> Cost:
    """Measure the steps of these pods, one pod arriving every so many seconds.

    ``pulls`` of the pods' containers ask the registry (manifest and config; then
    ``layers`` arrive and are unpacked, over all pulls together).
    """
    began = process_time()
    draw = random.Random(1)
    env = Bare()
    steps = 4 + 2 * containers + (4 * pulls + 2 * layers) // max(1, pods)
    delays = [draw.uniform(0.01, 1.0) for _ in range(steps)]
    Arrivals(env, (Actor(env, steps, delays) for _ in range(pods)), every_s)
    return Cost(events=env.run(), cpu_s=process_time() - began)
