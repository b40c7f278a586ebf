"""One Deployment as its controller sees it: the spec, the ReplicaSets, the status.

Source: pkg/controller/deployment/util/deployment_util.go.
"""

from sim.cluster.controllers import refusals
from sim.cluster.controllers.replica_set_state import ReplicaSet
from sim.cluster.names import template_hash
from sim.record.rows import NONE
from sim.rules import deployment_status as statuses
from sim.rules import rollout
from sim.scenario import model


class DeploymentState:
    """A Deployment with its ReplicaSets, in order of creation, and status.

    Of its spec, ``hash`` is that of the template, ``fenceposts`` are its surge and
    unavailability, and ``minimum`` is how many pods are enough to be available.
    ``progressing`` and ``available`` are its conditions, empty before they are
    written. ``row`` is the act or change that the next sizing is due to;
    ``progress_us`` the time of the Progressing condition, and ``full_name``
    ``namespace/deployment/name``. ``settled`` is the spec under which nothing is left
    to size or to remove, whatever becomes of the pods.
    """

    __slots__ = (
        "available",
        "fenceposts",
        "full_name",
        "hash",
        "id",
        "minimum",
        "progress_us",
        "progressing",
        "row",
        "sets",
        "settled",
        "spec",
        "status",
    )

    def __init__(self, spec: model.Deployment, number: int) -> None:
        self.full_name = f"{spec.namespace}/deployment/{spec.name}"
        self.id = number
        self.sets: list[ReplicaSet] = []
        self.settled: model.Deployment | None = None
        self.row = NONE
        self.status = statuses.Status()
        self.progressing = self.available = ""
        self.progress_us = 0
        self.replace_spec(spec)

    def replace_spec(self, spec: model.Deployment) -> None:
        """Ask for something else."""
        self.spec = spec
        self.hash = template_hash(spec.template)
        self.fenceposts = _fenceposts(spec)
        self.minimum = spec.replicas - self.fenceposts.unavailable

    @property
    def conditions(self) -> dict[str, str]:
        """The conditions by type, without those that were never written."""
        every = {"Progressing": self.progressing, "Available": self.available}
        return {kind: state for kind, state in every.items() if state}

    @property
    def deadline_us(self) -> int:
        """When the current rollout should have gone forward."""
        return self.progress_us + self.spec.progress_deadline_us

    # --- ReplicaSets ---

    @property
    def new_set(self) -> ReplicaSet | None:
        """The set of the current template."""
        wanted = self.hash
        for one in self.sets:
            if one.hash == wanted:
                return one
        return None

    @property
    def old_sets(self) -> list[ReplicaSet]:
        """All others, oldest first."""
        wanted = self.hash
        return [one for one in self.sets if one.hash != wanted]

    @property
    def newest(self) -> ReplicaSet | None:
        """The set that was created last."""
        return self.sets[-1] if self.sets else None

    @property
    def is_scaling(self) -> bool:
        """Whether a set was last sized for another number of replicas.

        Source: sync.go, isScalingEvent.
        """
        replicas = self.spec.replicas
        return any(one.replicas and one.noted != replicas for one in self.sets)

    @property
    def is_complete(self) -> bool:
        """Whether the last status says that the rollout is over."""
        return statuses.is_complete(self.status, self.spec.replicas)

    def settles(self) -> bool:
        """Whether there is but one set, it is the new one, and as large as it may be.

        A pass has nothing to do then but to write the status, until the spec changes.
        """
        spec, sets = self.spec, self.sets
        return (
            len(sets) == 1
            and sets[0].hash == self.hash
            and sets[0].replicas == sets[0].noted == spec.replicas
            and spec.strategy == "RollingUpdate"
            and not spec.paused
        )

    def surplus(self) -> list[ReplicaSet]:
        """Return old sets beyond the history limit that have no pods.

        Source: sync.go, cleanupDeployment.
        """
        old = self.old_sets
        count = len(old) - self.spec.revision_history_limit
        if count <= 0:
            return []
        old.sort(key=lambda one: one.revision)
        return [one for one in old[:count] if not (one.replicas or one.current)]

    def undo_target(self, to_revision: int) -> model.PodTemplate:
        """Return the template of a revision, 0 = the second highest.

        Raises ``RefusedError`` if there is none, or the Deployment is paused.

        Source: kubectl pkg/polymorphichelpers/rollback.go, deploymentRevision.
        """
        ordered = sorted(self.sets, key=lambda one: -one.revision)
        if to_revision:
            found = [one for one in ordered if one.revision == to_revision]
            if not found:
                raise refusals.revision_not_found(to_revision)
        else:
            found = ordered[1:2]
            if not found:
                raise refusals.no_history(self.spec.name)
        if self.spec.paused:
            raise refusals.paused_rollback(self.spec.name)
        return found[0].template

    # --- status ---

    @property
    def only_counts_one_more(self) -> bool:
        """Whether one more available pod would change the numbers and nothing else.

        Neither would the rollout be over, nor would there be enough pods now.
        """
        spec, available = self.spec, self.status.available + 1
        return (
            self.settled is spec
            and self.progressing == statuses.UPDATED
            and available < spec.replicas
            and available != self.minimum
        )

    def count(self) -> statuses.Status:
        """Return the status by what the ReplicaSets say now.

        Source: sync.go, calculateStatus.
        """
        wanted, updated = self.hash, -1
        asked = replicas = ready = available = terminating = 0
        for one in self.sets:
            if one.hash == wanted and updated < 0:
                updated = one.current
            asked += one.replicas
            replicas += one.current
            ready += one.ready
            available += one.available
            terminating += one.terminating
        return statuses.Status(
            replicas,
            max(0, updated),
            ready,
            available,
            max(0, asked - available),
            terminating,
        )


def _fenceposts(spec: model.Deployment) -> rollout.Fenceposts:
    if spec.strategy == "Recreate":
        return rollout.Fenceposts(surge=0, unavailable=0)
    return rollout.fenceposts(spec.max_surge, spec.max_unavailable, spec.replicas)
