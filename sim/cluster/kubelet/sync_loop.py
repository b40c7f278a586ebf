"""One kubelet's sync loop: its ticks, and when each pod worker looks again.

The loop ticks every second from the kubelet's start and starts the workers whose due
time has come. On every second tick it also does its housekeeping, which lists for
2 ms; which of the two comes first is chance, so half of these syncs start 2 ms late.
Ticks nobody waits for are not simulated.

Nor are syncs that can change nothing. A healthy pod is looked at every 60 to 90 s;
its worker is idle, and such a look only draws the time of the next one. What is drawn
depends on who looks and how often alone, so the looks that have passed are made up for
when something happens to the pod (``rouse``), and those of other pods never are. A
look that would come while its worker syncs asks for one more sync: whether it has
come is found out at the end (``came_due``).
``tests/properties/test_idle_syncs.py`` holds it against a loop that never idles.

Source: pkg/kubelet/kubelet.go (syncLoop, syncLoopIteration) and
pkg/kubelet/util/queue/work_queue.go.
"""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.objects import Pod
from sim.rules.pod_sync import JITTER_FACTOR
from sim.units import MILLISECOND, SECOND

Call = Callable[[], None]
Requeue = Callable[["Sleeper", int, int, float], int]
"""Makes a delay: for whom, from when, of which base and jitter factor."""
Coin = Callable[[int], float]
"""Tosses the coin of a moment, tick against housekeeping: uniform in [0, 1)."""

TICK_US = SECOND
HOUSEKEEPING_PERIOD_US = 2 * SECOND
HOUSEKEEPING_US = 2 * MILLISECOND
# Looks that come quicker than this could meet a relist that has not ended.
SHORTEST_IDLE_US = 5 * SECOND
NEVER_US = 2**62
SERVED = (-1, -1)
# Workers whose sync failed go first in an instant, by rank, then the others in the
# order in which they came. An order tells the requeues of one worker apart; those of
# quiet entries are odd.
MOST_REQUEUES = 2**24
OTHERS = 2**62

Entry = tuple[int, int, "Sleeper"]
"""When, order of entry, who."""


class Sleeper(Protocol):
    """A pod worker between two syncs.

    ``due`` counts its requeues. ``timer`` is the time and order of its entry: another
    one is stale. ``idle`` tells that its next sync can change nothing unless something
    happens to the pod first, ``roused`` that a sync runs although it was idle. It has
    no entry then. ``requeued_us`` is the time of its last requeue.
    ``last_sync_us`` is when a sync last ended, ``rank`` its place among those of the
    node whose sync has failed, 0 for the others.
    """

    due: int
    idle: bool
    last_sync_us: int
    pod: Pod
    rank: int
    requeued_us: int
    roused: bool
    timer: tuple[int, int]

    def request_sync(self) -> None:
        """Sync now."""


