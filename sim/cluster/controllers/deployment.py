"""The Deployment controller: replace pods of one template by pods of another.

Source: pkg/controller/deployment (deployment_controller.go, sync.go, rolling.go,
recreate.go, progress.go).
"""

from dataclasses import replace

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.controllers import refusals
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.replica_set import ReplicaSetController
from sim.cluster.controllers.replica_set_state import ReplicaSet
from sim.cluster.controllers.revisions import RESTARTED_AT
from sim.cluster.names import template_hash
from sim.cluster.streams import Draw
from sim.cluster.work_queue import WorkQueue
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import deployment_status as statuses
from sim.rules import rollout
from sim.scenario import model
from sim.units import SECOND


class DeploymentController:
    """All Deployments; see ``watchers.Workloads``.

    ``wall_us`` is the wall clock's part of a second at time 0, ``draw`` what chance
    decides among pods that may go first as well as others.
    """

    __slots__ = ("_api", "_env", "_log", "_queue", "_sets", "deployments")

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        api: APIServer,
        wall_us: int = 0,
        *,
        draw: Draw | None = None,
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self.deployments: dict[str, DeploymentState] = {}
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        self._sets = ReplicaSetController(
            env, api, self.wake, self._one_more, wall_us, draw, kind="deployment"
        )

    def wake(self, name: str, row: int) -> None:
        """Something of a Deployment changed; ``row`` says what."""
        deployment = self.deployments.get(name)
        if deployment is not None:
            deployment.row = row
            self._queue.add(name)

    def _one_more(self, name: str, row: int) -> bool:
        """Count one more ready pod, unless a pass would do more; ``row`` is its row.

        It would not in the middle of a rollout that has nothing left to size: it notes
        the new numbers and that there was progress, but writes no condition, and it
        leaves the watch over the deadline as it is.
        """
        deployment = self.deployments[name]
        if not (deployment.only_counts_one_more and self._queue.rests(name)):
            return False
        deployment.row = row
        terminating = deployment.sets[0].terminating
        deployment.status = statuses.one_more(deployment.status, terminating)
        deployment.progress_us = self._sets.floor_us(self._env.now)
        return True

    # --- what people ask for ---

    def apply(self, obj: model.Deployment, cause: int) -> None:
        """Create a Deployment, or replace the spec of one."""
        name = f"{obj.namespace}/deployment/{obj.name}"
        known = self.deployments.get(name)
        if known is None:
            self.deployments[name] = DeploymentState(obj, self._log.names.id(name))
        elif known.spec == obj:
            return
        else:
            known.replace_spec(obj)
        self.wake(name, cause)

    def adopt(self, name: str, obj: model.PodObject) -> tuple[dict[str, str], str]:
        """Take a pod that was there already in; return its labels and ReplicaSet.

        Its set is the newest one if the pod has the template's images, else an old
        one; a set was as large as the pods that are found of it.
        """
        deployment = self.deployments[name]
        assert obj.saved is not None, obj.name  # noqa: S101 - it is a saved one
        found = [s for s in deployment.sets if s.name == obj.saved.replica_set]
        one = found[0] if found else self._saved_set(deployment, obj)
        deployment.settled = None
        one.replicas += 1
        one.noted = deployment.spec.replicas
        one.noted_max = one.noted + deployment.fenceposts.surge
        return {}, one.name

    def _saved_set(
        self, deployment: DeploymentState, obj: model.PodObject
    ) -> ReplicaSet:
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

    def template_of(self, name: str) -> model.PodTemplate | None:
        """Return a Deployment's template, None if there is no such Deployment."""
        known = self.deployments.get(name)
        return known.spec.template if known is not None else None

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Change the number of replicas."""
        self.apply(replace(self.deployments[name].spec, replicas=replicas), cause)

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template: the one thing that starts a rollout."""
        self.apply(replace(self.deployments[name].spec, template=template), cause)

    def rollout_restart(self, name: str, cause: int) -> None:
        """Write a time into the template's annotations.

        Raises ``RefusedError`` if the Deployment is paused.
        """
        spec = self.deployments[name].spec
        if spec.paused:
            raise refusals.paused_restart(spec.name)
        stamp = {RESTARTED_AT: str(self._env.now)}
        annotations = spec.template.annotations | stamp
        template = replace(spec.template, annotations=annotations)
        self.set_template(name, template, cause)

    def pause(self, name: str, cause: int, *, paused: bool) -> None:
        """Pause or resume rollouts.

        Raises ``RefusedError`` if that is how things are already.
        """
        spec = self.deployments[name].spec
        if spec.paused == paused:
            refuse = refusals.already_paused if paused else refusals.not_paused
            raise refuse(spec.name)
        self.apply(replace(spec, paused=paused), cause)

    def rollout_undo(self, name: str, cause: int, to_revision: int = 0) -> bool:
        """Return to the template of a revision, 0 = the one before.

        False if it is the current one: then nothing changes. Raises
        ``RefusedError`` if there is no such revision, or the Deployment is paused.
        """
        deployment = self.deployments[name]
        template = deployment.undo_target(to_revision)
        if template == deployment.spec.template:
            return False
        self.set_template(name, template, cause)
        return True

    def rollout_history(self, name: str) -> list[int]:
        """Return the numbers of the revisions that are kept, lowest first."""
        return sorted(one.revision for one in self.deployments[name].sets)

    # --- one pass ---

    def _sync(self, name: str) -> None:
        deployment = self.deployments[name]
        if deployment.settled is deployment.spec:
            self._progress(deployment)
            return
        self._sync_revision(deployment)
        self._note_pause(deployment)
        if deployment.spec.paused or deployment.is_scaling:
            self._scale(deployment)
            if deployment.spec.paused:
                self._clean_up(deployment)
            self._write_status(deployment, deployment.count())
            return
        if deployment.spec.strategy == "Recreate":
            self._recreate(deployment)
        else:
            self._roll(deployment)
        self._progress(deployment)
        deployment.settled = deployment.spec if deployment.settles() else None

    def _sync_revision(self, deployment: DeploymentState) -> None:
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

    def _note_pause(self, deployment: DeploymentState) -> None:
        reason = deployment.progressing
        now = statuses.when_paused(reason, paused=deployment.spec.paused)
        if now != reason:
            self._move(deployment, now)

    def _roll(self, deployment: DeploymentState) -> None:
        new = deployment.new_set or self._create_set(deployment)
        posts, replicas = deployment.fenceposts, deployment.spec.replicas
        total = 0
        for one in deployment.sets:
            total += one.replicas
        size = rollout.new_set_size(new.replicas, total, replicas, posts.surge)
        if size != new.replicas:
            self._size(deployment, new, size)
        elif not self._shrink_old(deployment, new) and deployment.is_complete:
            self._clean_up(deployment)

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

    def _recreate(self, deployment: DeploymentState) -> None:
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
            self._clean_up(deployment)

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
        self._move(deployment, statuses.NEW_SET_CREATED)
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

    def _clean_up(self, deployment: DeploymentState) -> None:
        for one in deployment.surplus():
            deployment.sets.remove(one)
            self._sets.remove(one)

    # --- scaling in the middle of an update ---

    def _scale(self, deployment: DeploymentState) -> None:
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
        elif new is not None and new.replicas == new.available == replicas:
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

    # --- status ---

    def _progress(self, deployment: DeploymentState) -> None:
        """Update the Progressing condition, then the status."""
        status, known = deployment.count(), deployment.progressing
        forward = statuses.is_progressing(deployment.status, status)
        late = self._env.now > deployment.deadline_us
        reason = statuses.progress(
            known, status, deployment.spec.replicas, forward=forward, late=late
        )
        if reason != known or (forward and reason == statuses.UPDATED):
            self._move(deployment, reason)
        self._write_status(deployment, status)
        self._watch_deadline(deployment)

    def _move(self, deployment: DeploymentState, reason: str) -> None:
        """Write the Progressing condition; its time has whole seconds."""
        deployment.progress_us = self._sets.floor_us(self._env.now)
        if reason != deployment.progressing:
            deployment.progressing = reason
            self._note_condition(deployment, f"Progressing={reason}")

    def _watch_deadline(self, deployment: DeploymentState) -> None:
        """Look again a second after the deadline, as upstream does."""
        if deployment.progressing in (statuses.COMPLETE, statuses.EXCEEDED):
            return
        delay = deployment.deadline_us + SECOND - self._env.now
        if delay > 0:
            self._queue.add_after(deployment.full_name, delay)

    def _write_status(
        self, deployment: DeploymentState, status: statuses.Status
    ) -> None:
        deployment.status = status
        enough = status.available >= deployment.minimum
        available = statuses.AVAILABLE if enough else statuses.NOT_AVAILABLE
        if available != deployment.available:
            deployment.available = available
            self._note_condition(deployment, f"Available={available}")

    def _note_condition(self, deployment: DeploymentState, text: str) -> None:
        self._log.append(
            Kind.DEPLOYMENT_CONDITION,
            object=deployment.id,
            text=self._log.names.id(text),
            cause=deployment.row,
        )
