"""The readiness probes of one pod: when its containers turn ready.

A container is probed as soon as a status shows it running, at every later status in
which it is not ready yet, and one period after each probe. A probe before the initial
delay has passed, counted in whole seconds since the start, says nothing; every later
one of a running container succeeds. ``successThreshold`` successes in a row make the
container ready. A restart makes it unready until the next probe; the row of successes
goes on, as upstream's does. Once a container is ready, its probes are not simulated:
they change nothing.

Source: pkg/kubelet/prober/worker.go (run, doProbe) and prober_manager.go
(UpdatePodStatus, which asks for a probe at once).
"""

from collections.abc import Callable
from dataclasses import dataclass

from sim.cluster.clock import Clock
from sim.cluster.kubelet.pleg import Snapshot
from sim.cluster.objects import Pod
from sim.cluster.runtime.sandbox import Sandbox
from sim.scenario.model import PodSpec, ReadinessProbe
from sim.units import SECOND


@dataclass(slots=True)
class _Prober:
    """One container's probe; ``ready`` is the instance (attempt) that is ready."""

    probe: ReadinessProbe
    ready: int = -1
    successes: int = 0
    ticks: int = 0  # counts timers: an older one is stale


NOTHING: frozenset[str] = frozenset()


def is_probed(spec: PodSpec) -> bool:
    """Whether any container of a pod has a readiness probe."""
    for one in (*spec.containers, *spec.init_containers):
        if one.readiness_probe is not None:
            return True
    return False


class Readiness:
    """Probes the containers of one pod; ``turned`` is called when one turns ready."""

    __slots__ = ("_env", "_probers", "_sandbox", "_snapshot", "_turned")

    def __init__(
        self,
        env: Clock,
        pod: Pod,
        sandbox: Sandbox,
        snapshot: Snapshot,
        turned: Callable[[], None],
    ) -> None:
        self._env = env
        self._sandbox = sandbox
        self._snapshot = snapshot
        self._turned = turned
        self._probers = {
            one.name: _Prober(one.readiness_probe)
            for one in (*pod.spec.init_containers, *pod.spec.containers)
            if one.readiness_probe is not None
        }

    def not_ready(self) -> frozenset[str]:
        """Return the containers whose newest instance was not found ready yet."""
        return frozenset(
            name
            for name, prober in self._probers.items()
            if prober.ready != self._attempt(name)
        )

    def found(self) -> None:
        """What runs already when a kubelet starts stays ready."""
        for name, prober in self._probers.items():
            prober.ready = self._attempt(name)

    def status_made(self) -> None:
        """Probe at once what the status shows running and not ready."""
        for name, prober in self._probers.items():
            record = self._snapshot.latest(name)
            if record is not None and record.running and prober.ready != record.attempt:
                self._probe(name, prober)

    def _attempt(self, name: str) -> int:
        record = self._snapshot.latest(name)
        return -1 if record is None else record.attempt

    def _probe(self, name: str, prober: _Prober) -> None:
        """Probe a container; go on one period later unless that made it ready."""
        record = self._sandbox.containers.get((name, self._attempt(name)))
        if record is None or not record.running:
            return  # a status will show the next instance
        elapsed_us = (self._env.now - record.started_us) // SECOND * SECOND
        if elapsed_us >= prober.probe.initial_delay_us:
            prober.successes += 1
            if prober.successes >= prober.probe.success_threshold:
                prober.ready = record.attempt
                self._turned()
                return
        prober.ticks += 1
        tick = prober.ticks

        def again() -> None:
            if prober.ticks == tick and prober.ready != record.attempt:
                self._probe(name, prober)

        self._env.call_after(prober.probe.period_us, again)
