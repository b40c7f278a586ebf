"""The scheduler: one pod after another, to the node that spreads best.

A pod goes to the node with the fewest pods of its own workload, then with the fewest
pods in all; ties fall by a seeded draw. That is what the default plug-ins add up to
for pods without requests, affinities or volumes (PodTopologySpread and
NodeResourcesFit outweigh ImageLocality, which is therefore left out). Each workload
keeps its nodes in order, so a decision does not look at every node.

Source: pkg/scheduler (schedule_one.go); messages of framework/types.go, FitError.
"""

from bisect import insort
from collections import Counter, deque
from heapq import heappop, heappush

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.objects import Node, Pod
from sim.cluster.streams import Draw
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import event_messages
from sim.units import MILLISECOND

SCHEDULE_US = 2 * MILLISECOND

_TOO_MANY_PODS = "Too many pods"
_NOT_THE_TARGET = "node(s) didn't satisfy plugin(s) [NodeAffinity]"


class _Seat:
    """What one workload has on the node of a name, be it there or not: so many pods."""

    __slots__ = ("name", "owns")

    def __init__(self, name: str) -> None:
        self.name = name
        self.owns = 0

    def __lt__(self, other: "_Seat") -> bool:
        """Of lots that are the same, the first is that of the first name."""
        return self.name < other.name


_Lot = tuple[float, _Seat, Node]
"""A node's lot, what the workload has there, and the node."""


class _Spread:
    """The nodes of one workload by what they have; stale offers are mended when met.

    The best node has the fewest pods of the workload, then the fewest of all; lots
    decide among those that are alike. There are few ways to be unlike but thousands
    of nodes: those that are alike are sorted when their turn comes, and taken one
    after another, where a heap of all would look at nodes all over the memory.
    """

    __slots__ = ("_alike", "_keys", "_seats", "_sorted", "selector")

    def __init__(self, selector: dict[str, str]) -> None:
        self.selector = selector
        self._seats: dict[str, _Seat] = {}
        # (pods of the workload, pods) -> (lot, node), the lowest lot last once sorted
        self._alike: dict[tuple[int, int], list[_Lot]] = {}
        self._keys: list[tuple[int, int]] = []  # a heap
        self._sorted: list[_Lot] = []  # the one that is

    def fits(self, node: Node) -> bool:
        """Whether the node's labels are those that the pods ask for."""
        return not self.selector or self.selector.items() <= node.labels.items()

    def count(self, node: str, change: int) -> None:
        """A pod of the workload came to a node or left it."""
        self._seat(node).owns += change

    def _seat(self, node: str) -> _Seat:
        seat = self._seats.get(node)
        if seat is None:
            seat = self._seats[node] = _Seat(node)
        return seat

    def push(self, node: Node, draw: Draw) -> None:
        """Offer a node with its counts of now."""
        if not self.selector or self.fits(node):
            seat = self._seat(node.name)
            self._offer((seat.owns, len(node.pods)), (-draw(), seat, node))

    def _offer(self, key: tuple[int, int], lot: _Lot) -> None:
        alike = self._alike.get(key)
        if alike is None:
            self._alike[key] = [lot]
            heappush(self._keys, key)
        elif alike is self._sorted:
            insort(alike, lot)
        else:
            alike.append(lot)

    def take(self, draw: Draw) -> Node | None:
        """Count a pod that goes to the best node that may be used, and return that.

        Nodes before it are offered no more.
        """
        keys = self._keys
        while keys:
            key = keys[0]
            alike = self._alike[key]
            if not alike:
                del self._alike[heappop(keys)]
                continue
            if alike is not self._sorted:
                alike.sort()
                self._sorted = alike
            _, seat, node = alike.pop()
            if node.gone:
                continue
            now = owns, has = seat.owns, len(node.pods)
            if now == key:
                if _usable(node):
                    seat.owns = owns + 1
                    self._offer((owns + 1, has + 1), (-draw(), seat, node))
                    return node
            elif key[0] < owns or key[1] < has:
                self._offer(now, (-draw(), seat, node))
        return None


