"""Read the chance of a recorded run off that run's own times."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import product

from sim.units import MILLISECOND, SECOND
from tests.conformance.adapters.timeline_replay import Run

SOON_US = 12 * MILLISECOND
HOUSEKEEPING_US = 2 * MILLISECOND
GUESSES = (1.0, 0.0, 0.5, 0.25, 0.75)


class RecordedChance:
    """Jitter and coin tosses that lead to what a run shows.

    A requeue takes the jitter that makes the next sync start at the tick at which the
    run shows something; the coins fall as the run's 2 ms say. What leaves no trace of
    its own is guessed: ``guess`` is such a jitter, ``contrary`` turns the ties round.
    """

    def __init__(
        self, run: Run, origin_us: int, *, guess: float = 1.0, contrary: bool = False
    ) -> None:
        seen = {t for part in (run.calls, run.events, run.statuses) for t, *_ in part}
        self._marks_us = sorted(t + origin_us for t in seen)
        self._guess = guess
        self._contrary = contrary
        self.now: Callable[[], int] = lambda: 0

    def requeue(self, base_us: int, factor: float) -> int:
        """Return the delay, within its bounds, that leads to the recorded tick."""
        low_us = self.now() + base_us
        high_us = self.now() + int(base_us * (1 + factor)) - 1
        for mark_us in self._marks_us[bisect_right(self._marks_us, low_us) :]:
            tick_us = mark_us // SECOND * SECOND
            if tick_us > high_us + SECOND:
                break
            late_us = mark_us - tick_us
            if late_us in (0, HOUSEKEEPING_US) and low_us <= tick_us:
                return min(tick_us, high_us) - self.now()
        return base_us + int((high_us - low_us) * self._guess)

    def coin(self, tick: int) -> float:
        """Return 0.0 (housekeeping first) if the run shows a start 2 ms late."""
        del tick
        return 0.0 if self.now() + HOUSEKEEPING_US in self._marks_us else 1.0

    def tie(self) -> float:
        """Return 0.0 (listed) if the run shows something right after this list."""
        index = bisect_right(self._marks_us, self.now())
        later = self._marks_us[index : index + 1]
        listed = bool(later) and later[0] - self.now() <= SOON_US
        return 0.0 if listed is not self._contrary else 1.0


def attempts(run: Run, origin_us: int) -> Iterator[RecordedChance]:
    """Yield what the run's chance may have been, the likeliest first."""
    for contrary, guess in product((False, True), GUESSES):
        yield RecordedChance(run, origin_us, guess=guess, contrary=contrary)
