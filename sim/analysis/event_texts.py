"""The words of Kubernetes events: what each kind of row says, and of which columns.

The engine records facts; the words are made here. Each says of which columns of a row
it is made, so that equal rows need to be put into words only once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.record.kinds import Kind
from sim.record.shapes import SHAPES
from sim.rules import event_messages

# Workloads whose pods are not made through a ReplicaSet: who makes them.
MAKERS = {
    "statefulset": "statefulset-controller",
    "daemonset": "daemonset-controller",
    "replicationcontroller": "replication-controller",
    "job": "job-controller",
    "cronjob": "job-controller",
}
OF_PODS = (Kind.POD_CREATED, Kind.POD_DELETED)
EVENTS = frozenset(kind for kind, shape in SHAPES.items() if shape.event)
# Not a column: the time since the row's cause.
SINCE_CAUSE = "since_cause"


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A text that is made of some columns of a row, given in this order."""

    columns: tuple[str, ...]
    say: Callable[..., str]


def maker(workload: str) -> str:
    """Return the kind of a workload whose controller makes and deletes pods itself."""
    kind = workload.split("/")[1] if workload else ""
    return kind if kind in MAKERS else ""


def _same(text: str) -> str:
    return text


def _pod(pod: str) -> str:
    namespace, _, name = pod.partition("/")
    return f"{namespace}/pod/{name}"


def _node(node: str) -> str:
    return f"default/node/{node}"


def _job(workload: str, job: str) -> str:
    return f"{workload.partition('/')[0]}/job/{job}"


def _who_made(workload: str, pod: str, replica_set: str) -> str:
    kind = maker(workload)
    if kind == "cronjob":
        return _job(workload, replica_set)
    return workload if kind else f"{pod.partition('/')[0]}/replicaset/{replica_set}"


_OF_PODS = Words(columns=("pod",), say=_pod)
_OF_OBJECTS = Words(columns=("object",), say=_same)
_OF_NODES = Words(columns=("node",), say=_node)
_OF_JOBS = Words(columns=("object", "text"), say=_job)
_OF_MAKERS = Words(columns=("object", "pod", "text"), say=_who_made)
_ABOUT = {
    Kind.FAILED_DAEMON_POD: _OF_OBJECTS,
    Kind.SUCCEEDED_DAEMON_POD: _OF_OBJECTS,
    Kind.SCALED_REPLICA_SET: _OF_OBJECTS,
    Kind.JOB_CREATED: _OF_OBJECTS,
    Kind.JOB_SKIPPED: _OF_OBJECTS,
    Kind.JOB_COMPLETED: _OF_JOBS,
    Kind.JOB_FAILED: _OF_JOBS,
    Kind.POD_CREATED: _OF_MAKERS,
    Kind.POD_DELETED: _OF_MAKERS,
    Kind.NODE_READY: _OF_NODES,
    Kind.NODE_NOT_READY: _OF_NODES,
    Kind.FREE_DISK_SPACE_FAILED: _OF_NODES,
    Kind.IMAGE_GC_FAILED: _OF_NODES,
    Kind.INVALID_DISK_CAPACITY: _OF_NODES,
}


def about(kind: Kind) -> Words:
    """Return the involved object of events of a kind: ``namespace/kind/name``."""
    return _ABOUT.get(kind, _OF_PODS)


def type_of(kind: Kind) -> str:
    """Return whether events of a kind are warnings."""
    return "Warning" if SHAPES[kind].warning else "Normal"


def component(kind: Kind) -> Words:
    """Return who sends the events of a kind."""
    known = SHAPES[kind].component
    if kind not in OF_PODS:
        return Words(columns=(), say=lambda: known)
    return Words(columns=("object",), say=lambda owner: MAKERS.get(maker(owner), known))


def reason(kind: Kind) -> Words:
    """Return the reason of events of a kind."""
    if kind is Kind.JOB_FAILED:
        return Words(columns=("reason",), say=_same)
    known = SHAPES[kind].event
    return Words(columns=(), say=lambda: known)


