"""What a DaemonSet does to the pods of its nodes: facts in, pods to make and end out.

The controller gathers the facts and acts; nothing here knows a clock.

Source: pkg/controller/daemon (daemon_controller.go, update.go, util/daemonset_util.go).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sim.rules.rollout import Fenceposts, scaled_value
from sim.value import value


class PodState(StrEnum):
    """What a daemon pod is to its controller."""

    LIVE = "live"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    TERMINATING = "terminating"


_ENDED = (PodState.FAILED, PodState.SUCCEEDED)


@value
class DaemonPod:
    """One pod; ``updated``: of the current revision. Times are whole API seconds."""

    name: str
    created_s: int = 0
    assigned: bool = True
    state: PodState = PodState.LIVE
    updated: bool = True
    ready: bool = False
    available: bool = False


@value
class NodePods:
    """One node, whether its labels ask for a daemon pod, and the pods there.

    ``exists`` is False for a node that is gone while pods still name it.
    """

    node: str
    pods: tuple[DaemonPod, ...] = ()
    eligible: bool = True
    exists: bool = True


@value
class Acts:
    """What a node needs: a new pod, and the deletion of some by name."""

    create: bool = False
    delete: tuple[str, ...] = ()


class Live(StrEnum):
    """The live pods of one kind on a node."""

    NONE = "none"
    UNAVAILABLE = "unavailable"
    AVAILABLE = "available"
    MANY = "many"


class Standing(NamedTuple):
    """Where a node stands in a rolling update; nodes that stand alike are alike."""

    new: Live
    old: Live
    eligible: bool = True
    exists: bool = True


Groups = Mapping[Standing, Iterable[str]]


@value
class Update:
    """Nodes that get a pod beside the old one, and nodes whose old pod goes."""

    create: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()


class Status(NamedTuple):
    """A DaemonSet's status; all count nodes."""

    desired: int = 0
    current: int = 0
    misscheduled: int = 0
    ready: int = 0
    updated: int = 0
    available: int = 0
    unavailable: int = 0


class MissingNodeError(Exception):
    """An old pod names a node that is gone: upstream gives up and tries again."""


def allows_surge(strategy: str, max_surge: str | int) -> bool:
    """Tell whether a node may have an old and a new pod at once.

    Source: daemonset_util.go, AllowsSurge.
    """
    return limits(strategy, max_surge, 0, 1).surge > 0


def limits(
    strategy: str, max_surge: str | int, max_unavailable: str | int, desired: int
) -> Fenceposts:
    """Resolve both limits, rounding up; if both are 0, one pod may be unavailable.

    Source: daemonset_util.go, SurgeCount and UnavailableCount; update.go,
    updatedDesiredNodeCounts.
    """
    if strategy != "RollingUpdate":
        return Fenceposts(surge=0, unavailable=0)
    surge = scaled_value(max_surge, desired, up=True)
    unavailable = scaled_value(max_unavailable, desired, up=True)
    if desired > 0 and surge == 0 and unavailable == 0:
        unavailable = 1
    return Fenceposts(surge=surge, unavailable=unavailable)


# --- one pod a node ---------------------------------------------------------------


def manage(node: NodePods, *, surge: bool) -> Acts:
    """Return what it takes to have one live pod on a node that is eligible.

    Pods that ended are left to ``ended``, whose deletion may have to wait.

    Source: daemon_controller.go, manage and podsShouldBeOnNode.
    """
    live = _oldest_first(pod for pod in node.pods if pod.state is PodState.LIVE)
    if not node.exists:
        # A pod that is on no node yet waits for one that will not come.
        return Acts(delete=tuple(pod.name for pod in live if not pod.assigned))
    if not node.eligible:
        return Acts(delete=tuple(pod.name for pod in live))
    if not node.pods or (surge and not live):
        return Acts(create=True)
    return Acts(delete=tuple(_surplus(live, surge=surge)))


def ended(node: NodePods) -> list[DaemonPod]:
    """Return the pods of a node that failed or succeeded, to be deleted.

    Source: daemon_controller.go, podsShouldBeOnNode.
    """
    if not (node.exists and node.eligible):
        return []
    return [pod for pod in node.pods if pod.state in _ENDED]


def _surplus(live: Sequence[DaemonPod], *, surge: bool) -> list[str]:
    """Pods of one node, oldest first, that are too many."""
    if not surge:
        return [pod.name for pod in live[1:]]
    new = next((pod for pod in live if pod.updated), None)
    old = next((pod for pod in live if not pod.updated), None)
    surplus = [pod.name for pod in live if pod is not new and pod is not old]
    if new and old and (not old.ready or new.available):
        surplus.append(old.name)
    return surplus


