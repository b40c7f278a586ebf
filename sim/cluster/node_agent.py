"""Put one node's kubelet together from its parts; reads as a list."""

from sim.cluster.clock import Clock
from sim.cluster.clockwork import Clockwork
from sim.cluster.image_manager import CredentialSource, ImageManager, ImageService
from sim.cluster.image_pull_manager import ImagePullManager
from sim.cluster.image_use import ImageUse
from sim.cluster.kubelet import Kubelet, StatusWriter
from sim.cluster.kuberuntime import KubeRuntime
from sim.cluster.puller import Puller
from sim.cluster.runtime_service import Called, RuntimeService, RuntimeTimings
from sim.cluster.sandbox import ContainerRecord, Sandbox
from sim.cluster.storm_node import StormNode
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.backoff import BackOff, image_back_off, restart_back_off
from sim.rules.profiles import NEWEST, PROFILES, Profile
from sim.rules.throttle import TokenBucket
from sim.scenario.model import KubeletConfiguration


def make_kubelet(
    env: Clock,
    log: EventLog,
    node: int,
    *,
    api: StatusWriter,
    config: KubeletConfiguration,
    images: ImageService,
    credentials: CredentialSource,
    pull_manager: ImagePullManager | None,
    timings: RuntimeTimings,
    clockwork: Clockwork,
    image_use: ImageUse | None = None,
    profile: Profile = PROFILES[NEWEST],
    image_backoff: BackOff | None = None,
    called: Called | None = None,
    storm: StormNode | None = None,
) -> Kubelet:
    """Return the kubelet of the node whose name has this number in the record.

    ``image_backoff`` None = the kubelet's own table, which no configuration changes.
    ``called`` is told of every call of the runtime service; ``storm`` plays the pods
    that can only fail.
    """

    def exited(sandbox: Sandbox, record: ContainerRecord, cause: int) -> int:
        kubelet.exited(sandbox)
        return log.append(
            Kind.EXITED,
            node=node,
            pod=sandbox.pod.id,
            container=log.names.id(record.name),
            digest=record.digest,
            amount=record.exit_code,
            cause=cause if cause >= 0 else record.row,
        )

    use = image_use or ImageUse(env, clockwork.start_us)
    service = RuntimeService(env, timings, exited=exited, use=use, called=called)
    backoff = image_back_off() if image_backoff is None else image_backoff
    puller = Puller(env, config)
    throttle = TokenBucket(config.registry_pull_qps, config.registry_burst)
    manager = ImageManager(
        env,
        log,
        node,
        service=images,
        credentials=credentials,
        backoff=backoff,
        puller=puller,
        throttle=throttle,
        pull_manager=pull_manager,
        last_error_in_back_off=profile.last_error_in_back_off,
    )
    restarts = restart_back_off(config.max_container_restart_period_us)
    runtime = KubeRuntime(env, log, node, service, manager, restarts)
    kubelet = Kubelet(
        env,
        api=api,
        runtime=runtime,
        service=service,
        start_us=clockwork.start_us,
        pleg_phase_us=clockwork.pleg_phase_us,
        sync_frequency_us=config.sync_frequency_us,
        requeue=clockwork.requeue,
        coin=clockwork.coin,
        tie=clockwork.tie,
        heed_back_off=profile.heed_restart_back_off,
        on_demand_relist=profile.on_demand_relist,
        tick_us=clockwork.tick_us,
    )
    if storm is not None:
        storm.equip(manager, backoff, puller, throttle)
        kubelet.hand_over_to(storm)
    return kubelet
