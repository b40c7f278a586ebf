"""What the row of each kind says.

This is the dictionary of the record: which columns a kind fills, what its ``amount``
counts, whether it is a Kubernetes Event (and whose). Sentences for people live in
``sim/analysis/catalogue`` under the kind's name; ``explain``, the tables and the
documentation all read the table ``SHAPES``.

Names in columns are interned: pods are ``namespace/name``; workloads and other API
objects ``namespace/kind/name``; images are names as the runtime writes them
(``registry.example/shop/web:stable``); digests are manifest digests.
"""

from dataclasses import dataclass

from sim.record.kinds import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How to read the rows of one kind.

    ``columns`` are the name columns it fills. ``amount`` and ``span`` say what these
    numbers count, or are empty. ``event`` is the reason of the Kubernetes Event that
    the row is (empty = no event), ``warning`` its type, ``source`` its component.
    ``outside`` marks acts that nothing in the cluster caused.
    """

    columns: tuple[str, ...]
    amount: str = ""
    span: str = ""
    event: str = ""
    warning: bool = False
    component: str = ""
    outside: bool = False


def _act(*columns: str, amount: str = "") -> Shape:
    return Shape(columns=columns, amount=amount, outside=True)


def _control(
    *columns: str,
    event: str = "",
    component: str = "",
    warning: bool = False,
    amount: str = "",
    span: str = "",
) -> Shape:
    return Shape(
        columns=columns,
        event=event,
        component=component,
        warning=warning,
        amount=amount,
        span=span,
    )


def _kubelet(
    *columns: str,
    event: str = "",
    warning: bool = False,
    amount: str = "",
    span: str = "",
) -> Shape:
    return Shape(
        columns=("node", "pod", *columns),
        event=event,
        component="kubelet" if event else "",
        warning=warning,
        amount=amount,
        span=span,
    )


def _of_node(event: str) -> Shape:
    """A kubelet's warning about its own node."""
    return Shape(
        columns=("node", "text"), event=event, component="kubelet", warning=True
    )


