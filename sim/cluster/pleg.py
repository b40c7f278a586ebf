"""The pod lifecycle event generator: how a kubelet learns what its runtime did.

Periodic relists come one second after the end of the one before and last 2 ms for
the two lists, then some milliseconds for each changed pod. An idle relist changes
nothing that anybody could see, so idle ones are not simulated: their times are
computed when somebody needs one (``_catch_up``), and a relist runs as a process only
when a pod has changed or a worker waits for a newer status.

Source: pkg/kubelet/pleg/generic.go (Relist, updateCache, on-demand relist of
v1.36) and pkg/kubelet/container/cache.go (GetNewerThan); clockwork as in the
pod_timeline traces.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from sim.cluster.clock import Clock
from sim.cluster.runtime_service import ContainerRecord, ContainerState, Sandbox
from sim.cluster.streams import Draw
from sim.cluster.task import Task
from sim.units import MILLISECOND, SECOND

RELIST_PERIOD_US = SECOND
LIST_US = 2 * MILLISECOND
CALL_US = MILLISECOND

Key = tuple[str, int]
States = dict[Key, str]
"""What lists show of one pod: the state of its sandbox and of every container."""
Relist = Generator[simpy.Event, Any, None]
_SANDBOX: Key = ("", -1)


class Snapshot:
    """A pod's runtime status as the kubelet last read it, with the relist's stamp."""

    __slots__ = ("containers", "exists", "ready", "stamp_us")

    def __init__(self) -> None:
        self.stamp_us = -1
        self.exists = False
        self.ready = False
        self.containers: tuple[ContainerRecord, ...] = ()

    def read(self, sandbox: Sandbox, stamp_us: int) -> None:
        """Copy what the runtime says now."""
        self.stamp_us = stamp_us
        self.exists = sandbox.exists
        self.ready = sandbox.ready
        self.containers = tuple(sandbox.containers.values())

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

    def lifecycle_event(self, died: list[ContainerRecord], *, sync: bool) -> None:
        """Something of the pod went up or down; ``sync`` asks for a sync."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """The last change of a pod: when, and what lists show before and after it."""

    at_us: int
    before: States
    after: States


class PLEG:
    """One node's relists. ``start_us`` is when the first periodic relist starts.

    ``tie`` tosses a coin for a change in the very instant in which a list ends: the
    list shows it or does not (both are in the traces).
    """

    __slots__ = (
        "_armed",
        "_dirty",
        "_env",
        "_global_stamp_us",
        "_next_us",
        "_queue",
        "_running",
        "_tie",
        "_waiters",
        "stopped",
    )

    def __init__(self, env: Clock, start_us: int, tie: Draw) -> None:
        self._env = env
        self._tie = tie
        self._next_us = start_us
        self._global_stamp_us = -1
        self._dirty: dict[Watched, _Change] = {}
        self._waiters: dict[Watched, tuple[int, Callable[[], object]]] = {}
        self._queue: deque[tuple[Watched, int]] = deque()
        self._running = False
        self._armed = -1
        self.stopped = False

    def changed(self, worker: Watched) -> None:
        """Note that the next list will differ for this pod."""
        now_us, last = self._env.now, self._dirty.get(worker)
        if last is None:
            before = worker.seen
        elif last.at_us == now_us:
            before = last.before
        else:
            before = last.after
        self._dirty[worker] = _Change(
            at_us=now_us, before=before, after=_listed(worker.sandbox)
        )
        self._arm()

    def expects(self, worker: Watched) -> bool:
        """Whether a relist will read this pod: something of it has changed."""
        return worker in self._dirty

    def forget(self, worker: Watched) -> None:
        """The pod is gone from the node."""
        self._dirty.pop(worker, None)
        self._waiters.pop(worker, None)

    def is_newer(self, worker: Watched, than_us: int) -> bool:
        """Whether the pod's status was read by a relist that began later."""
        self._catch_up()
        return max(worker.snapshot.stamp_us, self._global_stamp_us) > than_us

    def wait_newer(
        self, worker: Watched, than_us: int, ready: Callable[[], object]
    ) -> None:
        """Call ``ready`` once a status as of ``than_us`` or later has been read.

        Who already waits is content with an equal stamp, unlike ``is_newer``.
        """
        self._waiters[worker] = (than_us, ready)
        self._arm()

    def relist_on_demand(self, worker: Watched) -> None:
        """Read this pod again now, unless a relist from now on has done so."""
        self._queue.append((worker, self._env.now))
        self._catch_up()
        if not self._running and not self._in_idle_relist():
            self._run(self._serve())
        else:
            self._arm()

    # --- the clock of periodic relists ---

    def _catch_up(self) -> None:
        """Skip the idle relists whose list ended before now."""
        late = self._env.now - (self._next_us + LIST_US)
        if self._running or late <= 0:
            return
        period = LIST_US + RELIST_PERIOD_US
        skipped = (late - 1) // period + 1
        self._next_us += skipped * period
        self._global_stamp_us = self._next_us - period

    def _in_idle_relist(self) -> bool:
        return self._next_us <= self._env.now

    def _arm(self) -> None:
        if self._running or self.stopped:
            return
        self._catch_up()
        if not (self._dirty or self._waiters or self._queue):
            return
        if self._armed == self._next_us:
            return
        start = self._armed = self._next_us

        def begin() -> None:
            if self._armed == start and not self._running and not self.stopped:
                self._run(self._periodic(start))

        delay = max(0, start - self._env.now)
        self._env.call_after(delay, begin)

    def _run(self, relist: Relist) -> None:
        self._running = True
        Task(self._env, relist)

    # --- relists ---

    def _periodic(self, stamp_us: int) -> Relist:
        self._armed = -1
        yield self._env.timeout(stamp_us + LIST_US - self._env.now)
        yield from self._inspect(stamp_us, list(self._dirty))
        self._global_stamp_us = stamp_us
        self._next_us = self._env.now + RELIST_PERIOD_US
        for worker in [w for w, (t, _) in self._waiters.items() if t <= stamp_us]:
            self._release(worker)
        yield from self._serve()

    def _serve(self) -> Relist:
        # A periodic relist whose time has come goes before what is asked for.
        while self._queue and self._env.now < self._next_us:
            worker, asked_us = self._queue.popleft()
            if self._global_stamp_us >= asked_us:
                continue
            stamp_us = self._env.now
            yield self._env.timeout(LIST_US)
            yield from self._inspect(stamp_us, [worker])
            worker.snapshot.stamp_us = stamp_us
            self._release_if_due(worker, stamp_us)
        self._next_us = max(self._next_us, self._env.now)
        self._running = False
        self._arm()

    def _inspect(self, stamp_us: int, workers: list[Watched]) -> Relist:
        shown = [(w, self._shown(w)) for w in workers if w in self._dirty]
        for worker, states in shown:
            if states == worker.seen:
                continue
            died, sync = _differences(worker, states)
            worker.seen = states
            yield self._env.timeout(_inspection_us(worker.sandbox))
            worker.snapshot.read(worker.sandbox, stamp_us)
            self._release_if_due(worker, stamp_us)
            worker.lifecycle_event(died, sync=sync)

    def _shown(self, worker: Watched) -> States:
        """What the list that ends now shows of a pod that has changed."""
        change = self._dirty[worker]
        if change.at_us == self._env.now and self._tie() >= 0.5:
            return change.before
        del self._dirty[worker]
        return change.after

    def _release_if_due(self, worker: Watched, stamp_us: int) -> None:
        waiting = self._waiters.get(worker)
        if waiting is not None and waiting[0] <= stamp_us:
            self._release(worker)

    def _release(self, worker: Watched) -> None:
        _, ready = self._waiters.pop(worker)
        ready()


def _inspection_us(sandbox: Sandbox) -> int:
    calls = int(sandbox.exists) + int(sandbox.ready) + len(sandbox.containers)
    return calls * CALL_US


def _listed(sandbox: Sandbox) -> States:
    states: States = {}
    if sandbox.exists:
        states[_SANDBOX] = ContainerState.RUNNING if sandbox.ready else "exited"
    return states | {key: record.state for key, record in sandbox.containers.items()}


def _differences(worker: Watched, states: States) -> tuple[list[ContainerRecord], bool]:
    """Compare a list with the last one: (who died, does a sync follow)."""
    seen = worker.seen
    differing = {k: state for k, state in states.items() if seen.get(k) != state}
    died = [
        worker.sandbox.containers[key]
        for key, state in differing.items()
        if state == ContainerState.EXITED and key != _SANDBOX
    ]
    sync = any(state != ContainerState.CREATED for state in differing.values())
    gone = [key for key in seen if key not in states]
    return died, sync or any(seen[key] != ContainerState.EXITED for key in gone)
