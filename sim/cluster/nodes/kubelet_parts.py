"""Put one node's kubelet together from its parts; reads as a list."""

from dataclasses import dataclass, field

from sim.cluster.clock import Clock
from sim.cluster.kubelet.exit_rows import ExitRows
from sim.cluster.kubelet.image_manager import CredentialSource, ImageManager
from sim.cluster.kubelet.image_pull_manager import ImagePullManager
from sim.cluster.kubelet.kubelet import Kubelet, StatusWriter
from sim.cluster.kubelet.kuberuntime import KubeRuntime
from sim.cluster.kubelet.kuberuntime_image import ImageService
from sim.cluster.kubelet.puller import Puller
from sim.cluster.nodes.clockwork import Clockwork
from sim.cluster.runtime.image_use import ImageUse
from sim.cluster.runtime.runtime_service import Called, RuntimeService, RuntimeTimings
from sim.cluster.storm.node import StormNode
from sim.record.log import EventLog
from sim.rules.backoff import BackOff, image_back_off, restart_back_off
from sim.rules.profiles import NEWEST, PROFILES, Profile
from sim.rules.throttle import TokenBucket
from sim.scenario.model import KubeletConfiguration


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependencies:
    """What one kubelet is given.

    ``image_backoff`` is its own table, which no configuration changes. ``called`` is
    told of every call of the runtime service; ``storm`` plays the pods that can only
    fail.

    Source: pkg/kubelet/kubelet.go, Dependencies.
    """

    api: StatusWriter
    config: KubeletConfiguration
    images: ImageService
    credentials: CredentialSource
    pull_manager: ImagePullManager | None
    timings: RuntimeTimings
    clockwork: Clockwork
    image_use: ImageUse | None = None
    profile: Profile = PROFILES[NEWEST]
    image_backoff: BackOff = field(default_factory=image_back_off)
    called: Called | None = None
    storm: StormNode | None = None


def make_kubelet(env: Clock, log: EventLog, node: int, given: Dependencies) -> Kubelet:
    """Return the kubelet of the node whose name has this number in the record."""
    config = given.config
    exits = ExitRows(log, node)
    service = RuntimeService(
        env,
        given.timings,
        exited=exits.exited,
        use=given.image_use or ImageUse(env, given.clockwork.start_us),
        called=given.called,
    )
    puller = Puller(env, config)
    throttle = TokenBucket(config.registry_pull_qps, config.registry_burst)
    manager = _image_manager(env, log, node, given, puller, throttle)
    restarts = restart_back_off(config.max_container_restart_period_us)
    runtime = KubeRuntime(env, log, node, service, manager, restarts)
    exits.kubelet = kubelet = _kubelet(env, given, runtime, service)
    if given.storm is not None:
        given.storm.equip(manager, given.image_backoff, puller, throttle)
        kubelet.hand_over_to(given.storm)
    return kubelet


def _image_manager(
    env: Clock,
    log: EventLog,
    node: int,
    given: Dependencies,
    puller: Puller,
    throttle: TokenBucket,
) -> ImageManager:
    return ImageManager(
        env,
        log,
        node,
        service=given.images,
        credentials=given.credentials,
        backoff=given.image_backoff,
        puller=puller,
        throttle=throttle,
        pull_manager=given.pull_manager,
        last_error_in_back_off=given.profile.last_error_in_back_off,
    )


def _kubelet(
    env: Clock, given: Dependencies, runtime: KubeRuntime, service: RuntimeService
) -> Kubelet:
    clockwork, profile = given.clockwork, given.profile
    return Kubelet(
        env,
        api=given.api,
        runtime=runtime,
        service=service,
        start_us=clockwork.start_us,
        pleg_phase_us=clockwork.pleg_phase_us,
        sync_frequency_us=given.config.sync_frequency_us,
        requeue=clockwork.requeue,
        coin=clockwork.coin,
        tie=clockwork.tie,
        heed_back_off=profile.heed_restart_back_off,
        on_demand_relist=profile.on_demand_relist,
        tick_us=clockwork.tick_us,
    )
