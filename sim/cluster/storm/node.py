"""One node in the storm: whose pods it may play, and how they are handed over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.cluster.kubelet.container_status import StartFailure
from sim.cluster.kubelet.image_manager import ImageManager
from sim.cluster.kubelet.image_request import back_off_key
from sim.cluster.kubelet.pleg import PLEG
from sim.cluster.kubelet.pod_status import generate
from sim.cluster.kubelet.pod_worker import PodWorker, Stage
from sim.cluster.kubelet.puller import Puller
from sim.cluster.kubelet.sync_loop import HOUSEKEEPING_US, SyncLoop
from sim.cluster.storm.acts import StormActs
from sim.cluster.storm.pull import LOOKED, Foresight, HopelessPull, Status
from sim.record.names import Names
from sim.record.rows import NONE
from sim.rules.backoff import BackOff
from sim.rules.pod_sync import SyncError, SyncErrorKind
from sim.rules.pull_policy import PullPolicy
from sim.rules.throttle import TokenBucket
from sim.scenario.model import Container

OTHER = -1  # a status that is none of the pull's


@dataclass(kw_only=True, slots=True, eq=False)
class StormPull:
    """A hopeless pull for one container; ``columns`` of the record by outcome.

    ``index`` is the storm's number of it.
    """

    node: "StormNode"
    pull: HopelessPull
    container: str
    image: str
    columns: tuple[dict[str, int], dict[str, int]]
    index: int = -1


class Storm(Protocol):
    """The storm, as its nodes know it."""

    acts: StormActs

    def take(
        self,
        node: "StormNode",
        worker: PodWorker,
        pull: StormPull,
        failed: int,
        back_off: tuple[int, int],
    ) -> None:
        """Play a pod whose sync has failed just now."""

    def note(self, pull: StormPull) -> None:
        """A pull is to be counted at the end."""

    def sync(self, worker: PodWorker) -> None:
        """A worker is to sync."""

    def give_back(self, worker: PodWorker, then: Callable[[], None]) -> None:
        """Let a worker take over again."""

    def drop(self, worker: PodWorker) -> None:
        """The machine of a worker is off."""

    def finish(self) -> None:
        """Write what the last attempts left unsaid: the run ends."""


class StormNode:
    """The pods of one node whose workers are, or were, handed over.

    ``coin_key`` is the key of the coin tosses of its kubelet, which began at
    ``start_us``; ``node`` the record's number of its name, ``index`` the storm's.
    """

    __slots__ = (
        "_act",
        "_backoff",
        "_foresight",
        "_manager",
        "_names",
        "_node",
        "_pulls",
        "_storm",
        "coin_key",
        "index",
        "loop",
        "pleg",
        "puller",
        "start_us",
        "throttle",
    )

    def __init__(
        self,
        storm: Storm,
        names: Names,
        node: int,
        foresight: Foresight,
        *,
        start_us: int,
        coin_key: int,
    ) -> None:
        self._storm = storm
        self._names = names
        self._node = node
        self._foresight = foresight
        self._act = 0
        self._pulls: dict[tuple[str, str, str], StormPull | None] = {}
        self.index = -1
        self.start_us = start_us
        self.coin_key = coin_key
        self.loop: SyncLoop
        self.pleg: PLEG

    def equip(
        self,
        manager: ImageManager,
        backoff: BackOff,
        puller: Puller,
        throttle: TokenBucket,
    ) -> None:
        """Share these with the node's kubelet, which adds ``loop`` and ``pleg``."""
        self._manager = manager
        self._backoff = backoff
        self.puller = puller
        self.throttle = throttle

    # --- what the kubelet and its workers say (see pod_worker.Shelter) ---

    def take(self, worker: PodWorker, errors: Sequence[SyncError]) -> bool:
        """Take a worker over whose sync has failed just now, if all is foreseen."""
        if self.loop.stopped or not self._storm.acts.none_soon:
            return False
        if not _is_simple(worker, errors):
            return False
        pull = self._pull_of(worker, worker.pod.spec.containers[0])
        if pull is None:
            return False
        failure = worker.failures[pull.container]
        failed = _number(pull.pull, (failure.reason, failure.message))
        key = _key(worker, pull)
        back_off = self._backoff.entry(key)
        if failed == OTHER or back_off is None:
            return False
        self.loop.count_retry(worker)
        self._storm.take(self, worker, pull, failed, back_off)
        # The storm knows all this; many pods hold the same text.
        worker.failures = {
            pull.container: _failure(pull.pull.statuses[failed], failure.row)
        }
        self._manager.forget(key)
        self._backoff.reset(key)
        return True

    def sync(self, worker: PodWorker) -> None:
        """A worker is to sync."""
        self._storm.sync(worker)

    def give_back(self, worker: PodWorker, then: Callable[[], None]) -> None:
        """Let a worker take over again."""
        self._storm.give_back(worker, then)

    def drop(self, worker: PodWorker) -> None:
        """The machine is off."""
        self._storm.drop(worker)

    def _pull_of(self, worker: PodWorker, container: Container) -> StormPull | None:
        """Return what a container's pulls come to until somebody acts."""
        if self._act != self._storm.acts.next:
            self._act = self._storm.acts.next
            self._pulls = {}
        key = (container.name, container.image, container.image_pull_policy)
        if key not in self._pulls:
            self._pulls[key] = self._foreseen(worker, container)
        return self._pulls[key]

    def _foreseen(self, worker: PodWorker, container: Container) -> StormPull | None:
        pull = self._foresight.foresee(worker.pod, container)
        if pull is None:
            return None
        ids = self._names.id
        shared = {
            "node": self._node,
            "container": ids(container.name),
            "image": ids(container.image),
        }
        missing, refused = (shared | {"text": ids(text)} for text in pull.errors)
        asked = {"object": ids(pull.host), "source": pull.source}
        known = StormPull(
            node=self,
            pull=pull,
            container=container.name,
            image=container.image,
            columns=(missing | asked, refused),
        )
        self._storm.note(known)
        return known

    # --- the state of a worker ---

    def sees(self, worker: PodWorker, last_us: int) -> bool:
        """Whether a sync after one that ended then can begin now, and is a look."""
        newer = self.pleg.is_newer(worker, last_us)
        return newer and worker.snapshot.ready and not worker.snapshot.containers

    def shown(self, worker: PodWorker, pull: StormPull) -> int:
        """Return which of the pull's statuses the API shows, ``OTHER`` if none."""
        for one in worker.pod.status.containers:
            if one.name == pull.container:
                return _number(pull.pull, (one.reason, one.message))
        return OTHER

    def restore(
        self,
        worker: PodWorker,
        pull: StormPull,
        *,
        shown: int,
        failed: int,
        row: int,
    ) -> None:
        """Let the API show one status, and the last sync have ended with another.

        ``row`` is the last row that was written of it, -1 if none was.
        """
        pod, statuses = worker.pod, pull.pull.statuses
        row = worker.failures[pull.container].row if row == NONE else row
        if shown != OTHER:
            failures = {pull.container: _failure(statuses[shown], row)}
            pod.status = generate(pod, worker.snapshot, failures)
        worker.failures = {pull.container: _failure(statuses[failed], row)}
        last = statuses[failed % LOOKED]
        text = f"{last[0]}: {last[1]}"
        self._manager.remember(_key(worker, pull), text, row)

    def sleep(
        self, worker: PodWorker, pull: StormPull, back_off: tuple[int, int], at_us: int
    ) -> None:
        """Let a worker sleep up to a tick; one that has come serves it 2 ms late."""
        self._backoff.restore(_key(worker, pull), *back_off)
        late = at_us < self.loop.now_us
        self.loop.put(worker, at_us + HOUSEKEEPING_US if late else at_us)

    def enter(self, worker: PodWorker, at_us: int) -> None:
        """Let a worker's attempt be due at a time that is known."""
        self.loop.put(worker, at_us, quietly=True)

    def count(self, pull: StormPull) -> None:
        """Count what was asked of the image manager."""
        policy = pull.pull.policy
        present = None if policy is PullPolicy.ALWAYS else False
        self._manager.count(policy, present, pull.pull.syncs)
        pull.pull.syncs = 0


def _is_simple(worker: PodWorker, errors: Sequence[SyncError]) -> bool:
    """Whether a pod has one container, which never ran, and waits for nothing else."""
    pod = worker.pod
    spec = pod.spec
    return (
        len(errors) == len(spec.containers) == len(worker.failures) == 1
        and errors[0].kind is SyncErrorKind.GENERIC
        and worker.sandbox.ready
        and not worker.sandbox.containers
        and worker.stage is Stage.SYNCING
        and not (worker.asked_again or pod.terminating)
        and not (spec.init_containers or spec.image_pull_secrets or spec.image_volumes)
    )


def _key(worker: PodWorker, pull: StormPull) -> str:
    return back_off_key(worker.pod, pull.image)


def _number(pull: HopelessPull, status: Status) -> int:
    return pull.statuses.index(status) if status in pull.statuses else OTHER


def _failure(status: Status, row: int) -> StartFailure:
    return StartFailure(reason=status[0], message=status[1], row=row)
