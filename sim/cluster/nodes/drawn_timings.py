"""How long the runtime's calls of one node take, drawn from the node's own stream."""

from functools import lru_cache

from sim.cluster.kubelet.restart_policy import is_sidecar
from sim.cluster.objects import Pod
from sim.cluster.streams import Draw, uniform_us
from sim.scenario.model import Container
from sim.units import MILLISECOND, SECOND

# How long the runtime's calls take. The network plug-in dominates the sandbox
# (0.3 to 2 s on real clusters); create and start are 0.1 to 0.5 s together. A process
# that handles SIGTERM ends within a second or two. What an init container does is not
# known: it is taken to need 1 to 3 s and to succeed; a container of a Job to need 5 to
# 15 s, and to succeed too.
SANDBOX_US = (500 * MILLISECOND, 1500 * MILLISECOND)
CREATE_US = (50 * MILLISECOND, 150 * MILLISECOND)
START_US = (50 * MILLISECOND, 150 * MILLISECOND)
STOP_US = (500 * MILLISECOND, 1500 * MILLISECOND)
INIT_US = (1 * SECOND, 3 * SECOND)
TASK_US = (5 * SECOND, 15 * SECOND)


def _span(low_us: int, high_us: int) -> tuple[int, int]:
    return low_us, high_us - low_us


# As uniform_us, whose call each start would make five times.
SANDBOX_LOW_US, SANDBOX_WIDTH_US = _span(*SANDBOX_US)
CREATE_LOW_US, CREATE_WIDTH_US = _span(*CREATE_US)
START_LOW_US, START_WIDTH_US = _span(*START_US)
STOP_LOW_US, STOP_WIDTH_US = _span(*STOP_US)


class DrawnTimings:
    """Durations of one node's calls; see ``runtime_service.RuntimeTimings``."""

    __slots__ = ("_draw",)

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def sandbox_us(self, pod: Pod) -> int:
        """Return the time of one RunPodSandbox."""
        del pod
        return SANDBOX_LOW_US + int(self._draw() * SANDBOX_WIDTH_US)

    def create_us(self, pod: Pod, container: str) -> int:
        """Return the time of one CreateContainer."""
        del pod, container
        return CREATE_LOW_US + int(self._draw() * CREATE_WIDTH_US)

    def start_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StartContainer."""
        del pod, container
        return START_LOW_US + int(self._draw() * START_WIDTH_US)

    def stop_us(self, pod: Pod, container: str) -> int:
        """Return the time a process takes to end when asked to."""
        del pod, container
        return STOP_LOW_US + int(self._draw() * STOP_WIDTH_US)

    def run(self, pod: Pod, container: Container) -> tuple[int, int] | None:
        """Init containers and those of Jobs end well after a while; others run on."""
        inits = pod.spec.init_containers
        if inits and container in inits and not is_sidecar(container):
            return uniform_us(self._draw, *INIT_US), 0
        if _is_job(pod.owner) and not is_sidecar(container):
            return uniform_us(self._draw, *TASK_US), 0
        return None


@lru_cache(maxsize=4096)
def _is_job(owner: str) -> bool:
    return owner.split("/")[1:2] in (["job"], ["cronjob"])