class Scheduler:
    """Binds pods to nodes."""

    __slots__ = (
        "_api",
        "_busy",
        "_draw",
        "_env",
        "_last",
        "_log",
        "_queue",
        "_spreads",
        "_unschedulable",
    )

    def __init__(self, env: Clock, log: EventLog, api: APIServer, draw: Draw) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._draw = draw
        self._busy = False
        self._queue: deque[Pod] = deque()
        self._unschedulable: dict[str, Pod] = {}
        self._spreads: dict[tuple[str, tuple[tuple[str, str], ...]], _Spread] = {}
        self._last: dict[str, _Spread] = {}  # by owner: that of the last pod
        api.pod_watchers.append(self)
        api.nodes.watchers.append(self)

    # --- watches ---

    def pod_created(self, pod: Pod, row: int) -> None:
        """A new pod waits for its turn, unless it names its node."""
        del row
        if pod.spec.node_name:
            if not pod.target_node:
                self._spread_of(pod).count(pod.spec.node_name, 1)
            return
        self._queue.append(pod)
        self._wake()

    def pod_updated(self, pod: Pod, row: int) -> None:
        """A pod's status is none of our business."""

    def pod_gone(self, pod: Pod, row: int) -> None:
        """A pod left room behind."""
        del row
        self._unschedulable.pop(pod.full_name, None)
        node = pod.home
        if node is not None and not node.gone:
            if not pod.target_node:
                self._spread_of(pod).count(pod.node, -1)
            self._offer(node)

    def node_changed(self, node: Node) -> None:
        """A node joined, or may be used again."""
        self._offer(node)

    def _offer(self, node: Node) -> None:
        for spread in self._spreads.values():
            spread.push(node, self._draw)
        self._queue.extend(self._unschedulable.values())
        self._unschedulable.clear()
        self._wake()

    # --- one pod after another ---

    def _wake(self) -> None:
        if self._queue and not self._busy:
            self._busy = True
            self._env.call_after(SCHEDULE_US, self._serve)

    def _serve(self) -> None:
        self._busy = False
        pod = self._queue.popleft()
        if not pod.gone and pod.deleted_us is None:
            self._schedule(pod)
        self._wake()

    def _schedule(self, pod: Pod) -> None:
        if pod.target_node:
            self._schedule_to_target(pod)
            return
        spread = self._spread_of(pod)
        node = spread.take(self._draw)
        if node is None:
            self._fail(pod, self._reasons(spread))
            return
        self._api.bind_to(pod, node, pod.created_row)

    def _schedule_to_target(self, pod: Pod) -> None:
        """Bind a daemon pod, which tolerates a node that is not ready or cordoned."""
        node = self._api.nodes.get(pod.target_node)
        if node is not None and _has_room(node):
            self._api.bind_to(pod, node, pod.created_row)
            return
        counts = Counter({_NOT_THE_TARGET: len(self._api.nodes)})
        if node is not None:
            counts += Counter({_TOO_MANY_PODS: 1})
            counts -= Counter({_NOT_THE_TARGET: 1})
        self._fail(pod, self._unavailable(counts))

    def _spread_of(self, pod: Pod) -> _Spread:
        selector, owner = pod.spec.node_selector, pod.owner or pod.full_name
        spread = self._last.get(owner)
        if spread is not None and spread.selector == selector:
            return spread
        key = (owner, tuple(sorted(selector.items())))
        spread = self._spreads.get(key)
        if spread is None:
            spread = self._spreads[key] = _Spread(selector)
            for node in self._api.nodes.values():
                spread.push(node, self._draw)
        self._last[owner] = spread
        return spread

    def _fail(self, pod: Pod, message: str) -> None:
        self._unschedulable[pod.full_name] = pod
        self._log.append(
            Kind.FAILED_SCHEDULING,
            pod=pod.id,
            text=self._log.names.id(message),
            cause=pod.created_row,
        )

    def _reasons(self, spread: _Spread) -> str:
        nodes = self._api.nodes.values()
        return self._unavailable(Counter(_refusal(node, spread) for node in nodes))

    def _unavailable(self, counts: Counter[str]) -> str:
        return event_messages.failed_scheduling(len(self._api.nodes), counts)


def _usable(node: Node) -> bool:
    return node.ready and not node.unschedulable and len(node.pods) < node.max_pods


def _has_room(node: Node) -> bool:
    return len(node.pods) < node.max_pods


def _refusal(node: Node, spread: _Spread) -> str:
    if node.unschedulable:
        return "node(s) were unschedulable"
    if not node.ready:
        return "node(s) had untolerated taint {node.kubernetes.io/not-ready: }"
    if not spread.fits(node):
        return "node(s) didn't match Pod's node affinity/selector"
    return _TOO_MANY_PODS