# --- a new template ---------------------------------------------------------------


def standing(node: NodePods) -> Standing:
    """Return where a node stands; pods on their way out do not count.

    Source: update.go, findUpdatedPodsOnNode.
    """
    counted = [pod for pod in node.pods if pod.state is not PodState.TERMINATING]
    return Standing(
        new=_live([pod for pod in counted if pod.updated]),
        old=_live([pod for pod in counted if not pod.updated]),
        eligible=node.eligible,
        exists=node.exists,
    )


def _live(pods: Sequence[DaemonPod]) -> Live:
    if not pods:
        return Live.NONE
    if len(pods) > 1:
        return Live.MANY
    return Live.AVAILABLE if pods[0].available else Live.UNAVAILABLE


def old_pod(node: NodePods) -> str:
    """Return the name of a node's old pod that is not on its way out."""
    return next(
        pod.name
        for pod in node.pods
        if pod.state is not PodState.TERMINATING and not pod.updated
    )


def rolling_update(groups: Groups, posts: Fenceposts) -> Update:
    """Return what one pass of a rolling update does, with and without surge.

    ``groups`` are all nodes with pods, and all that want one, by where they stand;
    no group is empty.
    Raises ``MissingNodeError`` if, while surging, an old pod's node is gone.

    Source: update.go, rollingUpdate.
    """
    if posts.surge:
        return _surge(groups, posts.surge)
    return _replace(groups, posts.unavailable)


def _replace(groups: Groups, max_unavailable: int) -> Update:
    unavailable = 0
    broken: list[str] = []
    candidates: list[str] = []
    for at, nodes in groups.items():
        if at.new is Live.NONE and at.old is Live.AVAILABLE:
            candidates += nodes
            continue
        if at.new is Live.NONE and at.old is Live.UNAVAILABLE:
            broken += nodes
        if not (at.new is Live.AVAILABLE and at.old is Live.NONE):
            unavailable += len(tuple(nodes))
    allowed = max(0, max_unavailable - unavailable)
    return Update(replace=(*broken, *candidates[:allowed]))


def _surge(groups: Groups, max_surge: int) -> Update:
    surging = available = desired = 0
    at_once: list[str] = []
    candidates: list[str] = []
    replace: list[str] = []
    unwanted: list[str] = []
    for at, nodes in groups.items():
        count = len(tuple(nodes))
        desired += count * (at.eligible and at.exists)
        if Live.MANY in at or (at.new is Live.UNAVAILABLE and at.old is not Live.NONE):
            surging += count
        counted = at.new if at.old is Live.NONE else at.old
        available += count * (counted is Live.AVAILABLE and Live.MANY not in at)
        if at.old in (Live.NONE, Live.MANY) or at.new in (Live.UNAVAILABLE, Live.MANY):
            continue
        if at.new is Live.AVAILABLE:
            replace += nodes
        elif not at.exists:
            raise MissingNodeError(*nodes)
        elif at.eligible:
            at_once_or_later = candidates if at.old is Live.AVAILABLE else at_once
            at_once_or_later += nodes
        elif at.old is Live.AVAILABLE:
            unwanted += nodes
        else:
            replace += nodes
    # A node that is not wanted any more keeps its pod until another is available.
    replace += unwanted[: max(0, available - desired)]
    create = (*at_once, *candidates[: max(0, max_surge - surging)])
    return Update(create=create, replace=tuple(replace))


# --- status -----------------------------------------------------------------------


def node_status(node: NodePods) -> Status:
    """Return what one node adds to the status: its oldest pod counts.

    Terminating pods count too.

    Source: daemon_controller.go, updateDaemonSetStatus.
    """
    if not node.exists:
        return Status()
    if not node.eligible:
        return Status(misscheduled=int(bool(node.pods)))
    if not node.pods:
        return Status(desired=1, unavailable=1)
    oldest = _oldest_first(node.pods)[0]
    available = oldest.ready and oldest.available
    return Status(
        desired=1,
        current=1,
        ready=int(oldest.ready),
        updated=int(oldest.updated),
        available=int(available),
        unavailable=int(not available),
    )


def _oldest_first(pods: Iterable[DaemonPod]) -> list[DaemonPod]:
    """Pods that are on a node first, then the older, then by name.

    Source: daemon_controller.go, podByCreationTimestampAndPhase.
    """
    return sorted(pods, key=lambda pod: (not pod.assigned, pod.created_s, pod.name))