SHAPES: dict[Kind, Shape] = {
    # object = what was applied
    Kind.APPLIED: _act("object"),
    # text = the command line, reason = kubectl's error if it was refused
    Kind.KUBECTL: _act("object", "text", "reason"),
    # image = repository:tag, text = name of the build
    Kind.TAG_PUSHED: _act("image", "digest", "text"),
    # image = every name that the runtime lists for it
    Kind.PRE_PULLED: _act("node", "image", "digest"),
    # amount = 1 if the node has a docker config, else 0
    Kind.NODE_JOINED: _act("node", amount="docker configs"),
    Kind.NODE_DIED: _act("node"),
    # object = host of the registry, text = silent if it does not even refuse
    Kind.REGISTRY_DOWN: _act("object", "text"),
    Kind.REGISTRY_UP: _act("object"),
    # object = namespace/secret/name
    Kind.SECRET_APPLIED: _act("object"),
    Kind.SECRET_DELETED: _act("object"),
    Kind.CRASHED: _act("pod", "container", amount="exit code"),
    # text = the command line, reason = its error, if it failed at once
    Kind.NODE_COMMAND: _act("node", "text", "reason"),
    # text = the command line that failed after a while, reason = its error
    Kind.COMMAND_FAILED: Shape(columns=("node", "text", "reason")),
    # reason = why nothing was deleted
    Kind.TAG_DELETED: _act("image", "reason"),
    # reason = why nothing was deleted
    Kind.MANIFEST_DELETED: _act("image", "digest", "reason"),
    # as TAG_PUSHED; reason = why the registry refused it
    Kind.PUSH_REFUSED: _act("image", "digest", "text", "reason"),
    # text = latency and bandwidth from now on
    Kind.REGISTRY_SLOW: _act("object", "text"),
    Kind.REGISTRY_RESTORED: _act("object"),
    # the pod was on this node when the cluster's state was saved
    Kind.POD_SAVED: _act("pod", "node"),
    # object = a credential provider plug-in, text = its error, empty if it answers
    Kind.PROVIDER_SET: _act("node", "object", "text"),
    # text = path of a docker config
    Kind.NODE_FILE_WRITTEN: _act("node", "text"),
    Kind.NODE_FILE_REMOVED: _act("node", "text"),
    # object = workload, text = replica set; amount = new size, span = old size
    Kind.SCALED_REPLICA_SET: _control(
        "object",
        "text",
        event="ScalingReplicaSet",
        component="deployment-controller",
        amount="replicas",
        span="replicas before",
    ),
    # object = workload, text = replica set, both empty if bare; an event of the set,
    # or of the workload where that makes its pods itself
    Kind.POD_CREATED: _control(
        "object",
        "pod",
        "text",
        event="SuccessfulCreate",
        component="replicaset-controller",
    ),
    # deletion was asked for; text = the set if that did it (then it is an event)
    Kind.POD_DELETED: _control(
        "object",
        "pod",
        "text",
        event="SuccessfulDelete",
        component="replicaset-controller",
    ),
    Kind.POD_GONE: _control("pod"),
    Kind.SCHEDULED: _control(
        "pod", "node", event="Scheduled", component="default-scheduler"
    ),
    # text = the scheduler's message
    Kind.FAILED_SCHEDULING: _control(
        "pod",
        "text",
        event="FailedScheduling",
        component="default-scheduler",
        warning=True,
    ),
    # object = workload, text = "Type=Status Reason"
    Kind.DEPLOYMENT_CONDITION: _control("object", "text"),
    Kind.NODE_READY: _control("node", event="NodeReady", component="kubelet"),
    Kind.NODE_NOT_READY: _control(
        "node", event="NodeNotReady", component="node-controller"
    ),
    Kind.NODE_CORDONED: _control("node"),
    Kind.NODE_UNCORDONED: _control("node"),
    Kind.POD_EVICTED: _control(
        "pod",
        "node",
        event="TaintManagerEviction",
        component="taint-eviction-controller",
    ),
    # what the API shows; text = phase, reason = status reason
    Kind.POD_PHASE: _control("pod", "node", "text", "reason"),
    # amount = 1 when the pod turned ready, 0 when it ceased to be
    Kind.POD_READY: _control("pod", "node", amount="ready"),
    # reason and text = the waiting reason and message
    Kind.CONTAINER_WAITING: _control(
        "pod", "node", "container", "image", "reason", "text"
    ),
    Kind.CONTAINER_RUNNING: _control("pod", "node", "container", "image", "digest"),
    Kind.CONTAINER_TERMINATED: _control(
        "pod", "node", "container", "image", "digest", "reason", amount="exit code"
    ),
    # object = the Job, or the CronJob that it is of; text = name of the Job
    Kind.JOB_COMPLETED: _control(
        "object", "text", event="Completed", component="job-controller"
    ),
    # reason = that of the condition and of the event
    Kind.JOB_FAILED: _control(
        "object",
        "text",
        "reason",
        event="Failed",
        component="job-controller",
        warning=True,
    ),
    # object = the CronJob, text = name of the Job
    Kind.JOB_CREATED: _control(
        "object", "text", event="SuccessfulCreate", component="cronjob-controller"
    ),
    # a Job was due while the one named was still active
    Kind.JOB_SKIPPED: _control(
        "object", "text", event="JobAlreadyActive", component="cronjob-controller"
    ),
    # object = workload or pod, text = the API server's message
    Kind.ADMISSION_DENIED: _control("object", "text"),
    # object = DaemonSet whose pod ended and is to be deleted
    Kind.FAILED_DAEMON_POD: _control(
        "object",
        "pod",
        "node",
        event="FailedDaemonPod",
        component="daemonset-controller",
        warning=True,
    ),
    Kind.SUCCEEDED_DAEMON_POD: _control(
        "object",
        "pod",
        "node",
        event="SucceededDaemonPod",
        component="daemonset-controller",
    ),
    Kind.SANDBOX_CREATED: _kubelet(),
    # text = names of the secrets, as in the event
    Kind.SECRETS_MISSING: _kubelet(
        "text", event="FailedToRetrieveImagePullSecret", warning=True
    ),
    # image = as written in the pod, on all rows of the kubelet
    Kind.PULLING: _kubelet("container", "image", event="Pulling"),
    # amount = size, span = time in the runtime; the Pulling row is the cause
    Kind.PULLED: _kubelet(
        "container",
        "image",
        "digest",
        event="Pulled",
        amount="bytes",
        span="time in the runtime",
    ),
    # amount = 1 if the kubelet checked that the pod may use the image
    Kind.PRESENT: _kubelet(
        "container", "image", "digest", event="Pulled", amount="checked"
    ),
    # text = the runtime's error
    Kind.PULL_FAILED: _kubelet(
        "container", "image", "text", event="Failed", warning=True
    ),
    Kind.BACK_OFF: _kubelet("container", "image", event="BackOff"),
    Kind.NEVER_PULL: _kubelet(
        "container", "image", event="ErrImageNeverPull", warning=True
    ),
    # text = the whole message
    Kind.INSPECT_FAILED: _kubelet(
        "container", "image", "text", event="InspectFailed", warning=True
    ),
    # reason = why the container did not start
    Kind.START_FAILED: _kubelet(
        "container", "image", "reason", event="Failed", warning=True
    ),
    Kind.CREATED: _kubelet("container", "image", "digest", event="Created"),
    # amount = 1 if it ran already when the state of the cluster was saved, else 0
    Kind.STARTED: _kubelet(
        "container", "image", "digest", event="Started", amount="ran before"
    ),
    # text = why: what its spec says changed; empty = the pod ends
    Kind.KILLING: _kubelet("container", "text", event="Killing"),
    Kind.EXITED: _kubelet("container", "image", "digest", amount="exit code"),
    # text = the pod's UID, which the event names; span = the back-off
    Kind.RESTART_BACK_OFF: _kubelet(
        "container", "text", event="BackOff", warning=True, span="back-off"
    ),
    # Of a compact record, in place of all rows since the one before of this container.
    # An attempt to pull that failed: object = the registry that answered 404, empty
    # if the limit refused it; text = the error; reason = what the API showed meanwhile
    Kind.PULL_RETRIED: _kubelet(
        "container",
        "object",
        "image",
        "reason",
        "text",
        amount="looks before",
        span="time of the attempt",
    ),
    # looks since the last attempt, told when the pod leaves off or the run ends
    Kind.BACKED_OFF: _kubelet(
        "container", "image", "reason", amount="looks", span="time since the last one"
    ),
    # object = a credential provider plug-in
    Kind.PROVIDER_ANSWERED: _kubelet("image", "object"),
    Kind.PROVIDER_FAILED: _kubelet("image", "object", "text"),
    # text = which credential: "anonymous", "node docker config", "secret ns/name",
    # "credential provider NAME"
    Kind.PULL_STARTED: _kubelet("image", "text"),
    # object = registry host, image = repository, digest = what was asked for,
    # text = "HEAD manifest 200"; amount = bytes served, span = how long it took;
    # node = who asked, which may be a registry that caches; reason = what is left of a
    # rate limit, as in the header ratelimit-remaining, or a cache's "hit" or "miss"
    Kind.REQUEST: Shape(
        columns=("node", "object", "image", "digest", "reason", "text"),
        amount="bytes",
        span="duration",
    ),
    # a cache answered what it saw when it asked its upstream (text); reason = stale if
    # that failed now; the answer was true a span ago
    Kind.TAG_FROM_CACHE: Shape(
        columns=("node", "object", "image", "digest", "reason", "text"), span="age"
    ),
    # image = the name that was asked for; source = the push that made it so
    Kind.RESOLVED: Shape(columns=("node", "object", "image", "digest")),
    # image = a name that the node's runtime now knows; amount = new bytes on the node
    Kind.IMAGE_STORED: Shape(columns=("node", "image", "digest"), amount="bytes"),
    # image = a name that meant nothing from then on; reason = space or age;
    # amount = bytes freed, on the first name of an image
    Kind.IMAGE_REMOVED: Shape(columns=("node", "image", "digest"), amount="bytes"),
    # a pass that removes images for space, or complains; its cause is who asked for
    # the image that came last
    Kind.IMAGE_GC: Shape(columns=("node",), amount="percent of the disk used"),
    # text = the whole message, on the next three
    Kind.FREE_DISK_SPACE_FAILED: _of_node("FreeDiskSpaceFailed"),
    Kind.IMAGE_GC_FAILED: _of_node("ImageGCFailed"),
    Kind.INVALID_DISK_CAPACITY: _of_node("InvalidDiskCapacity"),
}
