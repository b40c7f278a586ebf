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
from functools import partial
from heapq import heappop, heappush
from typing import Protocol

from sim.cluster.clock import Clock
from sim.units import MILLISECOND, SECOND

Call = Callable[[], None]
Requeue = Callable[[int, float], int]
Retry = Callable[["Sleeper", int, float], int]
Coin = Callable[[int], float]

TICK_US = SECOND
HOUSEKEEPING_PERIOD_US = 2 * SECOND
HOUSEKEEPING_US = 2 * MILLISECOND
# Looks that come quicker than this could meet a relist that has not ended.
SHORTEST_IDLE_US = 5 * SECOND
# Workers whose sync failed go first in an instant, by rank, then the others in the
# order in which they came. An order tells the requeues of one worker apart.
MOST_REQUEUES = 2**24
OTHERS = 2**62
NOBODY = -1  # the number of no requeue

Entry = tuple[int, int, int, bool, "Sleeper"]
"""When, order of entry, number of the requeue, whether the tick was late, who."""


class Sleeper(Protocol):
    """A pod worker between two syncs.

    ``due`` counts its requeues: an entry of an older one is stale. ``timer`` is the
    time and order of the entry that counts. ``idle`` tells that its next sync can
    change nothing unless something happens to the pod first. ``rank`` is its place
    among those of the node whose sync has failed, 0 for the others.
    """

    due: int
    idle: bool
    rank: int
    timer: tuple[int, int]

    @property
    def uid(self) -> str:
        """The UID of its pod."""

    def request_sync(self) -> None:
        """Sync now."""

    def idled(self, at_us: int) -> None:
        """A sync that changed nothing has been done."""


