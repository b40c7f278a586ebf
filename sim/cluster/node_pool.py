"""The nodes of a cluster: they join, die, and lose containers.

Each node gets its container runtime, its credentials and its kubelet here. What
chance decides about a node comes from streams of its own, so another node more or
less changes none of it.
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.clockwork import Clockwork, drawn_clockwork
from sim.cluster.credential_plugin import CredentialPlugin
from sim.cluster.credentials import NodeCredentials
from sim.cluster.drawn_timings import DrawnTimings
from sim.cluster.image_gc_loop import ImageGCLoop
from sim.cluster.image_pull_manager import ImagePullManager
from sim.cluster.image_use import ImageUse
from sim.cluster.kubelet import Kubelet
from sim.cluster.kubelet_parts import Dependencies, make_kubelet
from sim.cluster.network import Network
from sim.cluster.node_docker_config import NodeDockerConfig
from sim.cluster.objects import Node, Pod
from sim.cluster.plugin_keyring import InstalledPlugin, PluginKeyring
from sim.cluster.registries import Registries
from sim.cluster.runtime import ContainerRuntime
from sim.cluster.simulated_plugin import SimulatedPlugin
from sim.cluster.storm_node import Storm, StormNode
from sim.cluster.storm_pull import Foresight
from sim.cluster.streams import Draw, Streams
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.docker_config_files import search_path
from sim.rules.profiles import Profile
from sim.scenario.model import ChangeNode, NodeGroup


class NodePool:
    """All nodes that ever joined, by name."""

    __slots__ = (
        "_api",
        "_env",
        "_log",
        "_network",
        "_plugins",
        "_profile",
        "_registries",
        "_storm",
        "_streams",
        "collectors",
        "docker_configs",
        "kubelets",
        "runtimes",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        *,
        api: APIServer,
        network: Network,
        registries: Registries,
        streams: Streams,
        profile: Profile,
        storm: Storm | None = None,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._network = network
        self._registries = registries
        self._streams = streams
        self._profile = profile
        self._storm = storm
        self.collectors: dict[str, ImageGCLoop] = {}
        self.docker_configs: dict[str, NodeDockerConfig] = {}
        self._plugins: dict[str, PluginKeyring] = {}
        self.kubelets: dict[str, Kubelet] = {}
        self.runtimes: dict[str, ContainerRuntime] = {}

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
        node_id = self._log.names.id(name)
        files = _files_of(group)
        row = self._log.append(Kind.NODE_JOINED, node=node_id, amount=int(bool(files)))
        self.docker_configs[name] = NodeDockerConfig(
            self._env, files, group.kubelet_folders, row
        )
        self._plugins[name] = self._plugin_keyring(group, node_id)
        runtime = ContainerRuntime(
            self._env,
            self._log,
            node_id,
            group,
            registries=self._registries,
            network=self._network,
        )
        for image in group.pre_pulled:
            runtime.pre_pull(image.image, image.build)
        self.runtimes[name] = runtime
        kubelet = self._kubelet(group, name, runtime, row)
        self.kubelets[name] = kubelet
        node = Node(
            name=name,
            labels=_well_known_labels(name, group.platform) | group.labels,
            max_pods=group.max_pods,
            id=node_id,
            joined_row=row,
        )
        node.unschedulable = group.unschedulable
        self._api.register_node(node, kubelet)

    def _kubelet(
        self, group: NodeGroup, name: str, runtime: ContainerRuntime, row: int
    ) -> Kubelet:
        def stream(purpose: str) -> Draw:
            return self._streams.stream(f"node/{name}", purpose)

        clockwork = drawn_clockwork(self._env.now, self._streams, f"node/{name}")
        use = ImageUse(self._env, clockwork.start_us)
        pulls = self._pull_manager(group)
        node_id = self._log.names.id(name)
        hooks = [pulls.prune_unknown_records] if pulls else []
        collector = ImageGCLoop(
            self._env,
            self._log,
            node_id,
            group,
            runtime=runtime,
            use=use,
            start_us=clockwork.start_us,
            joined_row=row,
            hooks=hooks,
            advice=self._profile.disk_space_advice,
        )
        collector.start()
        self.collectors[name] = collector
        credentials = NodeCredentials(
            self._api, self.docker_configs[name], row, self._plugins[name]
        )
        return make_kubelet(
            self._env,
            self._log,
            node_id,
            Dependencies(
                api=self._api,
                config=group.kubelet,
                images=runtime,
                credentials=credentials,
                pull_manager=pulls,
                timings=DrawnTimings(stream("runtime")),
                clockwork=clockwork,
                image_use=use,
                profile=self._profile,
                storm=self._storm_node(group, name, clockwork, runtime, credentials),
            ),
        )

    def _storm_node(
        self,
        group: NodeGroup,
        name: str,
        clockwork: Clockwork,
        runtime: ContainerRuntime,
        credentials: NodeCredentials,
    ) -> StormNode | None:
        if self._storm is None:
            return None
        names = self._log.names
        foresight = Foresight(
            self._env,
            group,
            registries=self._registries,
            runtime=runtime,
            credentials=credentials,
            last_error_in_back_off=self._profile.last_error_in_back_off,
        )
        return StormNode(
            self._storm,
            names,
            names.id(name),
            foresight,
            start_us=clockwork.start_us,
            coin_key=self._streams.coin_key(f"node/{name}"),
        )

    def _pull_manager(self, group: NodeGroup) -> ImagePullManager | None:
        if not self._profile.ensure_secret_pulled_images.on:
            return None
        return ImagePullManager(
            policy=group.kubelet.verification_policy,
            allowlist=group.kubelet.verification_allowlist,
            trim=self._profile.allowlist_trims_images,
            repository_of=self._profile.repository_of,
        )

    def is_up(self, name: str) -> bool:
        """Whether a node has joined and runs."""
        return name in self.kubelets and not self.kubelets[name].stopped

    def _plugin_keyring(self, group: NodeGroup, node_id: int) -> PluginKeyring:
        installed = []
        for provider in group.credential_providers:
            answer = group.plugins[provider.name]
            executable = SimulatedPlugin(provider.name, answer)
            plugin = CredentialPlugin(self._env, provider, executable)
            installed.append(InstalledPlugin(plugin=plugin, executable=executable))
        return PluginKeyring(self._log, node_id, self._api, installed)

    def change(self, name: str, action: ChangeNode) -> None:
        """Let docker configs or plug-ins of a node be others from now on."""
        files = self.docker_configs[name]
        for path, text in action.files.items():
            kind = Kind.NODE_FILE_REMOVED if text is None else Kind.NODE_FILE_WRITTEN
            names = self._log.names
            row = self._log.append(kind, node=names.id(name), text=names.id(path))
            if text is None:
                files.remove(path, row)
            else:
                files.write(path, text, row)
        for plugin, answer in action.plugins.items():
            self._plugins[name].change(plugin, answer)

    def die(self, name: str) -> None:
        """Let a node vanish: what ran there has ended, nobody says so."""
        row = self._log.append(Kind.NODE_DIED, node=self._log.names.id(name))
        kubelet = self.kubelets.get(name)
        if kubelet is not None and not kubelet.stopped:
            kubelet.stop(row)
            self.runtimes[name].stop()
            self.collectors[name].stopped = True
            self._api.node_stopped(name, row)

    def crash(self, pod: Pod, container: str, exit_code: int) -> None:
        """Let the running containers of a pod (or the one named) exit now."""
        kubelet = self.kubelets.get(pod.node)
        if kubelet is not None:
            kubelet.crash(pod, container, exit_code)


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


def _files_of(group: NodeGroup) -> dict[str, str]:
    """Return all docker configs of a node, by path."""
    files = dict(group.docker_config_files)
    if group.docker_config is not None:
        files[search_path(group.kubelet_folders)[0]] = group.docker_config
    return files
