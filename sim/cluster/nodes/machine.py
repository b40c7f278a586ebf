"""One machine: what runs and lies on it, whatever the API's ``Node`` says."""

from dataclasses import dataclass

from sim.cluster.kubelet.image_gc_loop import ImageGCLoop
from sim.cluster.kubelet.kubelet import Kubelet
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.cluster.kubelet.plugin_keyring import PluginKeyring
from sim.cluster.runtime.container_runtime import ContainerRuntime


@dataclass(kw_only=True, slots=True, eq=False)
class Machine:
    """The kubelet of a node, its container runtime, and what credentials it has."""

    kubelet: Kubelet
    runtime: ContainerRuntime
    collector: ImageGCLoop
    docker_config: NodeDockerConfig
    plugins: PluginKeyring

    @property
    def is_up(self) -> bool:
        """Whether it still runs."""
        return not self.kubelet.stopped

    def stop(self, row: int) -> None:
        """Go off: what ran there has ended; ``row`` says why."""
        self.kubelet.stop(row)
        self.runtime.stop()
        self.collector.stopped = True
