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


class _Place:
    """A node, or none (""), with the active pods there: how many, and which are ready.

    A node that joins again under its name is the same place.
    """

    __slots__ = ("count", "name", "ready")

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.ready: list[_Entry] = []


class _Entry:
    """An active pod, and the second since which it is ready, None if it is not."""

    __slots__ = ("place", "pod", "since")

    def __init__(self, pod: Pod, place: _Place) -> None:
        self.pod = pod
        self.place = place
        self.since: int | None = None


class DeletionIndex:
    """The pods of one workload, over all its ReplicaSets.

    ``seconds`` cuts a time to whole seconds of the wall clock. Only sets that have
    shrunk have buckets: of a rollout, that is the old one. What lies in a bucket is
    not removed when it turns wrong but skipped when it is met.
    """

    __slots__ = ("_buckets", "_entries", "_places", "_seconds", "_shrinking")

    def __init__(self, seconds: Callable[[int], int], pods: Iterable[Pod]) -> None:
        self._seconds = seconds
        self._entries: dict[str, _Entry] = {}  # by the full name of the pod
        self._places: dict[str, _Place] = {}
        self._buckets: dict[tuple[str, int], _Bucket] = {}  # by set and count
        self._shrinking: dict[str, None] = {}  # names of sets that have buckets
        for pod in pods:
            self.note(pod, active=True)

    def on_node(self, name: str) -> int:
        """Return how many active pods are on a node."""
        place = self._places.get(name)
        return 0 if place is None else place.count

    def note(self, pod: Pod, *, active: bool) -> None:
        """A pod was created, bound, changed or has vanished."""
        name = pod.full_name
        one = self._entries.get(name)
        if one is None:
            if not active:
                return
            one = self._entries[name] = _Entry(pod, self._come_to(pod.node))
        elif not active:
            del self._entries[name]
            self._rate(one, None)
            self._count(one.place, -1)
            return
        elif one.place.name != pod.node:
            self._move(one)
        self._rate(one, self._seconds(pod.ready_us or 0) if pod.ready else None)

    def _come_to(self, node: str) -> _Place:
        place = self._places.get(node)
        if place is None:
            place = self._places[node] = _Place(node)
        self._count(place, 1)
        return place

    def _move(self, one: _Entry) -> None:
        since = one.since
        self._rate(one, None)
        self._count(one.place, -1)
        one.place = self._come_to(one.pod.node)
        self._rate(one, since)

    def _count(self, place: _Place, change: int) -> None:
        place.count += change
        for one in place.ready:
            self._push(one)

    def _rate(self, one: _Entry, since: int | None) -> None:
        """Note since when a pod is ready, if it is."""
        before = one.since
        if since == before:
            return
        one.since = since
        if since is None:
            one.place.ready.remove(one)
        else:
            if before is None:
                one.place.ready.append(one)
            self._push(one)

    def _push(self, one: _Entry) -> None:
        """Put a pod that is ready into the bucket where it belongs now."""
        pod, since = one.pod, one.since
        if since is None or pod.replica_set not in self._shrinking:
            return
        key = pod.replica_set, one.place.count
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket()
        bucket.push(since, pod.uid, pod.full_name)

    def take(self, replica_set: str, count: int, now_s: int) -> list[Pod]:
        """Return the ready pods of a set that go first; each is returned once."""
        if replica_set not in self._shrinking:
            self._begin(replica_set)
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

    def _begin(self, replica_set: str) -> None:
        """Fill the buckets of a set that shrinks for the first time."""
        self._shrinking[replica_set] = None
        for one in self._entries.values():
            if one.pod.replica_set == replica_set:
                self._push(one)

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
                found = self._entries[heap[0][1]]
                self._rate(found, None)
                return found.pod
        return None

    def _is_right(self, name: str, since: int, size: int) -> bool:
        one = self._entries.get(name)
        return one is not None and one.since == since and one.place.count == size
