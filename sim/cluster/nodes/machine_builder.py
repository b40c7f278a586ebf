"""Build what one node runs, as its group declares it; the one place that wires it."""

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.kubelet.credential_plugin import CredentialPlugin
from sim.cluster.kubelet.credentials import NodeCredentials
from sim.cluster.kubelet.image_gc_loop import ImageGCLoop
from sim.cluster.kubelet.image_pull_manager import ImagePullManager
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.cluster.kubelet.plugin_keyring import InstalledPlugin, PluginKeyring
from sim.cluster.kubelet.simulated_plugin import SimulatedPlugin
from sim.cluster.nodes.clockwork import Clockwork, drawn_clockwork
from sim.cluster.nodes.drawn_timings import DrawnTimings
from sim.cluster.nodes.kubelet_parts import Dependencies, make_kubelet
from sim.cluster.nodes.machine import Machine
from sim.cluster.registry.registries import Registries
from sim.cluster.runtime.container_runtime import ContainerRuntime
from sim.cluster.runtime.image_use import ImageUse
from sim.cluster.storm.node import Storm, StormNode
from sim.cluster.storm.pull import Foresight
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.rules.docker_config_files import search_path
from sim.rules.profiles import Profile
from sim.scenario.model import NodeGroup


class MachineBuilder:
    """Builds the machines of a cluster; what they share comes with it."""

    __slots__ = (
        "_api",
        "_env",
        "_log",
        "_profile",
        "_registries",
        "_storm",
        "_streams",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        *,
        api: APIServer,
        registries: Registries,
        streams: Streams,
        profile: Profile,
        storm: Storm | None = None,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self._registries = registries
        self._streams = streams
        self._profile = profile
        self._storm = storm

    def build(self, group: NodeGroup, name: str, node: int, row: int) -> Machine:
        """Return the machine of a node that joined by a row; it runs from now on.

        ``node`` is the number of the node's name in the record.
        """
        docker_config = NodeDockerConfig(
            self._env, _files_of(group), group.kubelet_folders, row
        )
        plugins = self._plugin_keyring(group, node)
        runtime = self._runtime(group, node)
        clockwork = drawn_clockwork(self._env.now, self._streams, f"node/{name}")
        use = ImageUse(self._env, clockwork.start_us)
        pulls = self._pull_manager(group)
        collector = self._collector(
            group, node, row, runtime, use, clockwork.start_us, pulls
        )
        collector.start()
        credentials = NodeCredentials(self._api.secrets, docker_config, row, plugins)
        given = Dependencies(
            api=self._api,
            config=group.kubelet,
            images=runtime,
            credentials=credentials,
            pull_manager=pulls,
            timings=DrawnTimings(self._streams.stream(f"node/{name}", "runtime")),
            clockwork=clockwork,
            image_use=use,
            profile=self._profile,
            storm=self._storm_node(group, name, clockwork, runtime, credentials),
        )
        return Machine(
            kubelet=make_kubelet(self._env, self._log, node, given),
            runtime=runtime,
            collector=collector,
            docker_config=docker_config,
            plugins=plugins,
        )

    def _plugin_keyring(self, group: NodeGroup, node: int) -> PluginKeyring:
        installed = []
        for provider in group.credential_providers:
            answer = group.plugins[provider.name]
            executable = SimulatedPlugin(provider.name, answer)
            plugin = CredentialPlugin(self._env, provider, executable)
            installed.append(InstalledPlugin(plugin=plugin, executable=executable))
        return PluginKeyring(self._log, node, self._api.accounts, installed)

    def _runtime(self, group: NodeGroup, node: int) -> ContainerRuntime:
        runtime = ContainerRuntime(
            self._env,
            self._log,
            node,
            group,
            registries=self._registries,
        )
        for image in group.pre_pulled:
            runtime.pre_pull(image.image, image.build)
        return runtime

    def _pull_manager(self, group: NodeGroup) -> ImagePullManager | None:
        if not self._profile.ensure_secret_pulled_images.on:
            return None
        return ImagePullManager(
            policy=group.kubelet.verification_policy,
            allowlist=group.kubelet.verification_allowlist,
            trim=self._profile.allowlist_trims_images,
            repository_of=self._profile.repository_of,
        )

    def _collector(
        self,
        group: NodeGroup,
        node: int,
        row: int,
        runtime: ContainerRuntime,
        use: ImageUse,
        start_us: int,
        pulls: ImagePullManager | None,
    ) -> ImageGCLoop:
        return ImageGCLoop(
            self._env,
            self._log,
            node,
            group,
            runtime=runtime,
            use=use,
            start_us=start_us,
            joined_row=row,
            hooks=[pulls.prune_unknown_records] if pulls else [],
            advice=self._profile.disk_space_advice,
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


def _files_of(group: NodeGroup) -> dict[str, str]:
    """Return the docker configs that a node of a group has at first, by path."""
    files = dict(group.docker_config_files)
    if group.docker_config is not None:
        files[search_path(group.kubelet_folders)[0]] = group.docker_config
    return files