class SyncLoop:
    """The clock of one kubelet's syncs. ``stopped`` ends everything.

    ``requeue`` makes a delay of its base and jitter factor; ``retry`` does so after a
    sync that failed, by the worker and its number of the requeue alone (None: as any
    other requeue). ``coin`` is the coin toss of every second tick, by its number.
    """

    __slots__ = (
        "_armed",
        "_coin",
        "_env",
        "_fired",
        "_idle_wait",
        "_order",
        "_ranks",
        "_requeue",
        "_retry",
        "_start_us",
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
        requeue: Requeue,
        coin: Coin,
        retry: Retry | None = None,
    ) -> None:
        self._env = env
        self._start_us = start_us
        self._tick_us = tick_us
        self._requeue = requeue
        self._retry = retry
        self._coin = coin
        self._timers: list[Entry] = []
        self._order = OTHERS
        self._ranks = 0
        self._armed: set[int] = set()  # orders of entries that have an event
        self._fired = (-1, -1)  # time and order of the last entry that had one
        self._idle_wait = (0, 0.0)  # base and jitter factor of an idle sync's requeue
        self.stopped = False

    # --- what passes through the loop ---

    def call(self, call: Call) -> None:
        """Call now, or when a housekeeping of this instant is over.

        Ticks, what the API server says and what the PLEG found pass through here.
        """
        self._catch_up()
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
        tick, since_us = divmod(now_us - self._start_us, HOUSEKEEPING_PERIOD_US)
        if since_us >= HOUSEKEEPING_US or not self._housekeeping_first(tick, since_us):
            return 0
        return HOUSEKEEPING_US - since_us

    def _housekeeping_first(self, tick: int, since_us: int) -> bool:
        return since_us > 0 or self._coin(tick) < 0.5

    # --- looking again ---

    def look_again(
        self,
        worker: Sleeper,
        base_us: int,
        factor: float,
        *,
        idle: bool,
        failed: bool = False,
    ) -> None:
        """Let a worker sync at a tick after its due time, in place of an earlier one.

        ``idle``: until something happens to the pod, its syncs can change nothing;
        ``failed``: its last sync met errors.
        """
        self._catch_up()
        worker.idle = idle and base_us >= SHORTEST_IDLE_US
        if worker.idle:
            self._idle_wait = (base_us, factor)
        if failed and self._retry is not None:
            self.put(worker, self._retry_us(worker, base_us, factor))
            return
        self._put(worker, base_us, factor)
        if not worker.idle:
            self._arm(worker.timer)

    def _retry_us(self, worker: Sleeper, base_us: int, factor: float) -> int:
        """Count a requeue after a sync that failed; return the tick of the next one."""
        assert self._retry is not None  # noqa: S101 - who asks knows
        self.count_retry(worker)
        return self._tick_from(self._env.now + self._retry(worker, base_us, factor))

    def count_retry(self, worker: Sleeper) -> None:
        """Count a requeue after a sync that failed."""
        worker.due += 1
        if not worker.rank:
            self._ranks += 1
            worker.rank = self._ranks

    @property
    def now_us(self) -> int:
        """The time."""
        return self._env.now

    def put(
        self,
        worker: Sleeper,
        at_us: int,
        *,
        late: bool = False,
        quietly: bool = False,
    ) -> None:
        """Let a worker whose last sync failed sync at a tick, or late after one.

        For ``quietly`` see ``Clock.call_quietly``.
        """
        order = worker.rank * MOST_REQUEUES + worker.due % MOST_REQUEUES
        order = 2 * order + int(quietly)  # it may be withdrawn, and put again
        self._enter(at_us, order, worker, late=late)
        self._arm(worker.timer, quietly=quietly)

    def withdraw(self, worker: Sleeper) -> None:
        """Let nothing come of an entry that was put quietly."""
        timers = self._timers
        for index, entry in enumerate(timers):
            if entry[:2] == worker.timer and entry[4] is worker:
                timers[index] = (*entry[:2], NOBODY, *entry[3:])

    def rouse(self, worker: Sleeper) -> None:
        """Something happens to the pod of an idle worker: its next sync is a real one.

        Call it before what happens.
        """
        if worker.idle:
            self._catch_up()
            worker.idle = False
            self._arm(worker.timer)

    def _put(self, worker: Sleeper, base_us: int, factor: float) -> None:
        worker.due += 1
        tick_us = self._tick_from(self._env.now + self._requeue(base_us, factor))
        self._push(tick_us, worker, late=False)

    def _tick_from(self, due_us: int) -> int:
        ticks = -((self._start_us - due_us) // self._tick_us)
        return self._start_us + ticks * self._tick_us

    def _push(self, at_us: int, worker: Sleeper, *, late: bool) -> None:
        self._order += 1
        self._enter(at_us, self._order, worker, late=late)

    def _enter(self, at_us: int, order: int, worker: Sleeper, *, late: bool) -> None:
        worker.timer = (at_us, order)
        heappush(self._timers, (at_us, order, worker.due, late, worker))

    def _arm(self, timer: tuple[int, int], *, quietly: bool = False) -> None:
        at_us, order = timer
        self._armed.add(order)
        call = self._env.call_quietly if quietly else self._env.call_after
        call(max(0, at_us - self._env.now), self._fire)

    def _fire(self) -> None:
        """Serve the next entry that has an event; those before it only draw."""
        if self.stopped:
            return
        self._fired = (-1, -1)
        self._catch_up()  # up to the first entry that has an event
        entry = heappop(self._timers)
        self._armed.discard(entry[1])
        self._fired = entry[:2]
        self._serve(entry)

    def _catch_up(self) -> None:
        """Make up for the entries before this moment that have no event."""
        timers, armed, now_us = self._timers, self._armed, self._env.now
        if not timers or timers[0][0] > now_us or self.stopped:
            return
        last = self._fired if self._fired[0] == now_us else (now_us + 1, 0)
        while timers and timers[0] < last and timers[0][1] not in armed:
            entry = heappop(timers)
            self._env.look_back(entry[0])
            self._serve(entry)
            self._env.look_back(now_us)

    def _serve(self, entry: Entry) -> None:
        """Let a tick come: it starts its worker, or does so when it has time."""
        order, number, late, worker = entry[1:]
        if worker.due != number:
            return
        delay_us = 0 if late else self._busy_us(self._env.now)
        if delay_us:
            late_us = self._env.now + delay_us
            if order < OTHERS:
                self.put(worker, late_us, late=True)
                return
            self._push(late_us, worker, late=True)
            if not worker.idle:
                self._arm(worker.timer)
        elif worker.idle:
            worker.idled(self._env.now)
            self._put(worker, *self._idle_wait)
        else:
            worker.request_sync()
