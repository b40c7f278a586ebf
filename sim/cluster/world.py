"""Build a cluster from a scenario, run it, and hand back its record.

This is the one place that knows all the parts. Events of one instant happen in the
order in which they were put into the clock's queue, urgent ones first; what a scenario
lists first is put in first.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.control_plane.scheduler import Scheduler
from sim.cluster.controllers.cron_job import CronJobController
from sim.cluster.controllers.daemon_set import DaemonSetController
from sim.cluster.controllers.deployment import DeploymentController
from sim.cluster.controllers.job import JobController
from sim.cluster.controllers.node_lifecycle import NodeLifecycleController
from sim.cluster.controllers.standalone_set import StandaloneSetController
from sim.cluster.controllers.stateful_set import StatefulSetController
from sim.cluster.kubectl import Kubectl
from sim.cluster.network.network import Network
from sim.cluster.nodes.machine_builder import MachineBuilder
from sim.cluster.nodes.node_pool import NodePool
from sim.cluster.nodes.saved_pods import SavedPods
from sim.cluster.registry.registries import Registries
from sim.cluster.storm.node import Storm
from sim.cluster.streams import Streams
from sim.cluster.timeline import Timeline, acts_us
from sim.record.log import EventLog
from sim.rules.profiles import MAX_UNAVAILABLE_STATEFUL_SET, PROFILES
from sim.scenario.model import COMPACT, PodObject, Scenario


class World:
    """One cluster: its clock, its record, its parts."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.env = Clock()
        self.log = EventLog(self.env)
        streams = Streams(scenario.seed)
        network = Network(self.env)
        self.storm = self._storm(streams) if scenario.record == COMPACT else None
        self.registries = Registries(
            self.env, self.log, network, scenario.registries, scenario.images
        )
        profile = PROFILES[scenario.kubernetes]
        self.api = APIServer(
            self.env,
            self.log,
            streams,
            admission=scenario.admission,
            image_volumes=profile.image_volume.on,
        )
        self.scheduler = Scheduler(
            self.env, self.log, self.api, streams.stream("scheduler", "ties")
        )
        NodeLifecycleController(self.env, self.log, self.api)
        self.api.workloads["deployment"] = DeploymentController(
            self.env, self.log, self.api
        )
        self.api.workloads["statefulset"] = StatefulSetController(
            self.env,
            self.log,
            self.api,
            max_unavailable=MAX_UNAVAILABLE_STATEFUL_SET in scenario.feature_gates,
        )
        self.api.workloads["daemonset"] = DaemonSetController(
            self.env, self.log, self.api
        )
        jobs = JobController(self.env, self.log, self.api)
        self.api.workloads["job"] = jobs
        self.api.workloads["cronjob"] = CronJobController(self.env, self.log, jobs)
        for kind in ("replicaset", "replicationcontroller"):
            self.api.workloads[kind] = StandaloneSetController(self.env, self.api, kind)
        builder = MachineBuilder(
            self.env,
            self.log,
            api=self.api,
            registries=self.registries,
            streams=streams,
            profile=profile,
            storm=self.storm,
        )
        self.nodes = NodePool(self.env, self.log, self.api, builder)
        self.kubectl = Kubectl(self.log, self.api)
        self.timeline = Timeline(
            self.env,
            self.log,
            api=self.api,
            nodes=self.nodes,
            registries=self.registries,
            kubectl=self.kubectl,
        )

    def _storm(self, streams: Streams) -> Storm:
        # It is the one part of the engine that works in numpy's arrays.
        from sim.cluster.storm import storm  # noqa: PLC0415

        return storm.Storm(
            self.env,
            self.log,
            streams,
            until_us=self.scenario.until_us,
            acts_us=acts_us(self.scenario.timeline),
        )

    @property
    def now_us(self) -> int:
        """The time that the run has come to."""
        return self.env.now

    @property
    def until_us(self) -> int:
        """When the run ends."""
        return self.scenario.until_us

    @property
    def pods_running(self) -> int:
        """How many pods are in the phase Running."""
        return self.api.pods_running

    def run(self, watch: Callable[["World"], None] | None = None) -> None:
        """Set the scene at time 0 and run to the scenario's end.

        ``watch`` is called now and then meanwhile.
        """
        with _no_collector():
            self._set_the_scene()
            told = None if watch is None else lambda _: watch(self)
            self.env.run_until(self.scenario.until_us, told)
            if self.storm is not None:
                self.storm.finish()

    def _set_the_scene(self) -> None:
        self.registries.push_initial_tags()
        for group in self.scenario.node_groups:
            self.nodes.add(group)
        saved: list[PodObject] = []
        for obj in self.scenario.objects:
            if isinstance(obj, PodObject) and obj.saved:
                saved.append(obj)
            else:
                self.kubectl.apply(obj)
        restored = SavedPods(self.env, self.log, api=self.api, nodes=self.nodes)
        for pod in saved:
            restored.restore(pod)
        self.env.process(self.timeline.play(self.scenario.timeline))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Leave out the cyclic collector, which would walk all objects again and again.

    What a run lets go has no cycles to speak of: reference counts free it.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            # What is there is old now: else the collector would begin with all of it.
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def simulate(
    scenario: Scenario, watch: Callable[[World], None] | None = None
) -> tuple[EventLog, dict[str, Any]]:
    """Run one scenario; return its record and what a reader must know beside it."""
    world = World(scenario)
    world.run(watch)
    return world.log, _meta(scenario)


def _meta(scenario: Scenario) -> dict[str, Any]:
    profile = PROFILES[scenario.kubernetes]
    return {
        "title": scenario.title,
        "question": scenario.question,
        "variant": scenario.variant,
        "seed": scenario.seed,
        "until_us": scenario.until_us,
        "kubernetes": scenario.kubernetes,
        "builds": {
            build.digest: {
                "image": image.name,
                "build": build.name,
                "bytes": build.size_bytes,
                "config": build.config_digest,
            }
            for image in scenario.images
            for build in image.builds.values()
        },
        "nodes": {
            name: group.name for group in scenario.node_groups for name in group.names
        },
        "profile": {
            "new_container_wording": profile.new_container_wording,
            "last_error_in_back_off": profile.last_error_in_back_off,
            "ensure_secret_pulled_images": profile.ensure_secret_pulled_images.on,
        },
        "defaulted": list(scenario.defaulted),
        "warnings": list(scenario.warnings),
    }
