"""The pod lifecycle event generator: how a kubelet learns what its runtime did.

Periodic relists come one second after the end of the one before and last 2 ms for
the two lists, then some milliseconds for each changed pod. An idle relist changes
nothing that anybody could see, so idle ones are not simulated: their times are
computed when somebody needs one (``_catch_up``), and a relist takes events only
when a pod has changed or a worker waits for a newer status.

Source: pkg/kubelet/pleg/generic.go (Relist, updateCache, on-demand relist of
v1.36) and pkg/kubelet/container/cache.go (GetNewerThan); clockwork as in the
pod_timeline traces.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.runtime.sandbox import NOTHING_SHOWN, ContainerRecord, Sandbox, States
from sim.cluster.streams import Draw
from sim.units import MILLISECOND, SECOND

RELIST_PERIOD_US = SECOND
LIST_US = 2 * MILLISECOND
CALL_US = MILLISECOND


class Snapshot:
    """A pod's runtime status as the kubelet last read it, with the relist's stamp.

    ``changed`` tells that it was read since a sync last looked at it. ``states`` are
    the sandbox's of that moment.
    """

    __slots__ = ("changed", "containers", "exists", "ready", "stamp_us", "states")

    def __init__(self) -> None:
        self.changed = False
        self.stamp_us = -1
        self.exists = False
        self.ready = False
        self.containers: tuple[ContainerRecord, ...] = ()
        self.states = NOTHING_SHOWN

    def read(self, sandbox: Sandbox, stamp_us: int) -> None:
        """Copy what the runtime says now."""
        self.changed = True
        self.stamp_us = stamp_us
        self.exists = sandbox.exists
        self.ready = sandbox.ready
        self.containers = tuple(sandbox.containers.values())
        self.states = sandbox.states

    def latest(self, name: str) -> ContainerRecord | None:
        """Return the newest instance of a container, or None."""
        found = None
        for one in self.containers:
            if one.name == name and (found is None or one.attempt > found.attempt):
                found = one
        return found


class Watched(Protocol):
    """A pod worker, as the PLEG sees it."""

    sandbox: Sandbox
    snapshot: Snapshot
    seen: States

    def lifecycle_event(self, died: Sequence[ContainerRecord], *, sync: bool) -> None:
        """Something of the pod went up or down; ``sync`` asks for a sync."""


_Waiter = tuple[Watched, int, Callable[[], object]]
"""Who waits, for a status as of when, and what to call then."""


NOBODY: Sequence[ContainerRecord] = ()
_Found = tuple[Watched, Sequence[ContainerRecord], bool]
"""Whose pod has changed, which containers died, whether it is to sync."""


class PLEG:
    """One node's relists. ``start_us`` is when the first periodic relist starts.

    ``tie`` tosses a coin for a change in the very instant in which a list ends: the
    list shows it or does not (both are in the traces).
    """

    __slots__ = (
        "_armed",
        "_asker",
        "_dirty",
        "_env",
        "_found",
        "_global_stamp_us",
        "_next_us",
        "_queue",
        "_running",
        "_stamp_us",
        "_tie",
        "_to_read",
        "_waiters",
        "stopped",
    )

    def __init__(self, env: Clock, start_us: int, tie: Draw) -> None:
        self._env = env
        self._tie = tie
        self._next_us = start_us
        self._global_stamp_us = -1
        # Lists, since they are short, and a node's dicts lie all over the memory.
        self._dirty: list[Watched] = []
        self._waiters: list[_Waiter] = []
        self._queue: list[tuple[Watched, int]] = []
        # The relist that runs: its stamp, who asked for it (None: it is a periodic
        # one), what it has still to read, the last first, and what it reads now.
        self._running = False
        self._stamp_us = -1
        self._asker: Watched | None = None
        self._to_read: list[tuple[Watched, States]] = []
        self._found: _Found
        self._armed = -1
        self.stopped = False

    def changed(self, sandbox: Sandbox) -> None:
        """Note that the next list will differ for this pod."""
        worker: Watched | None = sandbox.worker
        if worker is None:
            return
        now_us = self._env.now
        if not sandbox.dirty or sandbox.changed_us != now_us:
            sandbox.changed_us, sandbox.before = now_us, sandbox.after
        sandbox.after = sandbox.states
        if not sandbox.dirty:
            sandbox.dirty = True
            self._dirty.append(worker)
        self._arm()

    def forget(self, worker: Watched) -> None:
        """The pod is gone from the node."""
        if worker.sandbox.dirty:
            self._listed(worker)
        self._waiters = [one for one in self._waiters if one[0] is not worker]

    def is_newer(self, worker: Watched, than_us: int) -> bool:
        """Whether the pod's status was read by a relist that began later."""
        if worker.snapshot.stamp_us > than_us:
            return True
        self._catch_up()
        return self._global_stamp_us > than_us

    def wait_newer(
        self, worker: Watched, than_us: int, ready: Callable[[], object]
    ) -> None:
        """Call ``ready`` once a status as of ``than_us`` or later has been read.

        Who already waits is content with an equal stamp, unlike ``is_newer``.
        """
        self._waiters.append((worker, than_us, ready))
        self._arm()

    def relist_on_demand(self, worker: Watched) -> None:
        """Read this pod again now, unless a relist from now on has done so."""
        self._queue.append((worker, self._env.now))
        self._catch_up()
        if not self._running and not self._in_idle_relist():
            self._running = True
            self._env.call_first(self._serve)
        else:
            self._arm()

    # --- the clock of periodic relists ---

    def _catch_up(self) -> None:
        """Skip the idle relists whose list ended before now."""
        late = self._env.now - (self._next_us + LIST_US)
        if late <= 0 or self._running:
            return
        period = LIST_US + RELIST_PERIOD_US
        skipped = (late - 1) // period + 1
        self._next_us += skipped * period
        self._global_stamp_us = self._next_us - period

    def _in_idle_relist(self) -> bool:
        return self._next_us <= self._env.now

    def _arm(self) -> None:
        """Let an event come for the next relist; there is something to do for it."""
        if self._running or self.stopped or self._armed > self._env.now:
            return
        self._catch_up()
        if self._armed == self._next_us:
            return
        self._armed = stamp_us = self._next_us
        listed_us = stamp_us + LIST_US
        # It began 2 ms before: what else was to come in this instant is before it.
        self._env.call_last(listed_us - self._env.now, self._all_listed)

    # --- relists ---

    def _all_listed(self) -> None:
        """Go on with a periodic relist: read what differs, then what was asked for."""
        stamp_us = self._env.now - LIST_US
        if self._armed != stamp_us or self._running or self.stopped:
            return
        self._running = True
        self._armed = -1
        self._stamp_us = stamp_us
        self._asker = None
        for worker in self._dirty[:]:
            self._to_read.append((worker, self._shown(worker)))
        self._to_read.reverse()
        self._inspect()

    def _all_read(self) -> None:
        self._global_stamp_us = stamp_us = self._stamp_us
        self._next_us = self._env.now + RELIST_PERIOD_US
        for waiter in self._waiters[:]:
            if waiter[1] <= stamp_us:
                self._release(waiter)
        self._serve()

    def _serve(self) -> None:
        """Read the next pod that was asked for."""
        # A periodic relist whose time has come goes before what is asked for.
        while self._queue and self._env.now < self._next_us:
            worker, asked_us = self._queue.pop(0)
            if self._global_stamp_us < asked_us:
                self._stamp_us = self._env.now
                self._asker = worker
                self._env.call_after(LIST_US, self._one_listed)
                return
        self._next_us = max(self._next_us, self._env.now)
        self._running = False
        if self._dirty or self._waiters or self._queue:
            self._arm()

    def _one_listed(self) -> None:
        worker = self._asker
        if worker is not None and worker.sandbox.dirty:
            self._to_read = [(worker, self._shown(worker))]
        self._inspect()

    def _one_read(self, worker: Watched) -> None:
        worker.snapshot.stamp_us = self._stamp_us
        self._release_if_due(worker)
        self._serve()

    def _inspect(self) -> None:
        """Read one pod that differs after another; then the relist is over."""
        while self._to_read:
            worker, states = self._to_read.pop()
            if states is not worker.seen and states != worker.seen:
                (died, sync), worker.seen = states.since(worker.seen), states
                containers = worker.sandbox.containers
                dead = [containers[key] for key in died] if died else NOBODY
                self._found = (worker, dead, sync)
                self._env.call_after(_inspection_us(worker.sandbox), self._inspected)
                return
            worker.lifecycle_event(NOBODY, sync=False)
        if self._asker is None:
            self._all_read()
        else:
            self._one_read(self._asker)

    def _inspected(self) -> None:
        worker, died, sync = self._found
        worker.snapshot.read(worker.sandbox, self._stamp_us)
        self._release_if_due(worker)
        worker.lifecycle_event(died, sync=sync)
        self._inspect()

    def _shown(self, worker: Watched) -> States:
        """What the list that ends now shows of a pod that has changed."""
        sandbox = worker.sandbox
        if sandbox.changed_us == self._env.now and self._tie() >= 0.5:
            return sandbox.before
        self._listed(worker)
        return sandbox.after

    def _listed(self, worker: Watched) -> None:
        worker.sandbox.dirty = False
        self._dirty.remove(worker)

    def _release_if_due(self, worker: Watched) -> None:
        for waiter in self._waiters:
            if waiter[0] is worker:
                if waiter[1] <= self._stamp_us:
                    self._release(waiter)
                return

    def _release(self, waiter: _Waiter) -> None:
        self._waiters.remove(waiter)
        waiter[2]()


def _inspection_us(sandbox: Sandbox) -> int:
    return (sandbox.exists + sandbox.ready + len(sandbox.containers)) * CALL_US
