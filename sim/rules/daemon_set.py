"""What a DaemonSet does to the pods of its nodes: facts in, pods to make and end out.

The controller gathers the facts and acts; nothing here knows a clock.

Source: pkg/controller/daemon (daemon_controller.go, update.go, util/daemonset_util.go).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sim.rules.rollout import Fenceposts, scaled_value


class PodState(StrEnum):
    """What a daemon pod is to its controller."""

    LIVE = "live"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    TERMINATING = "terminating"


@dataclass(frozen=True, kw_only=True, slots=True)
class DaemonPod:
    """One pod; ``updated``: of the current revision. Times are whole API seconds."""

    name: str
    created_s: int = 0
    assigned: bool = True
    state: PodState = PodState.LIVE
    updated: bool = True
    ready: bool = False
    available: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NodePods:
    """One node, whether its labels ask for a daemon pod, and the pods there.

    ``exists`` is False for a node that is gone while pods still name it.
    """

    node: str
    pods: tuple[DaemonPod, ...] = ()
    eligible: bool = True
    exists: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Acts:
    """Nodes that get a pod, and names of pods to delete."""

    create: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()


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


def manage(nodes: Iterable[NodePods], *, surge: bool) -> Acts:
    """Return what it takes to have one live pod on every eligible node.

    Pods that ended are left to ``ended``, whose deletion may have to wait.

    Source: daemon_controller.go, manage and podsShouldBeOnNode.
    """
    create, delete = [], []
    for node in nodes:
        live = _oldest_first(_in_state(node.pods, PodState.LIVE))
        if not node.exists:
            # A pod that is on no node yet waits for one that will not come.
            delete += [pod.name for pod in live if not pod.assigned]
        elif not node.eligible:
            delete += [pod.name for pod in live]
        elif not node.pods or (surge and not live):
            create.append(node.node)
        else:
            delete += _surplus(live, surge=surge)
    return Acts(create=tuple(create), delete=tuple(delete))


def ended(node: NodePods) -> list[DaemonPod]:
    """Return the pods of a node that failed or succeeded, to be deleted.

    Source: daemon_controller.go, podsShouldBeOnNode.
    """
    if not (node.exists and node.eligible):
        return []
    return [
        *_in_state(node.pods, PodState.FAILED),
        *_in_state(node.pods, PodState.SUCCEEDED),
    ]


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


def rolling_update(nodes: Sequence[NodePods], posts: Fenceposts) -> Acts:
    """Return what one pass of a rolling update does, with and without surge.

    Raises ``MissingNodeError`` if, while surging, an old pod's node is gone.

    Source: update.go, rollingUpdate.
    """
    if posts.surge:
        return _surge(nodes, posts.surge)
    return _replace(nodes, posts.unavailable)


def _replace(nodes: Sequence[NodePods], max_unavailable: int) -> Acts:
    unavailable = 0
    broken, candidates = [], []
    for node in nodes:
        new, old = _by_revision(node)
        only_old = old[0] if len(old) == 1 and not new else None
        if only_old is not None and only_old.available:
            candidates.append(only_old.name)
            continue
        if only_old is not None:
            broken.append(only_old.name)
        if not (len(new) == 1 and not old and new[0].available):
            unavailable += 1
    allowed = max(0, max_unavailable - unavailable)
    return Acts(delete=(*broken, *candidates[:allowed]))


def _surge(nodes: Sequence[NodePods], max_surge: int) -> Acts:
    surging = available = desired = 0
    at_once: list[str] = []
    candidates: list[str] = []
    delete: list[str] = []
    unwanted: list[str] = []
    for node in nodes:
        desired += node.eligible and node.exists
        new, old = _by_revision(node)
        if len(new) > 1 or len(old) > 1:
            surging += 1
            continue
        available += any(pod.available for pod in old or new)
        if old and new and new[0].available:
            delete.append(old[0].name)
        elif old and new:
            surging += 1
        elif old and not node.exists:
            raise MissingNodeError(node.node)
        elif old and node.eligible:
            (candidates if old[0].available else at_once).append(node.node)
        elif old:
            (unwanted if old[0].available else delete).append(old[0].name)
    # A node that is not wanted any more keeps its pod until another is available.
    delete += unwanted[: max(0, available - desired)]
    create = (*at_once, *candidates[: max(0, max_surge - surging)])
    return Acts(create=create, delete=tuple(delete))


def _by_revision(node: NodePods) -> tuple[list[DaemonPod], list[DaemonPod]]:
    """Split a node's pods, terminating ones left out, into new and old."""
    counted = [pod for pod in node.pods if pod.state is not PodState.TERMINATING]
    return (
        [pod for pod in counted if pod.updated],
        [pod for pod in counted if not pod.updated],
    )


# --- status -----------------------------------------------------------------------


def status(nodes: Iterable[NodePods]) -> Status:
    """Count the nodes by the oldest pod of each, terminating or not.

    Source: daemon_controller.go, updateDaemonSetStatus.
    """
    known = [node for node in nodes if node.exists]
    wanted = [node for node in known if node.eligible]
    oldest = [_oldest_first(node.pods)[0] for node in wanted if node.pods]
    available = sum(pod.ready and pod.available for pod in oldest)
    return Status(
        desired=len(wanted),
        current=len(oldest),
        misscheduled=sum(bool(node.pods) for node in known if not node.eligible),
        ready=sum(pod.ready for pod in oldest),
        updated=sum(pod.updated for pod in oldest),
        available=available,
        unavailable=len(wanted) - available,
    )


def _in_state(pods: Iterable[DaemonPod], state: PodState) -> Iterator[DaemonPod]:
    return (pod for pod in pods if pod.state is state)


def _oldest_first(pods: Iterable[DaemonPod]) -> list[DaemonPod]:
    """Pods that are on a node first, then the older, then by name.

    Source: daemon_controller.go, podByCreationTimestampAndPhase.
    """
    return sorted(pods, key=lambda pod: (not pod.assigned, pod.created_s, pod.name))
