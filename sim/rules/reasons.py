"""The closed sets of reasons, spelled as Kubernetes spells them.

Source: pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go,
pkg/kubelet/events/event.go.
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
    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff"
