"""The Deployment controller: replace pods of one template by pods of another.

Source: pkg/controller/deployment/deployment_controller.go.
"""

from dataclasses import replace

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.controllers import refusals
from sim.cluster.controllers.deployment_conditions import DeploymentConditions
from sim.cluster.controllers.deployment_sizing import DeploymentSizing
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.replica_set import ReplicaSetController
from sim.cluster.controllers.revisions import RESTARTED_AT
from sim.cluster.controllers.work_queue import WorkQueue
from sim.cluster.streams import Draw
from sim.record.log import EventLog
from sim.rules import deployment_status as statuses
from sim.scenario import model
from sim.units import SECOND


class DeploymentController:
    """All Deployments; see ``watchers.Workloads``.

    ``wall_us`` is the wall clock's part of a second at time 0, ``draw`` what chance
    decides among pods that may go first as well as others.
    """

    __slots__ = (
        "_conditions",
        "_env",
        "_log",
        "_queue",
        "_sets",
        "_sizing",
        "deployments",
    )

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
        self.deployments: dict[str, DeploymentState] = {}
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        self._sets = ReplicaSetController(
            env, api, self.wake, self._one_more, wall_us, draw, kind="deployment"
        )
        self._conditions = DeploymentConditions(env, log, self._sets)
        self._sizing = DeploymentSizing(log, self._sets, self._conditions)

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
        one = found[0] if found else self._sizing.saved_set(deployment, obj)
        deployment.settled = None
        one.replicas += 1
        one.noted = deployment.spec.replicas
        one.noted_max = one.noted + deployment.fenceposts.surge
        return {}, one.name

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
        settled = deployment.settled is deployment.spec
        if not settled:
            self._sizing.sync_revision(deployment)
            self._conditions.note_pause(deployment)
            if deployment.spec.paused or deployment.is_scaling:
                self._scale(deployment)
                return
            if deployment.spec.strategy == "Recreate":
                self._sizing.recreate(deployment)
            else:
                self._sizing.roll(deployment)
        self._conditions.update(deployment)
        self._watch_deadline(deployment)
        if not settled:
            deployment.settled = deployment.spec if deployment.settles() else None

    def _scale(self, deployment: DeploymentState) -> None:
        """Bring the sets to a new number of replicas; nothing is rolled meanwhile."""
        self._sizing.scale(deployment)
        if deployment.spec.paused:
            self._sizing.clean_up(deployment)
        self._conditions.write_status(deployment, deployment.count())

    def _watch_deadline(self, deployment: DeploymentState) -> None:
        """Look again a second after the deadline, as upstream does."""
        if deployment.progressing in (statuses.COMPLETE, statuses.EXCEEDED):
            return
        delay = deployment.deadline_us + SECOND - self._env.now
        if delay > 0:
            self._queue.add_after(deployment.full_name, delay)
