"""What the StatefulSet controller does next: one pass as a pure decision.

A pass looks at the pods that there are and returns the pods to create and to delete;
whoever carries that out asks again after every change.

Source: pkg/controller/statefulset/stateful_set_control.go (updateStatefulSet,
processReplica, processCondemned, updateStatefulSetAfterInvariantEstablished,
completeRollingUpdate, computeReplicaStatus) and stateful_set_utils.go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sim.rules.rollout import scaled_value


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a StatefulSet asks for.

    ``ordered`` is podManagementPolicy OrderedReady, ``rolling`` the update strategy
    RollingUpdate (else OnDelete). ``max_unavailable`` is None where the feature gate
    MaxUnavailableStatefulSet is off. Ordinals count from ``start``; ``partition``
    counts from there.
    """

    replicas: int
    ordered: bool = True
    rolling: bool = True
    partition: int = 0
    max_unavailable: str | int | None = None
    start: int = 0

    @property
    def ordinals(self) -> range:
        """The ordinals that the set has pods for."""
        return range(self.start, self.start + self.replicas)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One pod of a set; ``ended`` is phase Succeeded or Failed.

    ``available`` is ready for minReadySeconds; a pod that is being deleted stays
    ready and available until its kubelet says otherwise.
    """

    revision: str
    ready: bool = False
    available: bool = False
    terminating: bool = False
    ended: bool = False

    @property
    def unavailable(self) -> bool:
        """Whether an update counts the pod as one that is away."""
        return self.terminating or not self.available


@dataclass(frozen=True, kw_only=True, slots=True)
class Create:
    """Make the pod of an ordinal, of this revision."""

    ordinal: int
    revision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delete:
    """Ask for the deletion of an ordinal's pod."""

    ordinal: int


Act = Create | Delete


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """The counts of a StatefulSet's status."""

    replicas: int = 0
    ready: int = 0
    current: int = 0
    updated: int = 0
    available: int = 0


def status_of(members: Mapping[int, Member], current: str, update: str) -> Status:
    """Count pods; those that are being deleted are neither current nor updated."""
    pods = members.values()
    staying = [pod.revision for pod in pods if not pod.terminating]
    return Status(
        replicas=len(pods),
        ready=sum(pod.ready for pod in pods),
        current=staying.count(current),
        updated=staying.count(update),
        available=sum(pod.available for pod in pods),
    )


def is_complete(order: Order, status: Status) -> bool:
    """Whether an update is over: the update revision becomes the current one.

    Nobody waits for availability here.
    """
    counts = (status.updated, status.ready, status.replicas)
    return order.rolling and counts == (order.replicas,) * len(counts)


def next_acts(
    order: Order, members: Mapping[int, Member], current: str, update: str
) -> list[Act]:
    """Return what one pass does; nothing when it waits or all is done.

    ``members`` are the pods by ordinal, ``current`` and ``update`` the names of the
    set's revisions.
    """
    replicas = {
        ordinal: members.get(ordinal)
        or Member(revision=revision_of_new(order, ordinal, current, update))
        for ordinal in order.ordinals
    }
    if order.ordered:
        return _ordered_acts(order, members, replicas, update)
    acts = [act for n in replicas for act in _mended(members, replicas, n)]
    surplus = _surplus(order, members)
    acts += [Delete(ordinal=n) for n in surplus if not members[n].terminating]
    return [*acts, *_updates(order, replicas, update)]


def revision_of_new(order: Order, ordinal: int, current: str, update: str) -> str:
    """Return the revision that a new pod gets: below the partition the current one.

    Source: stateful_set_utils.go, newVersionedStatefulSetPod.
    """
    kept = order.rolling and ordinal < order.start + order.partition
    return current if kept else update


def _ordered_acts(
    order: Order,
    members: Mapping[int, Member],
    replicas: Mapping[int, Member],
    update: str,
) -> list[Act]:
    """OrderedReady: one step, and only when every pod before it is available.

    This is why a broken update stays stuck: its own broken pod is waited for, so the
    part that would replace it by a pod of a better revision is never reached.
    """
    for ordinal, replica in replicas.items():
        acts = list(_mended(members, replicas, ordinal))
        if acts or replica.unavailable:
            return acts
    surplus = _surplus(order, members)
    if not surplus:
        return list(_updates(order, replicas, update))
    highest = members[surplus[0]]
    blocked = not highest.available and surplus[0] != _lowest_away(members, surplus)
    return [] if highest.terminating or blocked else [Delete(ordinal=surplus[0])]


def _mended(
    members: Mapping[int, Member], replicas: Mapping[int, Member], ordinal: int
) -> Iterator[Act]:
    """Create a pod that is missing, delete one that has ended."""
    replica = replicas[ordinal]
    if ordinal not in members:
        yield Create(ordinal=ordinal, revision=replica.revision)
    elif replica.ended and not replica.terminating:
        yield Delete(ordinal=ordinal)


def _surplus(order: Order, members: Mapping[int, Member]) -> list[int]:
    """Return the ordinals that nobody asks for, highest first."""
    return sorted((n for n in members if n not in order.ordinals), reverse=True)


def _lowest_away(members: Mapping[int, Member], surplus: list[int]) -> int | None:
    """Return the lowest surplus pod that is away; the replicas are all available."""
    return min((n for n in surplus if members[n].unavailable), default=None)


def _updates(
    order: Order, replicas: Mapping[int, Member], update: str
) -> Iterator[Delete]:
    """Delete pods of another revision, highest first, as far as the rules allow."""
    if not order.rolling:
        return
    lowest = order.start + order.partition
    targets = [n for n in reversed(order.ordinals) if n >= lowest]
    if order.max_unavailable is not None:
        old = [n for n in targets if _is_old(replicas[n], update)]
        yield from (Delete(ordinal=n) for n in old[: _allowance(order, replicas)])
        return
    for ordinal in targets:
        if _is_old(replicas[ordinal], update):
            yield Delete(ordinal=ordinal)
            return
        if replicas[ordinal].unavailable:
            return


def _is_old(replica: Member, update: str) -> bool:
    return replica.revision != update and not replica.terminating


def _allowance(order: Order, replicas: Mapping[int, Member]) -> int:
    """Return how many more pods may be away; those that are missing are away too.

    Source: stateful_set_utils.go, getStatefulSetMaxUnavailable.
    """
    value = 1 if order.max_unavailable is None else order.max_unavailable
    allowed = max(1, scaled_value(value, order.replicas, up=False))
    return max(0, allowed - sum(pod.unavailable for pod in replicas.values()))
