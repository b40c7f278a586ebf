"""The ReplicaSet controller: keep so many pods of one template.

Source: pkg/controller/replicaset/replica_set.go (manageReplicas,
calculateStatus) and pkg/controller/controller_utils.go (ActivePodsWithRanks).
"""

from collections import Counter
from collections.abc import Callable

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.controllers.deletion_index import DeletionIndex
from sim.cluster.controllers.slow_start import slow_start
from sim.cluster.objects import Phase, Pod
from sim.cluster.streams import Draw
from sim.cluster.work_queue import WorkQueue
from sim.rules.deletion_order import Candidate, first_to_go
from sim.scenario.model import PodTemplate
from sim.units import SECOND

BURST_REPLICAS = 500
# A set with more pods than this is not sorted whenever it shrinks.
MANY_PODS = 100

_ENDED = (Phase.SUCCEEDED, Phase.FAILED)
_ACTIVE, _READY, _TERMINATING, _OVER = "active", "ready", "terminating", "over"
_LIVE = (_ACTIVE, _READY)
_PHASE_ORDER = {Phase.PENDING: 0, Phase.UNKNOWN: 1, Phase.RUNNING: 2}


class ReplicaSet:
    """One ReplicaSet: what it asks for, its pods, and its last status.

    ``replicas`` is spec.replicas; ``noted`` and ``noted_max`` are what the Deployment
    wrote into its annotations when it last sized the set. ``past_revisions`` are the
    numbers that the set had before it was used again. ``row`` is the row that sized
    it last: what its pods were created or deleted for.
    """

    __slots__ = (
        "_counted",
        "_counts",
        "available",
        "current",
        "hash",
        "min_ready_us",
        "name",
        "namespace",
        "noted",
        "noted_max",
        "number",
        "owner",
        "past_revisions",
        "pods",
        "ready",
        "replicas",
        "revision",
        "row",
        "template",
    )

    def __init__(
        self,
        *,
        namespace: str,
        name: str,
        owner: str,
        template: PodTemplate,
        template_hash: str,
        number: int,
        min_ready_us: int,
    ) -> None:
        self.namespace = namespace
        self.name = name
        self.owner = owner
        self.template = template
        self.hash = template_hash
        self.number = number
        self.min_ready_us = min_ready_us
        self.revision = 0
        self.past_revisions: list[int] = []
        self.replicas = 0
        self.noted = 0
        self.noted_max = 0
        self.row = -1
        self.pods: dict[str, Pod] = {}
        self._counted: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self.current = 0  # status.replicas
        self.ready = 0
        self.available = 0

    @property
    def full_name(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    def note(self, pod: Pod) -> None:
        """Count a pod by its state of now, in place of what it counted as before.

        Sets may have thousands of pods: their states are counted as they change,
        never by looking at all of them.
        """
        name = pod.full_name
        before = self._counted.pop(name, None)
        if before is not None:
            self._counts[before] -= 1
        if pod.gone:
            self.pods.pop(name, None)
            return
        self.pods[name] = pod
        state = _counts_as(pod)
        self._counted[name] = state
        self._counts[state] += 1

    @property
    def runs(self) -> bool:
        """Whether a pod has not ended, be it on its way out."""
        return any(pod.status.phase not in _ENDED for pod in self.pods.values())

    @property
    def active_count(self) -> int:
        """How many pods count: neither ended nor being deleted."""
        return self._counts[_ACTIVE] + self._counts[_READY]

    @property
    def ready_count(self) -> int:
        """How many of these are ready."""
        return self._counts[_READY]

    @property
    def terminating(self) -> int:
        """How many pods are being deleted."""
        return self._counts[_TERMINATING]

    def active(self) -> list[Pod]:
        """Pods that count."""
        return [pod for pod in self.pods.values() if _counts_as(pod) in _LIVE]


def _counts_as(pod: Pod) -> str:
    if pod.terminating:
        return _TERMINATING
    if pod.status.phase in _ENDED:
        return _OVER
    return _READY if pod.ready else _ACTIVE


class ReplicaSetController:
    """All ReplicaSets. ``changed(owner, row)`` hears of every change of a status.

    ``wall_us`` is the wall clock's part of a second at time 0: API times have whole
    seconds, so when a pod is available depends on it. ``draw`` chooses among pods
    that may go first as well as others; without it the first created goes.
    """

    __slots__ = (
        "_api",
        "_changed",
        "_draw",
        "_env",
        "_indexes",
        "_queue",
        "_rows",
        "_sets",
        "_wall_us",
    )

    def __init__(
        self,
        env: Clock,
        api: APIServer,
        changed: Callable[[str, int], None],
        wall_us: int = 0,
        draw: Draw | None = None,
        *,
        kind: str,
    ) -> None:
        self._env = env
        self._api = api
        self._changed = changed
        self._wall_us = wall_us
        self._draw = draw
        self._sets: dict[str, ReplicaSet] = {}
        self._indexes: dict[str, DeletionIndex] = {}  # by owner, only very large ones
        self._rows: dict[str, int] = {}  # set -> row of what woke it
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        api.watch_pods_of(kind, self)
        api.when_pod_is_bound(self._pod_bound)

    def add(self, replica_set: ReplicaSet) -> None:
        """A ReplicaSet was created."""
        self._sets[replica_set.full_name] = replica_set

    def remove(self, replica_set: ReplicaSet) -> None:
        """A ReplicaSet without pods was deleted."""
        self._sets.pop(replica_set.full_name, None)

    def wake(self, replica_set: ReplicaSet, row: int) -> None:
        """A ReplicaSet's size was changed; ``row`` says by what."""
        self._rows[replica_set.full_name] = row
        self._queue.add(replica_set.full_name)

    # --- watches ---

    def _of(self, pod: Pod) -> ReplicaSet | None:
        if not pod.replica_set:
            return None
        found = self._sets.get(f"{pod.namespace}/{pod.replica_set}")
        return found if found is not None and found.owner == pod.owner else None

    def pod_created(self, pod: Pod, row: int) -> None:
        """Adopt a pod of one of our sets."""
        replica_set = self._of(pod)
        if replica_set is not None:
            self._note(replica_set, pod)
            self.wake(replica_set, row)

    def pod_updated(self, pod: Pod, row: int) -> None:
        """A pod's readiness or phase changed, or its deletion was asked for."""
        replica_set = self._of(pod)
        if replica_set is not None:
            self._note(replica_set, pod)
            self.wake(replica_set, row)

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod has vanished."""
        replica_set = self._of(pod)
        if replica_set is not None:
            self._note(replica_set, pod)
            self.wake(replica_set, row)
            self._changed(replica_set.owner, row)

    def _pod_bound(self, pod: Pod) -> None:
        replica_set = self._of(pod)
        if replica_set is not None:
            self._index(replica_set, pod)

    def _note(self, replica_set: ReplicaSet, pod: Pod) -> None:
        replica_set.note(pod)
        self._index(replica_set, pod)

    def _index(self, replica_set: ReplicaSet, pod: Pod) -> None:
        index = self._indexes.get(replica_set.owner)
        if index is not None:
            index.note(pod, active=not pod.gone and _counts_as(pod) in _LIVE)

    # --- syncing ---

    def _sync(self, name: str) -> None:
        replica_set = self._sets.get(name)
        if replica_set is None:
            return
        row = self._rows.get(name, replica_set.row)
        missing = replica_set.replicas - replica_set.active_count
        done = slow_start(
            range(min(missing, BURST_REPLICAS)),
            lambda _: self._create_pod(replica_set, row),
        )
        if missing < 0:
            for pod in self._going(replica_set, min(-missing, BURST_REPLICAS)):
                self._api.delete_pod(pod, replica_set.row, by=replica_set.name)
        self._update_status(replica_set, row)
        if done:
            self._queue.forget(name)
        else:
            self._queue.add_rate_limited(name)

    def _create_pod(self, replica_set: ReplicaSet, row: int) -> Pod | None:
        return self._api.create_pod(
            replica_set.namespace,
            f"{replica_set.name}-",
            replica_set.template,
            cause=row,
            owner=replica_set.owner,
            replica_set=replica_set.name,
        )

    def _update_status(self, replica_set: ReplicaSet, row: int) -> None:
        times = self._available_times(replica_set)
        later = [time for time in times if time > self._env.now]
        if later:
            # Upstream: FindMinNextPodAvailabilityCheck.
            self._queue.add_after(replica_set.full_name, min(later) - self._env.now)
        available = replica_set.ready_count - len(later)
        status = (replica_set.active_count, replica_set.ready_count, available)
        before = (replica_set.current, replica_set.ready, replica_set.available)
        if status != before:
            replica_set.current, replica_set.ready, replica_set.available = status
            self._changed(replica_set.owner, row)

    def _available_times(self, replica_set: ReplicaSet) -> list[int]:
        """Return when each ready pod was, or will be, ready for long enough."""
        min_ready_us = replica_set.min_ready_us
        if not min_ready_us:
            return []
        return [
            self.floor_us(pod.ready_us) + min_ready_us
            for pod in replica_set.active()
            if pod.ready and pod.ready_us is not None
        ]

    def floor_us(self, time_us: int) -> int:
        """Cut a time to whole seconds of the wall clock, as the API stores it."""
        wall = time_us + self._wall_us
        return wall - wall % SECOND - self._wall_us

    def _going(self, replica_set: ReplicaSet, count: int) -> list[Pod]:
        """Choose so many pods to delete; those that are not ready always go first."""
        active, ready = replica_set.active_count, replica_set.ready_count
        if active <= MANY_PODS or count > ready or active > ready:
            return self._first_to_go(replica_set)[:count]
        index = self._indexes.get(replica_set.owner)
        if index is None:
            pods = (pod for one in self._related(replica_set) for pod in one.active())
            index = self._indexes[replica_set.owner] = DeletionIndex(
                self._seconds, pods
            )
        return index.take(replica_set.name, count, self._seconds(self._env.now))

    def _related(self, replica_set: ReplicaSet) -> list[ReplicaSet]:
        """Return all sets of the same Deployment."""
        owner = replica_set.owner
        return [one for one in self._sets.values() if one.owner == owner]

    def _first_to_go(self, replica_set: ReplicaSet) -> list[Pod]:
        """Order pods by who is deleted first; among equals chance decides.

        Pods on a node are counted over all sets of the same Deployment.
        """
        pods, draw = replica_set.active(), self._draw
        related = self._related(replica_set)
        per_node = Counter(pod.node for one in related for pod in one.active())
        if draw is not None:
            pods = sorted(pods, key=lambda _: draw())
        candidates = (self._candidate(pod, per_node[pod.node]) for pod in pods)
        ordered = first_to_go(candidates, self._seconds(self._env.now))
        return [replica_set.pods[one.name] for one in ordered]

    def _candidate(self, pod: Pod, on_node: int) -> Candidate:
        containers = pod.status.containers
        return Candidate(
            name=pod.full_name,
            uid=pod.uid,
            assigned=bool(pod.node),
            phase=_PHASE_ORDER.get(pod.status.phase, 0),
            ready=pod.ready,
            on_node=on_node,
            ready_s=self._seconds(pod.ready_us or 0),
            restarts=max((one.restart_count for one in containers), default=0),
            created_s=self._seconds(pod.created_us),
        )

    def _seconds(self, time_us: int) -> int:
        return (time_us + self._wall_us) // SECOND