class SyncLoop:
    """The clock of one kubelet's syncs. ``stopped`` ends everything."""

    __slots__ = (
        "_armed_us",
        "_coin",
        "_env",
        "_idles",
        "_order",
        "_ranks",
        "_requeue",
        "_start_us",
        "_sync_frequency_us",
        "_tick_us",
        "_timers",
        "stopped",
    )

    def __init__(
        self,
        env: Clock,
        *,
        start_us: int,
        tick_us: int,
        sync_frequency_us: int,
        requeue: Requeue,
        coin: Coin,
    ) -> None:
        self._env = env
        self._start_us = start_us
        self._tick_us = tick_us
        self._requeue = requeue
        self._coin = coin
        self._timers: list[Entry] = []
        self._order = OTHERS
        self._ranks = 0
        self._armed_us = NEVER_US
        self._sync_frequency_us = sync_frequency_us
        self._idles = sync_frequency_us >= SHORTEST_IDLE_US
        self.stopped = False

    # --- what passes through the loop ---

    def call(self, call: Call) -> None:
        """Call now, or when a housekeeping of this instant is over.

        Ticks, what the API server says and what the PLEG found pass through here.
        """
        delay_us = self._busy_us(self._env.now)
        if delay_us:
            self.after(delay_us, call)
        else:
            call()

    def after(self, delay_us: int, call: Call) -> None:
        """Call after a delay, unless the machine is off by then."""
        self._env.call_after(delay_us, partial(self._unless_stopped, call))

    def _unless_stopped(self, call: Call) -> None:
        if not self.stopped:
            call()

    def _busy_us(self, now_us: int) -> int:
        """Return how long a housekeeping of this moment still takes."""
        since_us = (now_us - self._start_us) % HOUSEKEEPING_PERIOD_US
        if since_us >= HOUSEKEEPING_US:
            return 0
        if since_us or self._coin(now_us) < 0.5:
            return HOUSEKEEPING_US - since_us
        return 0

    # --- looking again ---

    def look_again(self, worker: Sleeper, *, idle: bool) -> None:
        """Let a worker whose sync went well look again, at a tick after its due time.

        ``idle``: until something happens to the pod, its syncs can change nothing.
        """
        worker.due += 1
        worker.requeued_us = self._env.now
        worker.idle = idle and self._idles
        if worker.idle:
            worker.timer = SERVED
        else:
            at_us = self._next_tick_us(worker, self._sync_frequency_us, JITTER_FACTOR)
            self._enter(worker, at_us)

    def retry(self, worker: Sleeper, base_us: int, factor: float) -> None:
        """Let a worker whose sync met errors sync at a tick after its due time."""
        worker.due += 1
        worker.requeued_us = self._env.now
        self._give_rank(worker)
        self.put(worker, self._next_tick_us(worker, base_us, factor))

    # --- those whose sync has failed ---

    def count_retry(self, worker: Sleeper) -> None:
        """Count a requeue after a sync that failed; nothing comes of an earlier one."""
        worker.due += 1
        worker.timer = SERVED
        self._give_rank(worker)

    def _give_rank(self, worker: Sleeper) -> None:
        if not worker.rank:
            self._ranks += 1
            worker.rank = self._ranks

    @property
    def now_us(self) -> int:
        """The time."""
        return self._env.now

    def put(self, worker: Sleeper, at_us: int, *, quietly: bool = False) -> None:
        """Let a worker whose last sync failed sync at a tick, or late after one.

        For ``quietly`` see ``Clock.call_quietly``.
        """
        order = worker.rank * MOST_REQUEUES + worker.due % MOST_REQUEUES
        order = 2 * order + int(quietly)  # it may be withdrawn, and put again
        worker.timer = (at_us, order)
        heappush(self._timers, (at_us, order, worker))
        at_us = max(at_us, self._env.now)
        if quietly:
            self._env.call_quietly(at_us - self._env.now, self._fire_quietly)
        elif at_us < self._armed_us:
            self._arm(at_us)

    def withdraw(self, worker: Sleeper) -> None:
        """Let nothing come of an entry that was put quietly."""
        worker.timer = SERVED

    # --- idle workers ---

    def rouse(self, worker: Sleeper) -> None:
        """Let an idle worker sync now: something has happened to its pod."""
        self._make_up(worker)
        worker.idle, worker.roused = False, True

    def came_due(self, worker: Sleeper) -> bool:
        """Whether the next look has come while a worker that was roused syncs."""
        worker.roused = False
        return self._may_be_due(worker) and self._look_us(worker) <= self._env.now

    def look_in_earnest(self, worker: Sleeper) -> None:
        """Let the next look of an idle worker be a real one."""
        self._make_up(worker)
        worker.idle = False
        self._enter(worker, self._look_us(worker))

    def _make_up(self, worker: Sleeper) -> None:
        """Make up for the looks that have passed."""
        while self._may_be_due(worker):
            at_us = self._look_us(worker)
            if at_us > self._env.now:
                return
            worker.due += 1
            worker.last_sync_us = worker.requeued_us = at_us

    def _may_be_due(self, worker: Sleeper) -> bool:
        """Whether a look may have come by now: most are asked for long before."""
        return worker.requeued_us + self._sync_frequency_us <= self._env.now

    def _look_us(self, worker: Sleeper) -> int:
        """Return when the next look comes: at a tick, or late after one."""
        at_us = self._next_tick_us(worker, self._sync_frequency_us, JITTER_FACTOR)
        return at_us + self._busy_us(at_us)

    def _next_tick_us(self, worker: Sleeper, base_us: int, factor: float) -> int:
        """Draw when a worker is due next; return the tick that serves it."""
        from_us = worker.requeued_us
        due_us = from_us + self._requeue(worker, from_us, base_us, factor)
        start_us, tick_us = self._start_us, self._tick_us
        return start_us - (start_us - due_us) // tick_us * tick_us

    def _enter(self, worker: Sleeper, at_us: int) -> None:
        self._order += 1
        worker.timer = (at_us, self._order)
        heappush(self._timers, (at_us, self._order, worker))
        if at_us < self._armed_us:
            self._arm(at_us)

    def _arm(self, at_us: int) -> None:
        self._armed_us = at_us
        self._env.call_after(at_us - self._env.now, self._fire)

    def _fire(self) -> None:
        """Serve the next entry.

        One event for each: what it starts comes before what is next in this instant.
        """
        if self.stopped or self._armed_us != self._env.now:
            return
        self._armed_us = NEVER_US
        self._serve_next()
        self._arm_next()

    def _fire_quietly(self) -> None:
        if not self.stopped:
            self._serve_next()

    def _serve_next(self) -> None:
        timers = self._timers
        while timers and timers[0][0] <= self._env.now:
            entry = heappop(timers)
            if not _is_stale(entry):
                self._serve(entry)
                return

    def _arm_next(self) -> None:
        """Let an event come for the next entry that is not quiet: those have theirs.

        One that is due now may have none left: it has served another one.
        """
        timers = self._timers
        while timers and _is_stale(timers[0]):
            heappop(timers)
        if not timers:
            return
        at_us = timers[0][0]
        if _is_quiet(timers[0]) and at_us > self._env.now:
            loud = (e[0] for e in timers if not (_is_quiet(e) or _is_stale(e)))
            at_us = min(loud, default=NEVER_US)
        if at_us < self._armed_us:
            self._arm(max(at_us, self._env.now))

    def _serve(self, entry: Entry) -> None:
        """Let a tick come: it starts its worker, or does so when it has time."""
        at_us, order, worker = entry
        delay_us = self._busy_us(at_us)
        if not delay_us:
            worker.timer = SERVED
            worker.request_sync()
        elif order < OTHERS:
            self.put(worker, at_us + delay_us)
        else:
            self._enter(worker, at_us + delay_us)


def _is_stale(entry: Entry) -> bool:
    return entry[2].timer != entry[:2]


def _is_quiet(entry: Entry) -> bool:
    return entry[1] < OTHERS and entry[1] % 2 == 1
