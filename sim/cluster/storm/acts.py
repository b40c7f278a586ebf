"""When somebody acts on the cluster: the storm is over a little before that."""

from collections.abc import Callable, Sequence

from sim.cluster.clock import Clock
from sim.cluster.storm.pull import LONGEST_US
from sim.rules.pod_sync import BACK_OFF_PERIOD_US

WINDOW_US = BACK_OFF_PERIOD_US
# No pull, with those before it in the queue, takes longer: who acts meets none.
CLEAR_US = 40 * LONGEST_US


class StormActs:
    """The times at which somebody acts, or an act ends; ``next`` numbers them.

    Nothing is played ahead from ``last_us`` on: its end may be beyond that of the run.
    """

    __slots__ = ("_acts_us", "_env", "last_us", "next", "until_us")

    def __init__(self, env: Clock, acts_us: Sequence[int], until_us: int) -> None:
        self._env = env
        self._acts_us = sorted({at_us for at_us in acts_us if at_us <= until_us})
        self.next = 0
        self.until_us = until_us
        self.last_us = until_us - CLEAR_US

    def watch(self, clear: Callable[[], None]) -> None:
        """Call a little before each act."""
        for at_us in self._acts_us:
            self._env.call_after(max(0, at_us - CLEAR_US - self._env.now), clear)
            self._env.call_after(at_us - self._env.now, self._acted)

    def _acted(self) -> None:
        """Somebody acts in this instant; what was foreseen may be wrong."""
        self.next += 1

    @property
    def none_soon(self) -> bool:
        """Whether nobody acts soon, and the run goes on."""
        now_us = self._env.now
        acted = self._acts_us[self.next - 1 : self.next]
        near_end = now_us >= self.last_us - WINDOW_US
        return now_us < self.stop_us and acted != [now_us] and not near_end

    @property
    def stop_us(self) -> int:
        """Before which time looks can be made: before somebody acts, or the end."""
        acts = self._acts_us[self.next : self.next + 1]
        return acts[0] - CLEAR_US if acts else self.until_us + 1
