"""What one pod has on its node: a sandbox, and instances of its containers.

The runtime changes it (``runtime_service``); the kubelet learns of that from lists
(``pleg``), which show states alone.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any, NamedTuple

from sim.cluster.objects import Pod
from sim.value import value

Key = tuple[str, int]
SANDBOX: Key = ("", -1)


class ContainerState(StrEnum):
    """A container's state as the runtime lists it."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


# Looking a member up takes longer than a call, and every start does.
CREATED = ContainerState.CREATED
RUNNING, EXITED = ContainerState.RUNNING, ContainerState.EXITED
DOWN = str(EXITED)  # of a sandbox, which is no container that died


@value
class ContainerRecord:
    """One instance of a container at one moment; a change makes a new record.

    ``attempt`` counts the instances of a name from 0. ``asked`` is the image as the
    spec had it; ``image`` and ``image_id`` are what the API will show. ``digest`` and
    ``row`` are the record's numbers of the manifest digest and of the row that
    explains it (later of the start and exit). ``uses`` are the IDs of its image and
    of the image volumes that it mounts. ``key`` is (name, attempt).
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
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        made: Any = self
        made.key = (self.name, self.attempt)

    def _at(
        self, state: ContainerState, row: int, started: int, finished: int, code: int
    ) -> "ContainerRecord":
        # As the constructor, which takes nearly three times as long, and
        # dataclasses.replace three times that: every start is one.
        new: Any = object.__new__(ContainerRecord)
        new.name = self.name
        new.attempt = self.attempt
        new.key = self.key
        new.state = state
        new.asked = self.asked
        new.image = self.image
        new.image_id = self.image_id
        new.digest = self.digest
        new.row = row
        new.uses = self.uses
        new.started_us = started
        new.finished_us = finished
        new.exit_code = code
        made: ContainerRecord = new
        return made

    def started(self, now_us: int, row: int) -> "ContainerRecord":
        """Return the record of it once it runs; ``row`` is the start's."""
        return self._at(RUNNING, row, now_us, 0, 0)

    def ended(self, now_us: int, exit_code: int, row: int) -> "ContainerRecord":
        """Return the record of it once it has ended."""
        return self._at(EXITED, row, self.started_us, now_us, exit_code)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state is RUNNING

    @property
    def exited(self) -> bool:
        """Whether it ended."""
        return self.state is EXITED


def created(
    name: str,
    attempt: int,
    asked: str,
    image: str,
    image_id: str,
    digest: int,
    row: int,
    uses: tuple[str, ...],
) -> ContainerRecord:
    """Return the record of an instance that is created; see ``ContainerRecord._at``."""
    new: Any = object.__new__(ContainerRecord)
    new.name = name
    new.attempt = attempt
    new.key = (name, attempt) if attempt else _FIRST[name]
    new.state = CREATED
    new.asked = asked
    new.image = image
    new.image_id = image_id
    new.digest = digest
    new.row = row
    new.uses = uses
    new.started_us = new.finished_us = new.exit_code = 0
    made: ContainerRecord = new
    return made


class _FirstKeys(dict[str, Key]):
    """The keys of first instances: one object serves all pods."""

    def __missing__(self, name: str) -> Key:
        key = self[name] = (name, 0)
        return key


_FIRST = _FirstKeys()


class Change(NamedTuple):
    """How a list differs from one before: which containers died since then.

    ``sync``: whether it asks for a sync of the pod.
    """

    died: tuple[Key, ...]
    sync: bool


class States(dict[Key, str]):
    """What lists show of one pod: the state of its sandbox and of every container.

    It is never changed but followed by another one. Most pods of a cluster go the
    same way while their containers are in their first instance: what they show then
    is ``shared``, and so is what follows (``next``) and how it differs.

    Pods whose containers have other images do not share, though lists show the same
    of them: so of what is shared, all that the API shows is known. It is ``fresh``
    while no container has ended.
    """

    __slots__ = ("_since", "fresh", "next", "shared")

    def __init__(self, states: Mapping[Key, str], *, shared: bool = False) -> None:
        super().__init__(states)
        self.shared = shared
        self.fresh = shared and all(state is not EXITED for state in self.values())
        self.next: dict[tuple[Key, str, str, str], States] = {}
        self._since: dict[int, tuple[States, Change]] = {}  # by id() of the former

    def followed(
        self, key: Key, state: str, image: str = "", image_id: str = ""
    ) -> "States":
        """Return the states with one of them changed."""
        known = self.next.get((key, state, image, image_id))
        if known is None:
            shared = self.shared and key[1] <= 0
            known = States({**self, key: state}, shared=shared)
            if shared:
                self.next[key, state, image, image_id] = known
        return known

    def without(self, key: Key) -> "States":
        """Return the states but for one."""
        return States({one: state for one, state in self.items() if one != key})

    def since(self, seen: "States") -> "Change":
        """Return what has changed since a list showed other states."""
        known = self._since.get(id(seen))
        if known is None:
            known = (seen, self._compared(seen))
            if self.shared and seen.shared:
                self._since[id(seen)] = known
        return known[1]

    def _compared(self, seen: "States") -> "Change":
        new = [(key, state) for key, state in self.items() if seen.get(key) != state]
        gone = [state for key, state in seen.items() if key not in self]
        return Change(
            died=tuple(key for key, state in new if state is ContainerState.EXITED),
            sync=any(state is not ContainerState.CREATED for _, state in new)
            or any(state != DOWN for state in gone),
        )


NOTHING_SHOWN = States({}, shared=True)


class Sandbox:
    """What one pod has on its node. The key of a container is (name, attempt).

    ``states`` is what lists show; it is never changed but replaced. ``worker`` is the
    kubelet's for this pod, None once it has done with it. The PLEG notes of the last
    change when it was, what lists show before and after that instant, and whether one
    has yet to show it (``dirty``).
    """

    __slots__ = (
        "after",
        "before",
        "changed_us",
        "containers",
        "dirty",
        "exists",
        "pod",
        "ready",
        "states",
        "worker",
    )

    def __init__(self, pod: Pod, worker: Any = None) -> None:
        self.pod = pod
        self.worker = worker
        self.exists = False
        self.ready = False
        self.containers: dict[Key, ContainerRecord] = {}
        self.states = self.before = self.after = NOTHING_SHOWN
        self.changed_us = -1
        self.dirty = False

    def is_up(self, *, up: bool) -> None:
        """Let the sandbox run, or have stopped."""
        self.exists, self.ready = True, up
        state = RUNNING if up else DOWN
        self.states = self.states.followed(SANDBOX, state)

    def put(self, record: ContainerRecord) -> None:
        """Have an instance of a container as it is now."""
        key = record.key
        self.containers[key] = record
        change = key, record.state, record.image, record.image_id
        states = self.states
        self.states = states.next.get(change) or states.followed(*change)

    def drop(self, key: Key) -> None:
        """Have an instance no longer."""
        del self.containers[key]
        self.states = self.states.without(key)

    def vanish(self) -> None:
        """Let the sandbox be removed."""
        self.exists = self.ready = False
        self.states = self.states.without(SANDBOX)

    def running(self) -> list[ContainerRecord]:
        """Return the instances that run."""
        return [record for record in self.containers.values() if record.running]

    def latest(self, name: str) -> ContainerRecord | None:
        """Return the newest instance of a container, or None."""
        instances = [c for c in self.containers.values() if c.name == name]
        return max(instances, key=lambda c: c.attempt, default=None)
