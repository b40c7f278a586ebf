"""The node life-cycle controller: what follows when a node falls silent.

After the grace period the node is not ready and so are its pods; after the pods'
toleration they are deleted. They stay terminating, for nobody confirms their end.

Source: pkg/controller/nodelifecycle and pkg/controller/tainteviction.
"""

from collections.abc import Callable
from dataclasses import replace

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.objects import Node
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.units import SECOND

GRACE_US = 50 * SECOND
TOLERATION_US = 300 * SECOND


class NodeLifecycleController:
    """Watches over silent nodes."""

    __slots__ = ("_api", "_env", "_log")

    def __init__(self, env: Clock, log: EventLog, api: APIServer) -> None:
        self._env = env
        self._log = log
        self._api = api
        api.nodes.when_one_stops(self._node_stopped)

    def _node_stopped(self, node: Node, cause: int) -> None:
        self._after(GRACE_US, lambda: self._mark(node, cause))

    def _mark(self, node: Node, cause: int) -> None:
        row = self._log.append(Kind.NODE_NOT_READY, node=node.id, cause=cause)
        self._api.nodes.set_ready(node, ready=False)
        for pod in list(node.pods):
            if pod.ready:
                not_ready = replace(pod.status, ready=False)
                self._api.update_pod_status(pod, not_ready, row)
        self._after(TOLERATION_US, lambda: self._evict(node, row))

    def _evict(self, node: Node, cause: int) -> None:
        # Daemon pods tolerate a lost node for ever.
        for pod in [pod for pod in node.pods if not pod.target_node]:
            row = self._log.append(
                Kind.POD_EVICTED, pod=pod.id, node=node.id, cause=cause
            )
            self._api.delete_pod(pod, row)

    def _after(self, delay_us: int, call: Callable[[], None]) -> None:
        self._env.call_after(delay_us, call)
