"""The work queue: once, in order, and for one moment only."""

from sim.cluster.clock import Clock
from sim.cluster.controllers.work_queue import LONGEST_RETRY_US, WorkQueue
from sim.units import MILLISECOND


def queue_of(log: list[tuple[int, str]]) -> tuple[Clock, WorkQueue[str]]:
    env = Clock()
    return env, WorkQueue(env, lambda key: log.append((env.now, key)))


def test_a_key_waits_once() -> None:
    """Keys added twice before their turn are served once, in order of arrival."""
    log: list[tuple[int, str]] = []
    env, queue = queue_of(log)

    for key in ("a", "b", "a"):
        queue.add(key)
    env.run()

    assert log == [(0, "a"), (0, "b")]


def test_a_key_rests_while_it_waits_for_a_moment_alone() -> None:
    """Not when it waits for its turn as well, and not when nobody asked for it."""
    env, queue = queue_of([])

    queue.add_after("a", 100)
    assert queue.rests("a")
    queue.add("a")
    assert not queue.rests("a")
    env.run()
    assert not queue.rests("a")


def test_the_earlier_of_two_moments_stays() -> None:
    """A later wish is forgotten, an earlier one takes its place."""
    log: list[tuple[int, str]] = []
    env, queue = queue_of(log)

    queue.add_after("a", 100)
    queue.add_after("a", 200)
    queue.add_after("b", 200)
    queue.add_after("b", 50)
    queue.add_after("c", 0)
    env.run()

    assert log == [(0, "c"), (50, "b"), (100, "a")]


def test_retries_slow_down_until_the_key_is_forgotten() -> None:
    """5 ms, doubling, up to 1000 s."""
    log: list[tuple[int, str]] = []
    env, queue = queue_of(log)

    for _ in range(3):
        queue.add_rate_limited("a")
        env.run()
    queue.forget("a")
    queue.add_rate_limited("a")
    env.run()

    assert [t // MILLISECOND for t, _ in log] == [5, 15, 35, 40]
    for _ in range(40):
        queue.add_rate_limited("b")
    before = env.now
    queue.add_rate_limited("c")
    for _ in range(40):
        queue.add_rate_limited("c")
        env.run()
    assert env.now - before > LONGEST_RETRY_US
