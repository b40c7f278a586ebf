"""The rows of containers that ended on one node."""

from sim.cluster.kubelet.kubelet import Kubelet
from sim.cluster.runtime.sandbox import ContainerRecord, Sandbox
from sim.record.kinds import Kind
from sim.record.log import EventLog

# Looking a member up takes longer than a call.
EXITED_ROW = Kind.EXITED


class ExitRows:
    """Tells ``kubelet`` of each container that ended, and writes that down."""

    __slots__ = ("_log", "_node", "kubelet")

    kubelet: Kubelet

    def __init__(self, log: EventLog, node: int) -> None:
        self._log = log
        self._node = node

    def exited(self, sandbox: Sandbox, record: ContainerRecord, cause: int) -> int:
        """Return the row of an end, due to the row ``cause``, -1 = to its own start."""
        self.kubelet.exited(sandbox)
        log = self._log
        return log.append(
            EXITED_ROW,
            node=self._node,
            pod=sandbox.pod.id,
            container=log.names.id(record.name),
            digest=record.digest,
            amount=record.exit_code,
            cause=cause if cause >= 0 else record.row,
        )
