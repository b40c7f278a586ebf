"""Whether a container is started, and after its end once more."""

from sim.cluster.objects import Pod
from sim.cluster.runtime.sandbox import ContainerRecord
from sim.scenario.model import Container

SIDECAR = "Always"


def should_restart(pod: Pod, container: Container, exit_code: int) -> bool:
    """Whether a container that ended with this code is started again.

    Source: pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted.
    """
    policy = container.restart_policy or pod.spec.restart_policy
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def is_sidecar(container: Container) -> bool:
    """Whether an init container runs beside the regular ones."""
    return container.restart_policy == SIDECAR


def starts_again(
    pod: Pod, container: Container, record: ContainerRecord | None, *, init: bool
) -> bool:
    """Whether the kubelet wants to start this container (again)."""
    if record is None:
        return True
    if not record.exited:
        return False
    if init and not is_sidecar(container):
        return record.exit_code != 0 and pod.spec.restart_policy != "Never"
    return should_restart(pod, container, record.exit_code)
