"""Which ready pods of a very large workload go first, without sorting all of them.

A rollout of 15,000 pods shrinks its old ReplicaSet thousands of times, mostly by one
pod. This index keeps the ready pods by how many of their workload share their node,
then by the second in which they turned ready, then by UID.

Upstream's comparison is no order: pods that turned ready in one second compare by
other fields than the rest, so what a sort makes of them depends on the sort. Here
they too compare by UID. Where the seconds differ, the outcome is that of
``sim.rules.deletion_order``; the property test holds one against the other.

Source: pkg/controller/controller_utils.go (ActivePodsWithRanks).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush, heapreplace

from sim.cluster.objects import Pod
from sim.rules.deletion_order import deletion_age


class _Bucket:
    """Pods of one set that share their nodes with as many others.

    ``heaps`` are, by the second of turning ready, (UID, full name). ``heads`` ranks
    them as of one second, ``ranked_s``: (age, UID, second). A rank may be too good,
    for its pod is no longer here; that is seen when it is met.
    """

    __slots__ = ("heads", "heaps", "ranked_s")

    def __init__(self) -> None:
        self.heaps: dict[int, list[tuple[str, str]]] = {}
        self.heads: list[tuple[int, str, int]] = []
        self.ranked_s = -1

    def push(self, since: int, uid: str, name: str) -> None:
        """Put a pod in that turned ready in this second."""
        heap = self.heaps.setdefault(since, [])
        heappush(heap, (uid, name))
        if heap[0][0] == uid and since <= self.ranked_s:
            heappush(self.heads, (deletion_age(self.ranked_s - since), uid, since))

    def rank(self, now_s: int) -> None:
        """Rank the heads as of a second."""
        if now_s != self.ranked_s:
            self.ranked_s = now_s
            self.heads = [
                (deletion_age(now_s - since), heap[0][0], since)
                for since, heap in self.heaps.items()
            ]
            heapify(self.heads)


class DeletionIndex:
    """The pods of one workload, over all its ReplicaSets.

    ``on_node`` counts them by node. ``seconds`` cuts a time to whole seconds of the
    wall clock. Entries are not removed when they turn wrong but skipped when they are
    met.
    """

    __slots__ = ("_buckets", "_nodes", "_ready", "_seconds", "_where", "on_node")

    def __init__(self, seconds: Callable[[int], int], pods: Iterable[Pod]) -> None:
        self._seconds = seconds
        self.on_node: Counter[str] = Counter()
        self._where: dict[str, str] = {}  # active pod -> its node
        self._nodes: dict[str, dict[str, Pod]] = {}  # node -> its active pods
        self._ready: dict[str, tuple[Pod, int]] = {}  # -> since which second
        self._buckets: dict[tuple[str, int], _Bucket] = {}  # by set and count
        for pod in pods:
            self.note(pod, active=True)

    def note(self, pod: Pod, *, active: bool) -> None:
        """A pod was created, bound, changed or has vanished."""
        name = pod.full_name
        before = self._where.get(name)
        ready = active and pod.ready
        if not ready:
            self._ready.pop(name, None)
        if before is not None and (not active or before != pod.node):
            del self._where[name]
            del self._nodes[before][name]
            self._count(before, -1)
        if active and name not in self._where:
            self._where[name] = pod.node
            self._nodes.setdefault(pod.node, {})[name] = pod
            self._count(pod.node, 1)
        if ready:
            since = self._seconds(pod.ready_us or 0)
            if self._ready.get(name) != (pod, since):
                self._ready[name] = (pod, since)
                self._push(pod)

    def _count(self, node: str, change: int) -> None:
        self.on_node[node] += change
        for pod in self._nodes[node].values() if node else ():
            if pod.full_name in self._ready:
                self._push(pod)

    def _push(self, pod: Pod) -> None:
        since = self._ready[pod.full_name][1]
        key = (pod.replica_set, self.on_node[pod.node])
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket()
        bucket.push(since, pod.uid, pod.full_name)

    def take(self, replica_set: str, count: int, now_s: int) -> list[Pod]:
        """Return the ready pods of a set that go first; each is returned once."""
        found: list[Pod] = []
        sizes = [size for name, size in self._buckets if name == replica_set]
        for size in sorted(sizes, reverse=True):
            bucket = self._buckets[replica_set, size]
            while len(found) < count:
                pod = self._take_one(bucket, size, now_s)
                if pod is None:
                    del self._buckets[replica_set, size]
                    break
                found.append(pod)
        return found

    def _take_one(self, bucket: _Bucket, size: int, now_s: int) -> Pod | None:
        """Take the youngest, on a logarithmic scale, with the lowest UID."""
        bucket.rank(now_s)
        heads, heaps = bucket.heads, bucket.heaps
        while heads:
            age, uid, since = heads[0]
            heap = heaps.get(since, [])
            while heap and not self._is_right(heap[0][1], since, size):
                heappop(heap)
            if not heap:
                heappop(heads)
                heaps.pop(since, None)
            elif heap[0][0] != uid:
                heapreplace(heads, (age, heap[0][0], since))
            else:
                return self._ready.pop(heap[0][1])[0]
        return None

    def _is_right(self, name: str, since: int, size: int) -> bool:
        known = self._ready.get(name)
        return (
            known is not None
            and known[1] == since
            and self.on_node[known[0].node] == size
        )
