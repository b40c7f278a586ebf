"""A task does what a simpy process does, when it does it."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
import simpy

from sim.cluster.clock import Clock
from sim.cluster.task import Task

Step = Generator[simpy.Event, Any, None]
Start = Callable[[Clock, Step], Any]


def as_process(env: Clock, step: Step) -> simpy.Process:
    """The plain way."""
    return env.process(step)


def as_task(env: Clock, step: Step) -> Task[None]:
    """The quick way, which begins at once, as a process does in its turn."""
    return Task(env, step, lambda _: None)


def seen_with(start: Start) -> list[tuple[int, str]]:
    """Two walkers, a failure that one catches, an interrupt that ends the other."""
    env, seen = Clock(), list[tuple[int, str]]()
    over, broken = env.event(), env.event()
    over.succeed("early")

    def walk(name: str) -> Step:
        try:
            seen.append((env.now, f"{name} begins"))
            yield env.timeout(3)
            seen.append((env.now, f"{name} hears {(yield over)}"))
            try:
                yield broken
            except KeyError as error:
                seen.append((env.now, f"{name} catches {error}"))
            yield env.timeout(10)
        except simpy.Interrupt:
            seen.append((env.now, f"{name} is interrupted"))

    env.call_after(4, lambda: broken.fail(KeyError("gone")))
    first, _ = start(env, walk("first")), start(env, walk("second"))
    env.call_after(6, first.interrupt)
    env.run_until(30)
    return seen


def test_a_task_takes_the_steps_of_a_process_in_their_order() -> None:
    """Beginning, values of past events, failures, interrupts."""
    assert seen_with(as_task) == seen_with(as_process)
    assert (6, "first is interrupted") in seen_with(as_task)


def test_what_a_task_does_not_catch_ends_the_run() -> None:
    """A mistake is never silent."""

    def wrong(env: Clock) -> Step:
        yield env.timeout(1)
        raise ValueError("a mistake")

    env = Clock()
    as_task(env, wrong(env))

    with pytest.raises(ValueError, match="a mistake"):
        env.run_until(5)


def test_a_task_that_is_over_is_not_interrupted() -> None:
    """Nothing to break off."""
    env = Clock()
    task = as_task(env, iter(()))  # type: ignore[arg-type]

    env.run_until(1)
    task.interrupt()
    env.run_until(2)

    assert task.target is None
