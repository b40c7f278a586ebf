"""The texts of events, in one place, spelled exactly as upstream.

Source: pkg/kubelet/images/image_manager.go, pkg/kubelet/kuberuntime,
pkg/kubelet/kubelet_pods.go, pkg/controller, pkg/scheduler.
"""

from collections.abc import Mapping, Sequence

from sim.rules.durations import format_go_duration, truncate_to_ms
from sim.rules.go_text import quote

DEFINITION_CHANGED = "definition changed"


def default_tag_failed(image: str, error: str) -> str:
    """A name that Kubernetes cannot read."""
    return f"Failed to apply default image tag {quote(image)}: {error}"


def inspect_failed(image: str, error: str) -> str:
    """The runtime could not say whether an image is there."""
    return f"Failed to inspect image {quote(image)}: {error}"


def pulling(image: str) -> str:
    """A pull begins (or begins to wait for its turn)."""
    return f"Pulling image {quote(image)}"


def pulled(image: str, runtime_us: int, waiting_us: int, size_bytes: int) -> str:
    """A pull succeeded; the times are those in the runtime and from the start."""
    in_runtime, in_all = (
        format_go_duration(truncate_to_ms(span)) for span in (runtime_us, waiting_us)
    )
    return (
        f"Successfully pulled image {quote(image)} in {in_runtime} "
        f"({in_all} including waiting). Image size: {size_bytes} bytes."
    )


def already_present(image: str, *, checked: bool) -> str:
    """No pull was needed; ``checked`` = the pod's right to the image was checked."""
    access = " and can be accessed by the pod" if checked else ""
    return f"Container image {quote(image)} already present on machine{access}"


def failed_to_pull(image: str, error: str) -> str:
    """A pull failed with the runtime's error."""
    return f"Failed to pull image {quote(image)}: {error}"


def back_off_pulling(image: str) -> str:
    """The back-off of a failed pull still runs."""
    return f"Back-off pulling image {quote(image)}"


def never_pull(image: str) -> str:
    """Policy Never, and the image is not there (or not for this pod)."""
    return f"Container image {quote(image)} is not present with pull policy of Never"


def back_off_status(image: str, last_failure: str = "") -> str:
    """The waiting message of ImagePullBackOff; ``last_failure`` is ``reason: text``."""
    text = back_off_pulling(image)
    return f"{text}: {last_failure}" if last_failure else text


def error(reason: str) -> str:
    """A container did not start, for this reason."""
    return f"Error: {reason}"


def created(container: str, *, new_wording: bool) -> str:
    """A container was created; the wording changed with v1.35."""
    return "Container created" if new_wording else f"Created container: {container}"


def started(container: str, *, new_wording: bool) -> str:
    """A container was started; the wording changed with v1.35."""
    return "Container started" if new_wording else f"Started container {container}"


def killing(container: str, why: str = "") -> str:
    """A container is asked to end; ``why`` is ``DEFINITION_CHANGED`` or empty.

    Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions.
    """
    if why:
        return f"Container {container} {why}, will be restarted"
    return f"Stopping container {container}"


def back_off_restarting(container: str, pod: str, namespace: str, uid: str) -> str:
    """The event of a container in CrashLoopBackOff."""
    return (
        f"Back-off restarting failed container {container} "
        f"in pod {pod}_{namespace}({uid})"
    )


def crash_loop(
    delay_us: int, container: str, pod: str, namespace: str, uid: str
) -> str:
    """The waiting message of a container in CrashLoopBackOff."""
    return (
        f"back-off {format_go_duration(delay_us)} restarting failed "
        f"container={container} pod={pod}_{namespace}({uid})"
    )


def pull_secrets_missing(names: Sequence[str]) -> str:
    """Some pull secrets of a pod do not exist."""
    return (
        f"Unable to retrieve some image pull secrets ({', '.join(names)}); "
        "attempting to pull the image may not succeed."
    )


def scaled(replica_set: str, before: int, after: int) -> str:
    """A Deployment sized one of its ReplicaSets."""
    direction = "up" if after > before else "down"
    return f"Scaled {direction} replica set {replica_set} from {before} to {after}"


def created_pod(pod: str) -> str:
    """A ReplicaSet, DaemonSet or Job made a pod."""
    return f"Created pod: {pod}"


def deleted_pod(pod: str) -> str:
    """A ReplicaSet, DaemonSet or Job deleted a pod."""
    return f"Deleted pod: {pod}"


def failed_to_create(error: str) -> str:
    """The API server refused a pod of a ReplicaSet, DaemonSet or Job."""
    return f"Error creating: {error}"


def stateful_pod(verb: str, pod: str, stateful_set: str) -> str:
    """A StatefulSet did something to a pod: ``create``, ``delete`` or ``update``."""
    return f"{verb} Pod {pod} in StatefulSet {stateful_set} successful"


def stateful_pod_failed(verb: str, pod: str, stateful_set: str, error: str) -> str:
    """A StatefulSet failed to do something to a pod."""
    return f"{verb} Pod {pod} in StatefulSet {stateful_set} failed error: {error}"


def found_failed_daemon_pod(namespace: str, pod: str, node: str) -> str:
    """A DaemonSet removes a pod that failed."""
    return (
        f"Found failed daemon pod {namespace}/{pod} on node {node}, will try to kill it"
    )


def found_succeeded_daemon_pod(namespace: str, pod: str, node: str) -> str:
    """A DaemonSet removes a pod that ended well."""
    return (
        f"Found succeeded daemon pod {namespace}/{pod} on node {node}, "
        "will try to delete it"
    )


def scheduled(namespace: str, pod: str, node: str) -> str:
    """A pod was bound."""
    return f"Successfully assigned {namespace}/{pod} to {node}"


def failed_scheduling(nodes: int, refusals: Mapping[str, int]) -> str:
    """No node takes a pod; ``refusals`` counts the nodes by why they do not.

    Source: pkg/scheduler/framework/types.go, FitError.
    """
    if nodes == 0:
        return "no nodes available to schedule pods"
    reasons = ", ".join(sorted(f"{count} {text}" for text, count in refusals.items()))
    return f"0/{nodes} nodes are available: {reasons}."


def node_status(node: str, status: str) -> str:
    """A node turned ready or not ready."""
    return f"Node {node} status is now: {status}"


def marking_for_deletion(namespace: str, pod: str) -> str:
    """A pod is evicted from a node that is lost."""
    return f"Marking for deletion Pod {namespace}/{pod}"


# Source: pkg/controller/job/job_controller.go and
# pkg/controller/cronjob/cronjob_controllerv2.go.
JOB_COMPLETED = "Job completed"
JOB_FAILED = {
    "BackoffLimitExceeded": "Job has reached the specified backoff limit",
    "DeadlineExceeded": "Job was active longer than specified deadline",
}
JOB_ALREADY_ACTIVE = (
    "Not starting job because prior execution is running and concurrency policy is "
    "Forbid"
)


def created_job(name: str) -> str:
    """What a CronJob's controller says of a Job that it made."""
    return f"Created job {name}"
