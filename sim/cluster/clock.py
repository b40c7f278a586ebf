"""simpy's environment, in whole microseconds.

Every delay here is an integer, so the time is too; simpy types it as a float. Calls
that need no process of their own are made by ``call_after``. Nothing else is added:
an environment is a clock, not a bag to put things in.
"""

from collections.abc import Callable

import simpy


class Clock(simpy.Environment):
    """The only clock of a simulation; ``now`` is microseconds since its start."""

    def __init__(self) -> None:
        super().__init__(initial_time=0)

    @property
    def now(self) -> int:
        """The current time."""
        return int(self._now)

    def call_after(self, delay_us: int, call: Callable[[], object]) -> None:
        """Call after a delay; in the same instant, calls keep their order."""
        timeout = self.timeout(delay_us)
        assert timeout.callbacks is not None  # noqa: S101 - it was made just now

        def fire(_: simpy.Event) -> None:
            call()

        timeout.callbacks.append(fire)
