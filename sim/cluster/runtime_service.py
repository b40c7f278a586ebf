"""Sandboxes and containers of one node: the CRI's runtime service.

Images belong to the image service (``runtime.py``). Here a sandbox comes up,
containers are created, started, exit and are removed, each after the time that
``RuntimeTimings`` states. What the kubelet knows of all this it learns from the PLEG.
"""

from collections.abc import Callable, Generator, Sequence
from enum import StrEnum
from typing import Any, Protocol

import simpy

from sim.cluster.clock import Clock
from sim.cluster.image_use import ImageUse
from sim.cluster.objects import Pod
from sim.scenario.model import Container
from sim.value import value

Done = Callable[[], None]
Wait = Generator[simpy.Event, Any, None]
Called = Callable[[str, Pod, str], None]
"""Told of every call as it begins: its CRI name, the pod, the container or nothing."""

KILLED = 143  # 128 + SIGTERM

Key = tuple[str, int]
States = dict[Key, str]
"""What lists show of one pod: the state of its sandbox and of every container."""
SANDBOX: Key = ("", -1)


class ContainerState(StrEnum):
    """A container's state as the runtime lists it."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


DOWN = str(ContainerState.EXITED)  # of a sandbox, which is no container that died


@value
class ContainerRecord:
    """One instance of a container at one moment; a change makes a new record.

    ``attempt`` counts the instances of a name from 0. ``asked`` is the image as the
    spec had it; ``image`` and ``image_id`` are what the API will show. ``digest`` and
    ``row`` are the record's numbers of the manifest digest and of the row that
    explains it (later of the start and exit). ``uses`` are the IDs of its image and
    of the image volumes that it mounts.
    """

    name: str
    attempt: int
    state: ContainerState
    asked: str
    image: str
    image_id: str
    digest: int
    row: int
    uses: tuple[str, ...] = ()
    started_us: int = 0
    finished_us: int = 0
    exit_code: int = 0

    def _at(
        self, state: ContainerState, row: int, started: int, finished: int, code: int
    ) -> "ContainerRecord":
        # dataclasses.replace takes three times as long, and every start is one.
        return ContainerRecord(
            name=self.name,
            attempt=self.attempt,
            state=state,
            asked=self.asked,
            image=self.image,
            image_id=self.image_id,
            digest=self.digest,
            row=row,
            uses=self.uses,
            started_us=started,
            finished_us=finished,
            exit_code=code,
        )

    def started(self, now_us: int, row: int) -> "ContainerRecord":
        """Return the record of it once it runs; ``row`` is the start's."""
        return self._at(ContainerState.RUNNING, row, now_us, 0, 0)

    def ended(self, now_us: int, exit_code: int, row: int) -> "ContainerRecord":
        """Return the record of it once it has ended."""
        return self._at(ContainerState.EXITED, row, self.started_us, now_us, exit_code)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state is ContainerState.RUNNING

    @property
    def exited(self) -> bool:
        """Whether it ended."""
        return self.state is ContainerState.EXITED


class RuntimeTimings(Protocol):
    """How long the runtime's calls take, and how long containers run."""

    def sandbox_us(self, pod: Pod) -> int:
        """Return the time of one RunPodSandbox."""

    def create_us(self, pod: Pod, container: str) -> int:
        """Return the time of one CreateContainer."""

    def start_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StartContainer."""

    def stop_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StopContainer: how long a process takes to end."""

    def run(self, pod: Pod, container: Container) -> tuple[int, int] | None:
        """Return (time, exit code) of a container that ends by itself, or None."""


