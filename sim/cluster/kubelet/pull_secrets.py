"""What a kubelet says, at every sync, of pull secrets that a pod names and nobody has.

Source: pkg/kubelet/kubelet_pods.go (getPullSecretsForPod).
"""

from collections.abc import Sequence
from typing import Protocol

from sim.cluster.objects import Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog


class Secrets(Protocol):
    """Who knows which secrets there are."""

    def missing(self, pod: Pod) -> Sequence[str]:
        """Return the pull secrets that a pod names and nobody has."""

    def row_of_missing(self, pod: Pod) -> int:
        """Return the row that explains why a pod's pull secrets are missing."""


class PullSecrets:
    """The pull secrets of one node's pods."""

    __slots__ = ("_log", "_node", "_rows", "_secrets")

    def __init__(self, log: EventLog, node: int, secrets: Secrets) -> None:
        self._log = log
        self._node = node
        self._secrets = secrets
        # pod -> row that said that secrets are missing
        self._rows: dict[int, int] = {}

    def check(self, pod: Pod, cause: int) -> None:
        """Say which ones are missing, if any are."""
        missing = self._secrets.missing(pod)
        self._rows.pop(pod.id, None)
        if missing:
            self._rows[pod.id] = self._log.append(
                Kind.SECRETS_MISSING,
                node=self._node,
                pod=pod.id,
                text=self._log.names.id(", ".join(missing)),
                cause=cause,
                source=self._secrets.row_of_missing(pod),
            )

    def row_of(self, pod: Pod) -> int | None:
        """Return the row that last said that some of a pod's are missing, or None."""
        return self._rows.get(pod.id)
