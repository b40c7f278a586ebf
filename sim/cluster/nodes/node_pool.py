"""The nodes of a cluster: they join, die, and lose containers."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.nodes.machine import Machine
from sim.cluster.nodes.machine_builder import MachineBuilder
from sim.cluster.objects import Node, Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario.model import ChangeNode, NodeGroup


class NodePool:
    """The machines of all nodes that ever joined, by name."""

    __slots__ = ("_api", "_builder", "_env", "_log", "machines")

    def __init__(
        self, env: Clock, log: EventLog, api: APIServer, builder: MachineBuilder
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._builder = builder
        self.machines: dict[str, Machine] = {}

    def add(self, group: NodeGroup) -> None:
        """Let a group's nodes join now, or when the group says."""
        if group.joins_at_us <= self._env.now:
            self._join_all(group)
        else:
            self._env.process(self._join_later(group))

    def _join_later(self, group: NodeGroup) -> Generator[simpy.Event, Any, None]:
        yield self._env.timeout(group.joins_at_us - self._env.now)
        self._join_all(group)

    def _join_all(self, group: NodeGroup) -> None:
        for name in group.names:
            self._join(group, name)

    def _join(self, group: NodeGroup, name: str) -> None:
        number = self._log.names.id(name)
        configured = bool(group.docker_config_files) or group.docker_config is not None
        row = self._log.append(Kind.NODE_JOINED, node=number, amount=int(configured))
        machine = self._builder.build(group, name, number, row)
        self.machines[name] = machine
        node = Node(
            name=name,
            labels=_well_known_labels(name, group.platform) | group.labels,
            max_pods=group.max_pods,
            id=number,
            joined_row=row,
        )
        node.unschedulable = group.unschedulable
        self._api.register_node(node, machine.kubelet)

    def is_up(self, name: str) -> bool:
        """Whether a node has joined and runs."""
        return name in self.machines and self.machines[name].is_up

    def change(self, name: str, action: ChangeNode) -> None:
        """Let docker configs or plug-ins of a node be others from now on."""
        machine = self.machines[name]
        files = machine.docker_config
        for path, text in action.files.items():
            kind = Kind.NODE_FILE_REMOVED if text is None else Kind.NODE_FILE_WRITTEN
            names = self._log.names
            row = self._log.append(kind, node=names.id(name), text=names.id(path))
            if text is None:
                files.remove(path, row)
            else:
                files.write(path, text, row)
        for plugin, answer in action.plugins.items():
            machine.plugins.change(plugin, answer)

    def die(self, name: str) -> None:
        """Let a node vanish: what ran there has ended, nobody says so."""
        row = self._log.append(Kind.NODE_DIED, node=self._log.names.id(name))
        if self.is_up(name):
            self.machines[name].stop(row)
            self._api.nodes.stopped(name, row)

    def crash(self, pod: Pod, container: str, exit_code: int) -> None:
        """Let the running containers of a pod (or the one named) exit now."""
        machine = self.machines.get(pod.node)
        if machine is not None:
            machine.kubelet.crash(pod, container, exit_code)


def _well_known_labels(name: str, platform: str) -> dict[str, str]:
    """The labels that a kubelet gives its own node.

    Source: pkg/kubelet/kubelet_node_status.go, initialNode.
    """
    system, _, architecture = platform.partition("/")
    architecture = architecture.partition("/")[0]
    return {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": system,
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": system,
        "beta.kubernetes.io/arch": architecture,
    }