class _Shown:
    """What lists show, each made once: most pods of a cluster go the same way.

    ``with_state`` is given a list's content and what changes of it.
    """

    __slots__ = ("_keys", "_next")

    MOST = 4096

    def __init__(self) -> None:
        # The entries hold what the id() in their keys is of.
        self._next: dict[tuple[int, Key, str], tuple[States, States]] = {}
        self._keys: dict[Key, Key] = {}

    def key(self, name: str, attempt: int) -> Key:
        """Return the key of an instance, always the same object while it is known."""
        if len(self._keys) >= self.MOST:
            self._keys.clear()
        return self._keys.setdefault((name, attempt), (name, attempt))

    def with_state(self, states: States, key: Key, state: str) -> States:
        """Return the states with one of them changed."""
        known = self._next.get((id(states), key, state))
        if known is None:
            if len(self._next) >= self.MOST:
                self._next.clear()
            known = (states, states | {key: state})
            self._next[id(states), key, state] = known
        return known[1]


_SHOWN = _Shown()
NOTHING_SHOWN: States = {}


class Sandbox:
    """What one pod has on its node. The key of a container is (name, attempt).

    ``states`` is what lists show; it is never changed but replaced. ``worker`` is the
    kubelet's for this pod, None once it has done with it.
    """

    __slots__ = ("containers", "exists", "pod", "ready", "states", "worker")

    def __init__(self, pod: Pod, worker: Any = None) -> None:
        self.pod = pod
        self.worker = worker
        self.exists = False
        self.ready = False
        self.containers: dict[Key, ContainerRecord] = {}
        self.states = NOTHING_SHOWN

    def is_up(self, *, up: bool) -> None:
        """Let the sandbox run, or have stopped."""
        self.exists, self.ready = True, up
        state = ContainerState.RUNNING if up else DOWN
        self.states = _SHOWN.with_state(self.states, SANDBOX, state)

    def put(self, record: ContainerRecord) -> None:
        """Have an instance of a container as it is now."""
        key = _SHOWN.key(record.name, record.attempt)
        self.containers[key] = record
        self.states = _SHOWN.with_state(self.states, key, record.state)

    def drop(self, key: Key) -> None:
        """Have an instance no longer."""
        del self.containers[key]
        self._hide(key)

    def vanish(self) -> None:
        """Let the sandbox be removed."""
        self.exists = self.ready = False
        self._hide(SANDBOX)

    def _hide(self, key: Key) -> None:
        self.states = {one: at for one, at in self.states.items() if one != key}

    def running(self) -> list[ContainerRecord]:
        """Return the instances that run."""
        return [record for record in self.containers.values() if record.running]

    def latest(self, name: str) -> ContainerRecord | None:
        """Return the newest instance of a container, or None."""
        instances = [c for c in self.containers.values() if c.name == name]
        return max(instances, key=lambda c: c.attempt, default=None)


