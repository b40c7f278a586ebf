"""One ReplicaSet as its controller sees it: what it asks for, its pods, its status.

Source: pkg/controller/replicaset/replica_set.go (calculateStatus).
"""

from sim.cluster.objects import Phase, Pod
from sim.record.rows import NONE
from sim.scenario.model import PodTemplate

_ENDED = (Phase.SUCCEEDED, Phase.FAILED)
_ACTIVE, _READY, _TERMINATING, _OVER = "active", "ready", "terminating", "over"
LIVE = (_ACTIVE, _READY)
_NOT_HERE = ""  # as a pod begins
_STATES = (_NOT_HERE, _ACTIVE, _READY, _TERMINATING, _OVER)


class ReplicaSet:
    """One ReplicaSet: what it asks for, its pods, and its last status.

    ``replicas`` is spec.replicas; ``noted`` and ``noted_max`` are what the Deployment
    wrote into its annotations when it last sized the set. ``past_revisions`` are the
    numbers that the set had before it was used again. ``row`` is the row that sized
    it last: what its pods were created or deleted for; ``woken_row`` what woke it.
    ``full_name`` is ``namespace/name``. Of its pods, ``active_count`` have neither
    ended nor are being deleted, ``ready_count`` of these are ready, and
    ``terminating`` are being deleted.
    """

    __slots__ = (
        "_counts",
        "active_count",
        "available",
        "current",
        "full_name",
        "hash",
        "min_ready_us",
        "name",
        "namespace",
        "noted",
        "noted_max",
        "number",
        "owner",
        "past_revisions",
        "pods",
        "ready",
        "ready_count",
        "replicas",
        "revision",
        "row",
        "template",
        "terminating",
        "woken_row",
    )

    def __init__(
        self,
        *,
        namespace: str,
        name: str,
        owner: str,
        template: PodTemplate,
        template_hash: str,
        number: int,
        min_ready_us: int,
    ) -> None:
        self.namespace = namespace
        self.name = name
        self.full_name = f"{namespace}/{name}"
        self.owner = owner
        self.template = template
        self.hash = template_hash
        self.number = number
        self.min_ready_us = min_ready_us
        self.revision = 0
        self.past_revisions: list[int] = []
        self.replicas = 0
        self.noted = 0
        self.noted_max = 0
        self.row = NONE
        self.woken_row = NONE
        self.pods: dict[str, Pod] = {}
        self._counts = dict.fromkeys(_STATES, 0)
        self.active_count = self.ready_count = self.terminating = 0
        self.current = 0  # status.replicas
        self.ready = 0
        self.available = 0

    def note(self, pod: Pod) -> None:
        """Count a pod by its state of now, in place of what it counted as before.

        Sets may have thousands of pods: their states are counted as they change,
        never by looking at all of them.
        """
        before, counts = pod.counted, self._counts
        pod.counted = after = _NOT_HERE if pod.gone else counts_as(pod)
        if before == after:
            return
        if before == _NOT_HERE:
            self.pods[pod.full_name] = pod
        elif after == _NOT_HERE:
            del self.pods[pod.full_name]
        counts[before] -= 1
        counts[after] += 1
        self.ready_count = ready = counts[_READY]
        self.active_count = counts[_ACTIVE] + ready
        self.terminating = counts[_TERMINATING]

    @property
    def runs(self) -> bool:
        """Whether a pod has not ended, be it on its way out."""
        return any(pod.status.phase not in _ENDED for pod in self.pods.values())

    def active(self) -> list[Pod]:
        """Pods that count."""
        return [pod for pod in self.pods.values() if pod.counted in LIVE]


def counts_as(pod: Pod) -> str:
    """Return the state that a pod counts by."""
    if pod.deleted_us is not None:
        return _TERMINATING
    status = pod.status
    if status.phase in _ENDED:
        return _OVER
    return _READY if status.ready else _ACTIVE
