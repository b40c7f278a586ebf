"""The nodes of a cluster: they join, die, and lose containers.

Each node gets its container runtime, its credentials and its kubelet here. What
chance decides about a node comes from streams of its own, so another node more or
less changes none of it.
"""

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any

import simpy

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.credential_plugin import CredentialPlugin
from sim.cluster.credentials import NodeCredentials
from sim.cluster.image_gc_loop import ImageGCLoop
from sim.cluster.image_pull_manager import ImagePullManager
from sim.cluster.image_use import ImageUse
from sim.cluster.kubelet import Kubelet
from sim.cluster.network import Network
from sim.cluster.node_agent import Clockwork, make_kubelet
from sim.cluster.node_docker_config import NodeDockerConfig
from sim.cluster.numbered_draws import numbered_draw
from sim.cluster.objects import Node, Pod
from sim.cluster.plugin_keyring import InstalledPlugin, PluginKeyring
from sim.cluster.pod_status import is_sidecar
from sim.cluster.registries import Registries
from sim.cluster.runtime import ContainerRuntime
from sim.cluster.simulated_plugin import SimulatedPlugin
from sim.cluster.storm_node import Storm, StormNode
from sim.cluster.storm_pull import Foresight
from sim.cluster.streams import Draw, Streams, uniform_us
from sim.cluster.sync_loop import HOUSEKEEPING_PERIOD_US, Sleeper
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.docker_config_files import search_path
from sim.rules.pod_sync import jitter
from sim.rules.profiles import Profile
from sim.scenario.model import ChangeNode, Container, NodeGroup
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
CLOCK_PHASE_US = 2 * SECOND


def _span(low_us: int, high_us: int) -> tuple[int, int]:
    return low_us, high_us - low_us


# As uniform_us, whose call each start would make five times.
SANDBOX_SPAN, STOP_SPAN = _span(*SANDBOX_US), _span(*STOP_US)
CREATE_SPAN, START_SPAN = _span(*CREATE_US), _span(*START_US)


class DrawnTimings:
    """Durations of one node's runtime calls, drawn from its own stream."""

    __slots__ = ("_draw",)

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def sandbox_us(self, pod: Pod) -> int:
        """Return the time of one RunPodSandbox."""
        del pod
        low, width = SANDBOX_SPAN
        return low + int(self._draw() * width)

    def create_us(self, pod: Pod, container: str) -> int:
        """Return the time of one CreateContainer."""
        del pod, container
        low, width = CREATE_SPAN
        return low + int(self._draw() * width)

    def start_us(self, pod: Pod, container: str) -> int:
        """Return the time of one StartContainer."""
        del pod, container
        low, width = START_SPAN
        return low + int(self._draw() * width)

    def stop_us(self, pod: Pod, container: str) -> int:
        """Return the time a process takes to end when asked to."""
        del pod, container
        low, width = STOP_SPAN
        return low + int(self._draw() * width)

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
            self._api.secrets, self.docker_configs[name], row, self._plugins[name]
        )
        return make_kubelet(
            self._env,
            self._log,
            node_id,
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
        return PluginKeyring(self._log, node_id, self._api.accounts, installed)

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


def drawn_clockwork(shows_us: int, streams: Streams, node: str) -> Clockwork:
    """Return the chance of one kubelet, ``node`` being its entity in the streams.

    It started some while before its node shows, so its clocks have a phase. Requeues
    and coins are drawn by number: what happens to one pod must not depend on when
    others are looked at.
    """
    phase = streams.stream(node, "clock")
    start_us = shows_us - uniform_us(phase, 0, CLOCK_PHASE_US)
    coins = streams.coin_key(node)

    def requeue(worker: Sleeper, _: int, base_us: int, factor: float) -> int:
        if not base_us:
            return 0
        key = streams.pod_key(worker.pod.full_name, worker.pod.created_us)
        return jitter(base_us, factor, numbered_draw(key, worker.due))

    return Clockwork(
        start_us=start_us,
        pleg_phase_us=uniform_us(phase, 0, SECOND),
        requeue=requeue,
        coin=lambda at_us: numbered_draw(
            coins, (at_us - start_us) // HOUSEKEEPING_PERIOD_US
        ),
        tie=_when_drawn(lambda: streams.stream(node, "pleg")),
    )


def _files_of(group: NodeGroup) -> dict[str, str]:
    """Return all docker configs of a node, by path."""
    files = dict(group.docker_config_files)
    if group.docker_config is not None:
        files[search_path(group.kubelet_folders)[0]] = group.docker_config
    return files


def _when_drawn(make: Callable[[], Draw]) -> Draw:
    """Make a stream when it is first drawn from: most kubelets never do."""
    made: list[Draw] = []

    def draw() -> float:
        if not made:
            made.append(make())
        return made[0]()

    return draw