_IN_WORDS: dict[Kind, tuple[tuple[str, ...], Callable[..., str]]] = {
    Kind.PULLING: (("image",), event_messages.pulling),
    Kind.PULLED: (("image", "span", SINCE_CAUSE, "amount"), event_messages.pulled),
    Kind.PRESENT: (
        ("image", "amount"),
        lambda image, amount: event_messages.already_present(
            image, checked=bool(amount)
        ),
    ),
    Kind.PULL_FAILED: (("image", "text"), event_messages.failed_to_pull),
    Kind.BACK_OFF: (("image",), event_messages.back_off_pulling),
    Kind.NEVER_PULL: (("image",), event_messages.never_pull),
    Kind.START_FAILED: (("reason",), event_messages.error),
    Kind.KILLING: (("container", "text"), event_messages.killing),
    Kind.RESTART_BACK_OFF: (
        ("container", "pod", "text"),
        lambda container, pod, uid: event_messages.back_off_restarting(
            container, _split(pod)[1], _split(pod)[0], uid
        ),
    ),
    Kind.SECRETS_MISSING: (
        ("text",),
        lambda text: event_messages.pull_secrets_missing(text.split(", ")),
    ),
    Kind.SCALED_REPLICA_SET: (("text", "span", "amount"), event_messages.scaled),
    Kind.POD_CREATED: (
        ("object", "pod"),
        lambda owner, pod: _about_pod(owner, pod, "create", event_messages.created_pod),
    ),
    Kind.POD_DELETED: (
        ("object", "pod"),
        lambda owner, pod: _about_pod(owner, pod, "delete", event_messages.deleted_pod),
    ),
    Kind.SCHEDULED: (
        ("pod", "node"),
        lambda pod, node: event_messages.scheduled(*_split(pod), node),
    ),
    Kind.NODE_READY: (
        ("node",),
        lambda node: event_messages.node_status(node, "NodeReady"),
    ),
    Kind.NODE_NOT_READY: (
        ("node",),
        lambda node: event_messages.node_status(node, "NodeNotReady"),
    ),
    Kind.JOB_COMPLETED: ((), lambda: event_messages.JOB_COMPLETED),
    Kind.JOB_FAILED: (("reason",), lambda why: event_messages.JOB_FAILED[why]),
    Kind.JOB_CREATED: (("text",), event_messages.created_job),
    Kind.JOB_SKIPPED: ((), lambda: event_messages.JOB_ALREADY_ACTIVE),
    Kind.FAILED_DAEMON_POD: (
        ("pod", "node"),
        lambda pod, node: event_messages.found_failed_daemon_pod(*_split(pod), node),
    ),
    Kind.SUCCEEDED_DAEMON_POD: (
        ("pod", "node"),
        lambda pod, node: event_messages.found_succeeded_daemon_pod(*_split(pod), node),
    ),
    Kind.POD_EVICTED: (
        ("pod",),
        lambda pod: event_messages.marking_for_deletion(*_split(pod)),
    ),
}
_BY_RELEASE: dict[Kind, Callable[..., str]] = {
    Kind.CREATED: event_messages.created,
    Kind.STARTED: event_messages.started,
}


def message(kind: Kind, meta: dict[str, Any]) -> Words:
    """Return what events of a kind say; ``meta`` knows the release."""
    if kind in _BY_RELEASE:
        new = bool(meta.get("profile", {}).get("new_container_wording", True))
        say = _BY_RELEASE[kind]
        return Words(
            columns=("container",), say=lambda name: say(name, new_wording=new)
        )
    columns, words = _IN_WORDS.get(kind, (("text",), _same))
    return Words(columns=columns, say=words)


def _split(pod: str) -> tuple[str, str]:
    namespace, _, name = pod.partition("/")
    return namespace, name


def _about_pod(
    workload: str, pod: str, verb: str, otherwise: Callable[[str], str]
) -> str:
    """Return what a pod's maker says; a StatefulSet has words of its own."""
    name = _split(pod)[1]
    if maker(workload) != "statefulset":
        return otherwise(name)
    return event_messages.stateful_pod(verb, name, workload.rpartition("/")[2])
