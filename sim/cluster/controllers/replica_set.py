"""The ReplicaSet controller: keep so many pods of one template.

Source: pkg/controller/replicaset/replica_set.go (manageReplicas,
calculateStatus) and pkg/controller/controller_utils.go (ActivePodsWithRanks).
"""

from collections import Counter
from collections.abc import Callable

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.deletion_index import DeletionIndex
from sim.cluster.controllers.replica_set_state import LIVE, ReplicaSet
from sim.cluster.controllers.slow_start import slow_start
from sim.cluster.controllers.work_queue import WorkQueue
from sim.cluster.objects import Phase, Pod
from sim.cluster.streams import Draw
from sim.rules.deletion_order import Candidate, first_to_go
from sim.units import SECOND

BURST_REPLICAS = 500
# A set with more pods than this is not sorted whenever it shrinks.
MANY_PODS = 100

_PHASE_ORDER = {Phase.PENDING: 0, Phase.UNKNOWN: 1, Phase.RUNNING: 2}


class ReplicaSetController:
    """All ReplicaSets. ``changed(owner, row)`` hears of every change of a status.

    But if all that changed is that one more pod is ready, ``one_more(owner, row)`` is
    asked first: true says that it has been counted there, and nothing is left to do.
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
        "_of_owner",
        "_one_more",
        "_queue",
        "_sets",
        "_wall_us",
    )

    def __init__(
        self,
        env: Clock,
        api: APIServer,
        changed: Callable[[str, int], None],
        one_more: Callable[[str, int], bool],
        wall_us: int = 0,
        draw: Draw | None = None,
        *,
        kind: str,
    ) -> None:
        self._env = env
        self._api = api
        self._changed = changed
        self._one_more = one_more
        self._wall_us = wall_us
        self._draw = draw
        self._sets: dict[str, ReplicaSet] = {}
        self._of_owner: dict[str, dict[str, ReplicaSet]] = {}  # owner -> name -> set
        self._indexes: dict[str, DeletionIndex] = {}  # by owner, only very large ones
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        api.watch_pods_of(kind, self)

    def add(self, replica_set: ReplicaSet) -> None:
        """A ReplicaSet was created."""
        self._sets[replica_set.full_name] = replica_set
        sets = self._of_owner.setdefault(replica_set.owner, {})
        sets[replica_set.name] = replica_set

    def remove(self, replica_set: ReplicaSet) -> None:
        """A ReplicaSet without pods was deleted."""
        self._sets.pop(replica_set.full_name, None)
        self._of_owner[replica_set.owner].pop(replica_set.name, None)

    def wake(self, replica_set: ReplicaSet, row: int) -> None:
        """A ReplicaSet's size was changed; ``row`` says by what."""
        replica_set.woken_row = row
        self._queue.add(replica_set.full_name)

    # --- watches ---

    def _of(self, pod: Pod) -> ReplicaSet | None:
        try:
            return self._of_owner[pod.owner][pod.replica_set]
        except KeyError:
            return None

    def pod_created(self, pod: Pod, row: int) -> None:
        """Adopt a pod of one of our sets."""
        replica_set = self._noted(pod)
        if replica_set is not None:
            self.wake(replica_set, row)

    def pod_updated(self, pod: Pod, row: int) -> None:
        """A pod's readiness or phase changed, or its deletion was asked for."""
        replica_set = self._noted(pod)
        if replica_set and not self._count_one_more(replica_set, row):
            self.wake(replica_set, row)

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod has vanished."""
        replica_set = self._noted(pod)
        if replica_set is not None:
            self.wake(replica_set, row)
            self._changed(replica_set.owner, row)

    def _pod_bound(self, pod: Pod) -> None:
        replica_set = self._of(pod)
        if replica_set is not None:
            self._index(replica_set, pod)

    def _noted(self, pod: Pod) -> ReplicaSet | None:
        """Let a pod's set count it by its state of now; None if it is none of ours."""
        replica_set = self._of(pod)
        if replica_set is not None:
            replica_set.note(pod)
            if self._indexes:
                self._index(replica_set, pod)
        return replica_set

    def _index(self, replica_set: ReplicaSet, pod: Pod) -> None:
        index = self._indexes.get(replica_set.owner)
        if index is not None:
            index.note(pod, active=pod.counted in LIVE)

    def _count_one_more(self, replica_set: ReplicaSet, row: int) -> bool:
        """Do at once what a sync would do, if it would but count one more ready pod.

        That is most of what happens to a set. False: a sync is needed. What else
        happens to the set in this very microsecond is not merged with it: upstream's
        queue merges what comes before its turn, which chance decides.
        """
        ready = replica_set.ready_count
        if (
            ready != replica_set.ready + 1
            or not replica_set.replicas
            == replica_set.current
            == replica_set.active_count
            or replica_set.min_ready_us
            or not self._one_more(replica_set.owner, row)
        ):
            return False
        replica_set.ready = replica_set.available = ready
        return True

    # --- syncing ---

    def _sync(self, name: str) -> None:
        replica_set = self._sets.get(name)
        if replica_set is None:
            return
        row = replica_set.woken_row
        missing = replica_set.replicas - replica_set.active_count
        done = self._create_pods(replica_set, missing, row)
        if missing < 0:
            for pod in self._going(replica_set, min(-missing, BURST_REPLICAS)):
                self._api.delete_pod(pod, replica_set.row, by=replica_set.name)
        self._update_status(replica_set, row)
        if done:
            self._queue.forget(name)
        else:
            self._queue.add_rate_limited(name)

    def _create_pods(self, replica_set: ReplicaSet, missing: int, row: int) -> bool:
        def create(_: int) -> Pod | None:
            return self._api.create_pod(
                replica_set.namespace,
                f"{replica_set.name}-",
                replica_set.template,
                cause=row,
                owner=replica_set.owner,
                replica_set=replica_set.name,
            )

        return slow_start(range(min(missing, BURST_REPLICAS)), create)

    def _update_status(self, replica_set: ReplicaSet, row: int) -> None:
        current, ready = replica_set.active_count, replica_set.ready_count
        available = ready
        if replica_set.min_ready_us:
            available -= self._maturing(replica_set)
        if (
            available != replica_set.available
            or current != replica_set.current
            or ready != replica_set.ready
        ):
            replica_set.current = current
            replica_set.ready, replica_set.available = ready, available
            self._changed(replica_set.owner, row)

    def _maturing(self, replica_set: ReplicaSet) -> int:
        """Count pods that are not ready for long enough yet, and look again then."""
        times = self._available_times(replica_set)
        later = [time for time in times if time > self._env.now]
        if later:
            # Upstream: FindMinNextPodAvailabilityCheck.
            self._queue.add_after(replica_set.full_name, min(later) - self._env.now)
        return len(later)

    def _available_times(self, replica_set: ReplicaSet) -> list[int]:
        """Return when each ready pod was, or will be, ready for long enough."""
        min_ready_us = replica_set.min_ready_us
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
            index = self._new_index(replica_set)
        return index.take(replica_set.name, count, self._seconds(self._env.now))

    def _new_index(self, replica_set: ReplicaSet) -> DeletionIndex:
        if not self._indexes:
            # Only an index needs to know where pods come to.
            self._api.when_pod_is_bound(self._pod_bound)
        pods = (pod for one in self._related(replica_set) for pod in one.active())
        index = DeletionIndex(self._seconds, pods)
        self._indexes[replica_set.owner] = index
        return index

    def _related(self, replica_set: ReplicaSet) -> list[ReplicaSet]:
        """Return all sets of the same Deployment."""
        return list(self._of_owner[replica_set.owner].values())

    def _first_to_go(self, replica_set: ReplicaSet) -> list[Pod]:
        """Order pods by who is deleted first; among equals chance decides.

        Pods on a node are counted over all sets of the same Deployment.
        """
        pods, draw = replica_set.active(), self._draw
        on_node = self._on_node(replica_set)
        if draw is not None:
            pods = sorted(pods, key=lambda _: draw())
        candidates = (self._candidate(pod, on_node(pod.node)) for pod in pods)
        ordered = first_to_go(candidates, self._seconds(self._env.now))
        return [replica_set.pods[one.name] for one in ordered]

    def _on_node(self, replica_set: ReplicaSet) -> Callable[[str], int]:
        """Return what tells the pods on a node, of all sets of the Deployment."""
        index = self._indexes.get(replica_set.owner)
        if index is not None:
            return index.on_node
        related = self._related(replica_set)
        found = Counter(pod.node for one in related for pod in one.active())
        return found.__getitem__

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
