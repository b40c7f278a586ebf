"""What the rules of a DaemonSet are told about a node and its pods."""

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers.daemon_set_state import DaemonSetState
from sim.cluster.controllers.revisions import REVISION_LABEL
from sim.cluster.objects import Phase, Pod
from sim.rules.daemon_set import DaemonPod, NodePods, PodState
from sim.units import SECOND

_ENDED = {Phase.FAILED: PodState.FAILED, Phase.SUCCEEDED: PodState.SUCCEEDED}


class DaemonSetFacts:
    """Finds them out; ``wall_us`` is the wall clock's part of a second at time 0."""

    __slots__ = ("_api", "_env", "_wall_us")

    def __init__(self, env: Clock, api: APIServer, wall_us: int) -> None:
        self._env = env
        self._api = api
        self._wall_us = wall_us

    def node(self, one: DaemonSetState, name: str) -> NodePods:
        """Return what is known now of a node, as far as one set goes."""
        node = self._api.nodes.get(name)
        pods = one.pods.get(name, {}).values()
        return NodePods(
            node=name,
            # One that ended and is being deleted counts as gone.
            pods=tuple(
                self._pod(one, pod)
                for pod in pods
                if not (pod.terminating and pod.status.phase in _ENDED)
            ),
            eligible=node is not None and one.wants(node),
            exists=node is not None,
        )

    def _pod(self, one: DaemonSetState, pod: Pod) -> DaemonPod:
        return DaemonPod(
            name=pod.full_name,
            created_s=(pod.created_us + self._wall_us) // SECOND,
            assigned=bool(pod.node),
            state=_state(pod),
            updated=pod.labels.get(REVISION_LABEL) == one.revisions.current,
            ready=pod.ready,
            available=self._is_available(pod, one.spec.min_ready_us),
        )

    def _is_available(self, pod: Pod, min_ready_us: int) -> bool:
        """Ready for long enough, by API times, which have whole seconds."""
        if not pod.ready or pod.ready_us is None or not min_ready_us:
            return pod.ready
        wall_us = pod.ready_us + self._wall_us
        since_us = wall_us - wall_us % SECOND - self._wall_us
        return since_us + min_ready_us <= self._env.now


def _state(pod: Pod) -> PodState:
    if pod.terminating:
        return PodState.TERMINATING
    return _ENDED.get(pod.status.phase, PodState.LIVE)
