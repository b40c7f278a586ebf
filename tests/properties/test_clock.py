"""The clock's queue keeps simpy's order."""

from collections.abc import Callable, Generator
from typing import Any

import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from simpy.events import NORMAL, URGENT, Event

from sim.cluster.clock import SLICE_BITS, Clock

Plan = list[tuple[int, bool, list[int]]]
"""Of each event: its delay, whether it is urgent, and which events it makes."""


SLICE_US = 1 << SLICE_BITS
DELAYS_US = [0, 1, 2, 3, SLICE_US - 1, SLICE_US, SLICE_US + 1, 2 * SLICE_US]


class Plain(simpy.Environment):
    """simpy's own queue, with the calls of a clock."""

    def put(self, delay_us: int, urgent: bool, call: Callable[[], None]) -> None:
        """Call after a delay, or first in this instant."""
        event = Event(self)
        event._ok = True
        event.callbacks = [lambda _: call()]
        self.schedule(event, URGENT if urgent else NORMAL, 0 if urgent else delay_us)


class Ours(Clock):
    """The clock."""

    def put(self, delay_us: int, urgent: bool, call: Callable[[], None]) -> None:
        """Call after a delay, or first in this instant."""
        if urgent:
            self.call_first(call)
        else:
            self.call_after(delay_us, call)


def history(env: Plain | Ours, plan: Plan, ends: list[int]) -> list[tuple[int, int]]:
    """Play a plan; return (time, event) in the order in which things happen."""
    seen: list[tuple[int, int]] = []

    def happen(number: int) -> None:
        seen.append((int(env.now), number))
        if len(seen) < 200:
            for made in plan[number][2]:
                add(made)

    def wait(number: int) -> Generator[Any, Any, None]:
        yield env.timeout(plan[number][0])
        happen(number)

    def add(number: int) -> None:
        delay_us, urgent, _ = plan[number]
        if number % 3:
            env.put(delay_us, urgent, lambda: happen(number))
        else:
            env.process(wait(number))

    for number in range(len(plan)):
        add(number)
    for end in ends:
        env.run(until=end)
        add(0)
    return seen


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw events whose times are often the same."""
    count = draw(st.integers(1, 8))
    made = st.lists(st.integers(0, count - 1), max_size=2)
    event = st.tuples(st.sampled_from(DELAYS_US), st.booleans(), made)
    return draw(st.lists(event, min_size=count, max_size=count))


@settings(max_examples=300, deadline=None)
@given(plan=plans())
def test_events_happen_in_the_order_of_simpy(plan: Plan) -> None:
    """Calls, urgent ones and processes, also when a run is stopped and goes on."""
    ends = [3, SLICE_US, SLICE_US + 4, 5 * SLICE_US]

    assert history(Ours(), plan, ends) == history(Plain(), plan, ends)


@settings(max_examples=100, deadline=None)
@given(plan=plans())
def test_a_step_is_one_event(plan: Plan) -> None:
    """``peek`` tells its time."""
    env = Ours()
    for delay_us, urgent, _ in plan:
        env.put(delay_us, urgent, lambda: None)
    times = []
    while env.peek() != simpy.core.Infinity:
        times.append(env.peek())
        env.step()

    assert times == sorted(0 if urgent else delay for delay, urgent, _ in plan)
    assert env.events == len(plan)
