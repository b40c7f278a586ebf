"""One kubelet's sync loop: its ticks, and when each pod worker looks again.

The loop ticks every second from the kubelet's start and starts the workers whose due
time has come. On every second tick it also does its housekeeping, which lists for
2 ms; which of the two comes first is chance, so half of these syncs start 2 ms late.
Ticks nobody waits for are not simulated.

Nor are syncs that can change nothing. A healthy pod is looked at every 60 to 90 s;
its worker is idle, and such a look only draws the time of the next one. These draws
are made up for, in their order and for their times, when the node's next draw is due
(``_catch_up``), so what is drawn is the same as if every look had been simulated.
``tests/properties/test_idle_syncs.py`` holds it against a loop that never idles.

Source: pkg/kubelet/kubelet.go (syncLoop, syncLoopIteration) and
pkg/kubelet/util/queue/work_queue.go.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.streams import Draw
from sim.units import MILLISECOND, SECOND

Call = Callable[[], None]
Requeue = Callable[[int, float], int]

TICK_US = SECOND
HOUSEKEEPING_PERIOD_US = 2 * SECOND
HOUSEKEEPING_US = 2 * MILLISECOND
# Looks that come quicker than this could meet a relist that has not ended.
SHORTEST_IDLE_US = 5 * SECOND
NEVER_US = 2**62
SERVED = (-1, -1)

Entry = tuple[int, int, int, bool, "Sleeper"]
"""When, order of entry, number of the requeue, whether the tick was late, who."""


class Sleeper(Protocol):
    """A pod worker between two syncs.

    ``due`` counts its requeues: an entry of an older one is stale. ``timer`` is the
    time and order of the entry that counts. ``idle`` tells that its next sync can
    change nothing unless something happens to the pod first; ``last_sync_us`` is when
    a sync last ended.
    """

    due: int
    idle: bool
    last_sync_us: int
    timer: tuple[int, int]

    def request_sync(self) -> None:
        """Sync now."""


class SyncLoop:
    """The clock of one kubelet's syncs. ``stopped`` ends everything.

    ``requeue`` makes a delay of its base and jitter factor; ``coin`` is the tick's
    coin toss.
    """

    __slots__ = (
        "_armed_us",
        "_awaited",
        "_coin",
        "_coins",
        "_env",
        "_fired",
        "_idle_wait",
        "_order",
        "_requeue",
        "_start_us",
        "_tick_us",
        "_timers",
        "stopped",
    )

    def __init__(
        self, env: Clock, *, start_us: int, tick_us: int, requeue: Requeue, coin: Draw
    ) -> None:
        self._env = env
        self._start_us = start_us
        self._tick_us = tick_us
        self._requeue = requeue
        self._coin = coin
        self._coins: tuple[int, bool] = (-1, False)  # of which moment, heads
        self._timers: list[Entry] = []
        self._order = 0
        # Those whose workers are not idle: (when, order, who).
        self._awaited: list[tuple[int, int, Sleeper]] = []
        self._armed_us = NEVER_US
        self._fired = (-1, -1)  # time and order of the last entry that had an event
        self._idle_wait = (0, 0.0)  # base and jitter factor of an idle sync's requeue
        self.stopped = False

    # --- what passes through the loop ---

    def call(self, call: Call) -> None:
        """Call now, or when a housekeeping of this instant is over.

        Ticks, what the API server says and what the PLEG found pass through here.
        """
        self._catch_up()
        now_us = self._env.now
        since_us = (now_us - self._start_us) % HOUSEKEEPING_PERIOD_US
        delay_us = 0 if since_us >= HOUSEKEEPING_US else self._busy_us(now_us)
        if delay_us:
            self.after(delay_us, call)
        else:
            call()

    def after(self, delay_us: int, call: Call) -> None:
        """Call after a delay, unless the machine is off by then."""
        self._env.call_after(delay_us, self._unless_stopped, call)

    def _unless_stopped(self, call: Call) -> None:
        if not self.stopped:
            call()

    def _busy_us(self, now_us: int) -> int:
        """Return how long a housekeeping of this moment still takes."""
        since_us = (now_us - self._start_us) % HOUSEKEEPING_PERIOD_US
        if since_us >= HOUSEKEEPING_US:
            return 0
        if since_us or self._housekeeping_first(now_us):
            return HOUSEKEEPING_US - since_us
        return 0

    def _housekeeping_first(self, now_us: int) -> bool:
        """Toss the coin of a moment in which a tick and a housekeeping are due."""
        if self._coins[0] != now_us:
            self._coins = (now_us, self._coin() < 0.5)
        return self._coins[1]

    # --- looking again ---

    def look_again(
        self, worker: Sleeper, base_us: int, factor: float, *, idle: bool
    ) -> None:
        """Let a worker sync at a tick after its due time, in place of an earlier one.

        ``idle``: until something happens to the pod, its syncs can change nothing.
        """
        self._catch_up()
        worker.idle = idle and base_us >= SHORTEST_IDLE_US
        self._put(worker, self._env.now, base_us, factor)
        if worker.idle:
            self._idle_wait = (base_us, factor)
        else:
            self._await(worker)

    def rouse(self, worker: Sleeper) -> None:
        """Something happens to the pod of an idle worker: its next sync is a real one.

        Call it before what happens.
        """
        if worker.idle:
            self._catch_up()
            worker.idle = False
            self._await(worker)

    def _put(self, worker: Sleeper, now_us: int, base_us: int, factor: float) -> None:
        start_us, tick_us = self._start_us, self._tick_us
        due_us = now_us + self._requeue(base_us, factor)
        at_us = start_us - (start_us - due_us) // tick_us * tick_us
        worker.due = number = worker.due + 1
        self._order = order = self._order + 1
        worker.timer = (at_us, order)
        heappush(self._timers, (at_us, order, number, False, worker))

    def _push(self, at_us: int, worker: Sleeper, *, late: bool) -> None:
        self._order += 1
        worker.timer = (at_us, self._order)
        heappush(self._timers, (at_us, self._order, worker.due, late, worker))

    def _await(self, worker: Sleeper) -> None:
        """Let an event come for a worker's entry, or for one before it."""
        heappush(self._awaited, (*worker.timer, worker))
        self._arm()

    def _arm(self) -> None:
        awaited = self._awaited
        while awaited:
            at_us, order, worker = awaited[0]
            if worker.timer != (at_us, order) or worker.idle:
                heappop(awaited)
                continue
            at_us = max(at_us, self._env.now)
            if at_us < self._armed_us:
                self._armed_us = at_us
                self._env.call_after(at_us - self._env.now, self._fire, at_us)
            return

    def _fire(self, at_us: int) -> None:
        """Serve the next entry of a worker that is not idle.

        One event for each: what it starts comes before what is next in this instant.
        """
        if self.stopped or at_us != self._armed_us:
            return
        self._armed_us = NEVER_US
        self._fired = (-1, -1)
        self._catch_up()
        if self._timers and self._timers[0][0] <= at_us:
            entry = heappop(self._timers)
            self._fired = entry[:2]
            self._serve(entry)
        self._arm()

    def _catch_up(self) -> None:
        """Make up for the entries before this moment that nobody has to see.

        They are those of idle workers, and stale ones.
        """
        timers, now_us = self._timers, self._env.now
        if not timers or timers[0][0] > now_us or self.stopped:
            return
        last = self._fired if self._fired[0] == now_us else (now_us + 1, 0)
        base_us, factor = self._idle_wait
        while timers and timers[0] < last:
            at_us, _, number, late, worker = timers[0]
            if worker.due == number and not worker.idle:
                return
            heappop(timers)
            delay_us = 0 if late else self._busy_us(at_us)
            if worker.due != number:
                continue
            if delay_us:
                self._push(at_us + delay_us, worker, late=True)
            else:
                worker.last_sync_us = at_us
                self._put(worker, at_us, base_us, factor)

    def _serve(self, entry: Entry) -> None:
        """Let a tick come: it starts its worker, or does so when it has time."""
        late, worker = entry[3:]
        delay_us = 0 if late else self._busy_us(self._env.now)
        if delay_us:
            self._push(self._env.now + delay_us, worker, late=True)
            heappush(self._awaited, (*worker.timer, worker))
        else:
            worker.timer = SERVED
            worker.request_sync()
