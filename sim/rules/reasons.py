"""The closed sets of reasons, spelled as Kubernetes spells them.

Source: pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go,
pkg/kubelet/events/event.go, pkg/controller.
"""

from enum import StrEnum


class WaitingReason(StrEnum):
    """Why a container waits, as far as the kubelet's own words go.

    A pull secret that cannot be decoded puts its error text in this place instead.
    """

    CONTAINER_CREATING = "ContainerCreating"
    POD_INITIALIZING = "PodInitializing"
    ERR_IMAGE_PULL = "ErrImagePull"
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff"
    IMAGE_INSPECT_ERROR = "ImageInspectError"
    ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull"
    INVALID_IMAGE_NAME = "InvalidImageName"
    REGISTRY_UNAVAILABLE = "RegistryUnavailable"
    SIGNATURE_VALIDATION_FAILED = "SignatureValidationFailed"
    IMAGE_VOLUME_MOUNT_FAILED = "ImageVolumeMountFailed"
    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff"


class EventType(StrEnum):
    """The two types of Kubernetes events."""

    NORMAL = "Normal"
    WARNING = "Warning"


class EventReason(StrEnum):
    """What an event is about, for everything that a run can report."""

    # the kubelet, about a pod
    PULLING = "Pulling"
    PULLED = "Pulled"
    FAILED = "Failed"
    BACK_OFF = "BackOff"
    INSPECT_FAILED = "InspectFailed"
    ERR_IMAGE_NEVER_PULL = "ErrImageNeverPull"
    CREATED = "Created"
    STARTED = "Started"
    KILLING = "Killing"
    FAILED_TO_RETRIEVE_IMAGE_PULL_SECRET = "FailedToRetrieveImagePullSecret"  # noqa: S105 - a reason, no secret

    # the kubelet, about its node
    IMAGE_GC_FAILED = "ImageGCFailed"
    FREE_DISK_SPACE_FAILED = "FreeDiskSpaceFailed"
    INVALID_DISK_CAPACITY = "InvalidDiskCapacity"
    NODE_READY = "NodeReady"

    # controllers
    SCALING_REPLICA_SET = "ScalingReplicaSet"
    SUCCESSFUL_CREATE = "SuccessfulCreate"
    SUCCESSFUL_DELETE = "SuccessfulDelete"
    FAILED_CREATE = "FailedCreate"
    FAILED_DAEMON_POD = "FailedDaemonPod"
    NODE_NOT_READY = "NodeNotReady"
    TAINT_MANAGER_EVICTION = "TaintManagerEviction"
    JOB_COMPLETED = "Completed"
    JOB_BACKOFF_LIMIT_EXCEEDED = "BackoffLimitExceeded"
    JOB_DEADLINE_EXCEEDED = "DeadlineExceeded"

    # the scheduler
    SCHEDULED = "Scheduled"
    FAILED_SCHEDULING = "FailedScheduling"
