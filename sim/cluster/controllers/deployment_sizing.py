"""How a Deployment sizes its ReplicaSets: rolling, recreating, scaling.

Source: pkg/controller/deployment (rolling.go, recreate.go, sync.go).
"""

from sim.cluster.controllers.deployment_conditions import DeploymentConditions
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.replica_set import ReplicaSetController
from sim.cluster.controllers.replica_set_state import ReplicaSet
from sim.cluster.names import template_hash
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import deployment_status as statuses
from sim.rules import rollout
from sim.scenario import model


class DeploymentSizing:
    """Creates, sizes and removes the ReplicaSets of Deployments."""

    __slots__ = ("_conditions", "_log", "_sets")

    def __init__(
        self,
        log: EventLog,
        sets: ReplicaSetController,
        conditions: DeploymentConditions,
    ) -> None:
        self._log = log
        self._sets = sets
        self._conditions = conditions

    def sync_revision(self, deployment: DeploymentState) -> None:
        """Give a set that is used again the highest number, and its new settings.

        Source: sync.go, getNewReplicaSet.
        """
        new = deployment.new_set
        if new is None:
            return
        highest = 0
        for one in deployment.sets:
            if one.revision > highest and one.hash != new.hash:
                highest = one.revision
        if new.revision <= highest:
            new.past_revisions.append(new.revision)
            new.revision = highest + 1
        if new.min_ready_us != deployment.spec.min_ready_us:
            new.min_ready_us = deployment.spec.min_ready_us
            self._sets.wake(new, deployment.row)

    def roll(self, deployment: DeploymentState) -> None:
        """Let the new set grow, or else old ones shrink, as far as may be."""
        new = deployment.new_set or self._create_set(deployment)
        posts, replicas = deployment.fenceposts, deployment.spec.replicas
        total = 0
        for one in deployment.sets:
            total += one.replicas
        size = rollout.new_set_size(new.replicas, total, replicas, posts.surge)
        if size != new.replicas:
            self._size(deployment, new, size)
        elif not self._shrink_old(deployment, new) and deployment.is_complete:
            self.clean_up(deployment)

    def _shrink_old(self, deployment: DeploymentState, new: ReplicaSet) -> bool:
        """Size old sets down as far as may be; tell whether any was."""
        old = [one for one in deployment.old_sets if one.replicas]
        if not old:
            return False
        sizes = rollout.old_set_sizes(
            [rollout.SetSize(one.replicas, one.available) for one in old],
            rollout.SetSize(new.replicas, new.available),
            deployment.spec.replicas,
            deployment.fenceposts.unavailable,
        )
        changed = False
        for one, size in zip(old, sizes, strict=True):
            if size != one.replicas:
                self._size(deployment, one, size)
                changed = True
        return changed

    def recreate(self, deployment: DeploymentState) -> None:
        """Let old sets have no pods, then the new one all."""
        old = deployment.old_sets
        active = [one for one in old if one.replicas]
        for one in active:
            self._size(deployment, one, 0)
        # Pods that are still terminating keep the new set from appearing.
        if active or any(one.current or one.runs for one in old):
            return
        new = deployment.new_set or self._create_set(deployment)
        if new.replicas != deployment.spec.replicas:
            self._size(deployment, new, deployment.spec.replicas)
        if deployment.is_complete:
            self.clean_up(deployment)

    def _create_set(self, deployment: DeploymentState) -> ReplicaSet:
        spec, hashed, sets = deployment.spec, deployment.hash, deployment.sets
        new = ReplicaSet(
            namespace=spec.namespace,
            name=f"{spec.name}-{hashed}",
            owner=deployment.full_name,
            template=spec.template,
            template_hash=hashed,
            number=1 + max((one.number for one in sets), default=-1),
            min_ready_us=spec.min_ready_us,
        )
        new.revision = 1 + max((one.revision for one in sets), default=0)
        total = sum(one.replicas for one in sets)
        surge = deployment.fenceposts.surge
        sets.append(new)
        self._sets.add(new)
        size = rollout.new_set_size(0, total, spec.replicas, surge)
        self._size(deployment, new, size)
        self._conditions.move(deployment, statuses.NEW_SET_CREATED)
        return new

    def _size(self, deployment: DeploymentState, one: ReplicaSet, size: int) -> None:
        """Size a set, note the Deployment's own size with it, and say so."""
        before, one.replicas = one.replicas, size
        replicas = deployment.spec.replicas
        one.noted = replicas
        one.noted_max = replicas + deployment.fenceposts.surge
        if before == size:
            return
        one.row = self._log.append(
            Kind.SCALED_REPLICA_SET,
            object=deployment.id,
            text=self._log.names.id(one.name),
            amount=size,
            span=before,
            cause=deployment.row,
        )
        self._sets.wake(one, one.row)

    def clean_up(self, deployment: DeploymentState) -> None:
        """Remove old sets beyond the history limit."""
        for one in deployment.surplus():
            deployment.sets.remove(one)
            self._sets.remove(one)

    # --- scaling in the middle of an update ---

    def scale(self, deployment: DeploymentState) -> None:
        """Bring the sets to a new number of replicas.

        Source: sync.go, scale; deployment_util.go, FindActiveOrLatest, IsSaturated.
        """
        replicas = deployment.spec.replicas
        active = [one for one in deployment.sets if one.replicas]
        new = deployment.new_set
        if len(active) <= 1:
            only = next(iter(active), new) or deployment.newest
            if only is not None and only.replicas != replicas:
                self._size(deployment, only, replicas)
        elif new is not None and (
            new.replicas == new.noted == new.available == replicas
        ):
            for one in active:
                if one is not new:
                    self._size(deployment, one, 0)
        elif deployment.spec.strategy == "RollingUpdate":
            self._spread(deployment, active)

    def _spread(self, deployment: DeploymentState, active: list[ReplicaSet]) -> None:
        replicas, surge = deployment.spec.replicas, deployment.fenceposts.surge
        allowed = replicas + surge if replicas > 0 else 0
        adding = allowed > sum(one.replicas for one in active)
        ordered = sorted(
            active,
            key=lambda one: (-one.replicas, -one.number if adding else one.number),
        )
        sizes = rollout.proportional_sizes(
            [
                rollout.Proportion(spec=one.replicas, noted_max=one.noted_max)
                for one in ordered
            ],
            replicas,
            surge,
        )
        for one, size in zip(ordered, sizes, strict=True):
            self._size(deployment, one, size)

    # --- what was there already ---

    def saved_set(
        self, deployment: DeploymentState, obj: model.PodObject
    ) -> ReplicaSet:
        """Return a new set for a pod that was there already."""
        assert obj.saved is not None, obj.name  # noqa: S101 - it is a saved one
        spec, template = deployment.spec, obj.template
        is_new = template.images == spec.template.images
        if is_new and deployment.new_set is None:
            template = spec.template
        one = ReplicaSet(
            namespace=spec.namespace,
            name=obj.saved.replica_set,
            owner=deployment.full_name,
            template=template,
            template_hash=template_hash(template),
            number=len(deployment.sets),
            min_ready_us=spec.min_ready_us,
        )
        one.revision = len(deployment.sets) + 1
        deployment.sets.append(one)
        self._sets.add(one)
        return one