class RuntimeService:
    """The runtime's calls on sandboxes and containers; ``done`` is called at their end.

    ``changed(sandbox)`` is called whenever something a list would show has changed;
    the kubelet sets it. ``exited(sandbox, record)`` is called when a container ended,
    ``called`` when a call begins. ``use`` is told which images its containers, running
    or exited, use. Once ``stopped``, no call comes to its end.
    """

    __slots__ = (
        "_called",
        "_env",
        "_exited",
        "_timings",
        "_use",
        "changed",
        "stopped",
    )

    def __init__(
        self,
        env: Clock,
        timings: RuntimeTimings,
        *,
        exited: Callable[[Sandbox, ContainerRecord, int], int],
        use: ImageUse,
        called: Called | None = None,
    ) -> None:
        self._env = env
        self._timings = timings
        self._exited = exited
        self._use = use
        self._called = called
        self.changed: Callable[[Sandbox], None] = _nobody_hears
        self.stopped = False

    def find(self, sandbox: Sandbox, records: Sequence[ContainerRecord]) -> None:
        """Have a sandbox that is up, with these containers, from the start."""
        sandbox.is_up(up=True)
        for record in records:
            sandbox.put(record)
            self._use.taken(record.uses)

    def run_pod_sandbox(self, sandbox: Sandbox, done: Done) -> None:
        """Bring the pod's sandbox up; it is visible when ``done`` is called."""
        if self._called is not None:
            self._called("RunPodSandbox", sandbox.pod, "")
        after_us = self._timings.sandbox_us(sandbox.pod)
        self._env.call_after(after_us, self._sandbox_up, sandbox, done)

    def _sandbox_up(self, sandbox: Sandbox, done: Done) -> None:
        if self.stopped:
            return
        sandbox.is_up(up=True)
        self.changed(sandbox)
        done()

    def create_container(
        self, sandbox: Sandbox, record: ContainerRecord, done: Done
    ) -> None:
        """Create a container; ``record`` describes it."""
        if self._called is not None:
            self._called("CreateContainer", sandbox.pod, record.name)
        after_us = self._timings.create_us(sandbox.pod, record.name)
        self._env.call_after(after_us, self._created, sandbox, record, done)

    def _created(self, sandbox: Sandbox, record: ContainerRecord, done: Done) -> None:
        if self.stopped:
            return
        self._use.taken(record.uses)
        self._put(sandbox, record)
        done()

    def start_container(
        self,
        sandbox: Sandbox,
        record: ContainerRecord,
        container: Container,
        started: Callable[[], int],
        done: Done,
    ) -> None:
        """Start a created container; ``started`` writes and returns the start's row."""
        if self._called is not None:
            self._called("StartContainer", sandbox.pod, record.name)
        after_us = self._timings.start_us(sandbox.pod, record.name)
        self._env.call_after(
            after_us, self._started, sandbox, record, container, started, done
        )

    def _started(
        self,
        sandbox: Sandbox,
        record: ContainerRecord,
        container: Container,
        started: Callable[[], int],
        done: Done,
    ) -> None:
        if self.stopped:
            return
        record = record.started(self._env.now, started())
        self._put(sandbox, record)
        run = self._timings.run(sandbox.pod, container)
        if run is not None:
            self._end_later(sandbox, record, *run)
        done()

    def _end_later(
        self, sandbox: Sandbox, record: ContainerRecord, run_us: int, exit_code: int
    ) -> None:
        key = (record.name, record.attempt)

        def end() -> None:
            now = sandbox.containers.get(key)
            if now is not None and now.running:
                self.exit(sandbox, now, exit_code)

        self._env.call_after(run_us, end)

    def exit(
        self, sandbox: Sandbox, record: ContainerRecord, exit_code: int, cause: int = -1
    ) -> None:
        """Let a running container end now; ``cause`` is the row of who did it."""
        now_us = self._env.now
        row = self._exited(sandbox, record.ended(now_us, exit_code, record.row), cause)
        self._put(sandbox, record.ended(now_us, exit_code, row))

    def stop_container(
        self, sandbox: Sandbox, record: ContainerRecord, cause: int
    ) -> Wait:
        """Ask a container to end and wait until it has."""
        if self._called is not None:
            self._called("StopContainer", sandbox.pod, record.name)
        stop_us = self._timings.stop_us(sandbox.pod, record.name)
        if stop_us:
            yield self._env.timeout(stop_us)
        now = sandbox.containers[record.name, record.attempt]
        if now.running:
            self.exit(sandbox, now, KILLED, cause)

    def stop_sandbox(self, sandbox: Sandbox) -> None:
        """Take the sandbox down; its containers have ended."""
        if self._called is not None:
            self._called("StopPodSandbox", sandbox.pod, "")
        if sandbox.ready:
            sandbox.is_up(up=False)
            self.changed(sandbox)

    def remove_container(self, sandbox: Sandbox, record: ContainerRecord) -> None:
        """Forget a container that ended."""
        if self._called is not None:
            self._called("RemoveContainer", sandbox.pod, record.name)
        if (record.name, record.attempt) in sandbox.containers:
            sandbox.drop((record.name, record.attempt))
            self._use.released(record.uses)
            self.changed(sandbox)

    def remove_sandbox(self, sandbox: Sandbox) -> None:
        """Forget the sandbox."""
        if self._called is not None:
            self._called("RemovePodSandbox", sandbox.pod, "")
        sandbox.vanish()
        self.changed(sandbox)

    def _put(self, sandbox: Sandbox, record: ContainerRecord) -> None:
        sandbox.put(record)
        self.changed(sandbox)


def _nobody_hears(_: Sandbox) -> None:
    pass
