"""The Deployment controller: replace pods of one template by pods of another.

Source: pkg/controller/deployment (deployment_controller.go, sync.go, rolling.go,
recreate.go, progress.go).
"""

from dataclasses import replace

from sim.cluster.api_server import APIServer
from sim.cluster.clock import Clock
from sim.cluster.controllers.replica_set import ReplicaSet, ReplicaSetController
from sim.cluster.names import template_hash
from sim.cluster.work_queue import WorkQueue
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules import rollout
from sim.scenario import model
from sim.units import SECOND

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"

NEW_SET_CREATED = "True NewReplicaSetCreated"
UPDATED = "True ReplicaSetUpdated"
COMPLETE = "True NewReplicaSetAvailable"
EXCEEDED = "False ProgressDeadlineExceeded"
PAUSED = "Unknown DeploymentPaused"
RESUMED = "Unknown DeploymentResumed"
AVAILABLE = "True MinimumReplicasAvailable"
NOT_AVAILABLE = "False MinimumReplicasUnavailable"


class DeploymentState:
    """A Deployment with its ReplicaSets and status.

    ``status`` = replicas, updated, ready, available, unavailable, terminating.
    ``row`` is the act or change that the next sizing is due to.
    """

    __slots__ = (
        "_hashed",
        "conditions",
        "id",
        "progress_us",
        "row",
        "sets",
        "spec",
        "status",
    )

    def __init__(self, spec: model.Deployment, number: int) -> None:
        self.spec = spec
        self.id = number
        self._hashed: tuple[model.PodTemplate, str] | None = None
        self.sets: list[ReplicaSet] = []
        self.row = NONE
        self.status = (0, 0, 0, 0, 0, 0)
        self.conditions: dict[str, str] = {}
        self.progress_us = 0

    @property
    def hash(self) -> str:
        """The hash of the current template, made once for each template."""
        template = self.spec.template
        if self._hashed is None or self._hashed[0] is not template:
            self._hashed = (template, template_hash(template))
        return self._hashed[1]

    @property
    def full_name(self) -> str:
        """``namespace/deployment/name``."""
        return f"{self.spec.namespace}/deployment/{self.spec.name}"

    @property
    def fenceposts(self) -> rollout.Fenceposts:
        """Surge and unavailability, resolved."""
        spec = self.spec
        if spec.strategy == "Recreate":
            return rollout.Fenceposts(surge=0, unavailable=0)
        return rollout.fenceposts(spec.max_surge, spec.max_unavailable, spec.replicas)


class DeploymentController:
    """All Deployments; see ``api_server.Workloads``."""

    __slots__ = ("_api", "_env", "_log", "_queue", "_sets", "deployments")

    def __init__(
        self, env: Clock, log: EventLog, api: APIServer, wall_us: int = 0
    ) -> None:
        self._env = env
        self._log = log
        self._api = api
        self.deployments: dict[str, DeploymentState] = {}
        self._queue: WorkQueue[str] = WorkQueue(env, self._sync)
        self._sets = ReplicaSetController(env, api, self.wake, wall_us)

    def wake(self, name: str, row: int) -> None:
        """Something of a Deployment changed; ``row`` says what."""
        deployment = self.deployments.get(name)
        if deployment is not None:
            deployment.row = row
            self._queue.add(name)

    # --- what people ask for ---

    def apply(self, obj: model.Deployment, cause: int) -> None:
        """Create a Deployment, or replace the spec of one."""
        name = f"{obj.namespace}/deployment/{obj.name}"
        known = self.deployments.get(name)
        if known is None:
            self.deployments[name] = DeploymentState(obj, self._log.names.id(name))
        else:
            known.spec = obj
        self.wake(name, cause)

    def scale(self, name: str, replicas: int, cause: int) -> None:
        """Change the number of replicas."""
        deployment = self.deployments[name]
        deployment.spec = replace(deployment.spec, replicas=replicas)
        self.wake(name, cause)

    def set_template(self, name: str, template: model.PodTemplate, cause: int) -> None:
        """Change the template: the one thing that starts a rollout."""
        deployment = self.deployments[name]
        deployment.spec = replace(deployment.spec, template=template)
        self.wake(name, cause)

    def spec(self, name: str) -> model.Deployment | None:
        """Return a Deployment as it stands, None if there is no such Deployment."""
        deployment = self.deployments.get(name)
        return deployment.spec if deployment else None

    def revisions(self, name: str) -> tuple[int, ...]:
        """Return the revisions that can be gone back to, the current one last."""
        return tuple(sorted(one.revision for one in self.deployments[name].sets))

    def undo(self, name: str, to_revision: int, cause: int) -> None:
        """Take the template of a revision again; 0 means the one before."""
        wanted = to_revision or self.revisions(name)[-2]
        for one in self.deployments[name].sets:
            if one.revision == wanted:
                self.set_template(name, one.template, cause)

    def rollout_restart(self, name: str, cause: int) -> None:
        """Write a time into the template's annotations."""
        template = self.deployments[name].spec.template
        stamp = {RESTARTED_AT: str(self._env.now)}
        annotations = template.annotations | stamp
        self.set_template(name, replace(template, annotations=annotations), cause)

    def pause(self, name: str, cause: int, *, paused: bool) -> None:
        """Pause or resume rollouts."""
        deployment = self.deployments[name]
        deployment.spec = replace(deployment.spec, paused=paused)
        if deployment.conditions.get("Progressing") != EXCEEDED:
            self._condition(deployment, "Progressing", PAUSED if paused else RESUMED)
            deployment.progress_us = self._sets.floor_us(self._env.now)
        self.wake(name, cause)

    # --- one pass ---

    def _sync(self, name: str) -> None:
        deployment = self.deployments[name]
        if deployment.spec.paused or self._is_scaling(deployment):
            self._scale(deployment)
            self._write_status(deployment)
            return
        if deployment.spec.strategy == "Recreate":
            self._recreate(deployment)
        else:
            self._roll(deployment)

    def _is_scaling(self, deployment: DeploymentState) -> bool:
        replicas = deployment.spec.replicas
        return any(s.replicas and s.noted != replicas for s in deployment.sets)

    def _roll(self, deployment: DeploymentState) -> None:
        new = self._new_set(deployment)
        posts, replicas = deployment.fenceposts, deployment.spec.replicas
        total = sum(one.replicas for one in deployment.sets)
        size = rollout.new_set_size(new.replicas, total, replicas, posts.surge)
        if size != new.replicas:
            self._size(deployment, new, size)
        else:
            old = [one for one in deployment.sets if one is not new]
            sizes = rollout.old_set_sizes(
                [
                    rollout.SetSize(spec=one.replicas, available=one.available)
                    for one in old
                ],
                rollout.SetSize(spec=new.replicas, available=new.available),
                replicas,
                posts.unavailable,
            )
            for one, wanted in zip(old, sizes, strict=True):
                if wanted != one.replicas:
                    self._size(deployment, one, wanted)
        self._progress(deployment)

    def _recreate(self, deployment: DeploymentState) -> None:
        new = self._find_new(deployment)
        old = [one for one in deployment.sets if one is not new]
        down = [one for one in old if one.replicas]
        for one in down:
            self._size(deployment, one, 0)
        # Pods that are still terminating keep the new set from appearing.
        if not down and not any(one.pods for one in old):
            new = self._new_set(deployment)
            if new.replicas != deployment.spec.replicas:
                self._size(deployment, new, deployment.spec.replicas)
        self._progress(deployment)

    def _find_new(self, deployment: DeploymentState) -> ReplicaSet | None:
        wanted = deployment.hash
        return next((one for one in deployment.sets if one.hash == wanted), None)

    def _new_set(self, deployment: DeploymentState) -> ReplicaSet:
        """Return the set of the current template, creating it if there is none."""
        new = self._find_new(deployment)
        highest = max((one.revision for one in deployment.sets), default=0)
        if new is not None:
            if new.revision < highest:
                new.revision = highest + 1
            return new
        spec = deployment.spec
        hashed = deployment.hash
        new = ReplicaSet(
            namespace=spec.namespace,
            name=f"{spec.name}-{hashed}",
            owner=deployment.full_name,
            template=spec.template,
            template_hash=hashed,
            number=len(deployment.sets),
            min_ready_us=spec.min_ready_us,
        )
        new.revision = highest + 1
        total = sum(one.replicas for one in deployment.sets)
        surge = deployment.fenceposts.surge
        deployment.sets.append(new)
        self._sets.add(new)
        self._size(
            deployment, new, rollout.new_set_size(0, total, spec.replicas, surge)
        )
        self._condition(deployment, "Progressing", NEW_SET_CREATED)
        deployment.progress_us = self._sets.floor_us(self._env.now)
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

    # --- scaling in the middle of an update ---

    def _scale(self, deployment: DeploymentState) -> None:
        replicas = deployment.spec.replicas
        active = [one for one in deployment.sets if one.replicas]
        new = self._find_new(deployment)
        if len(active) <= 1:
            only = active[0] if active else new
            if only is not None and only.replicas != replicas:
                self._size(deployment, only, replicas)
            elif only is not None:
                only.noted = replicas
            return
        if new is not None and new.replicas == new.available == replicas:
            for one in active:
                if one is not new:
                    self._size(deployment, one, 0)
            return
        if deployment.spec.strategy == "RollingUpdate":
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
        status, before = self._status(deployment), deployment.status
        reason = deployment.conditions.get("Progressing", "")
        new = self._find_new(deployment)
        old = status[0] - status[1]
        replicas = deployment.spec.replicas
        if not (reason == COMPLETE and self._no_old(deployment, new)):
            if status[0] == status[1] == status[3] == replicas:
                self._move(deployment, COMPLETE)
            elif (
                status[1] > before[1]
                or status[2] > before[2]
                or status[3] > before[3]
                or old < before[0] - before[1]
            ):
                self._move(deployment, UPDATED)
            elif reason not in (COMPLETE, EXCEEDED) and self._late(deployment):
                self._condition(deployment, "Progressing", EXCEEDED)
        self._write_status(deployment)
        self._watch_deadline(deployment)

    @staticmethod
    def _no_old(deployment: DeploymentState, new: ReplicaSet | None) -> bool:
        return not any(one.current for one in deployment.sets if one is not new)

    def _move(self, deployment: DeploymentState, reason: str) -> None:
        if reason == UPDATED or deployment.conditions.get("Progressing") != reason:
            deployment.progress_us = self._sets.floor_us(self._env.now)
        self._condition(deployment, "Progressing", reason)

    def _late(self, deployment: DeploymentState) -> bool:
        deadline = deployment.progress_us + deployment.spec.progress_deadline_us
        return self._env.now > deadline

    def _watch_deadline(self, deployment: DeploymentState) -> None:
        """Look again a second after the deadline, as upstream does."""
        if deployment.conditions.get("Progressing") in (COMPLETE, EXCEEDED):
            return
        deadline = deployment.progress_us + deployment.spec.progress_deadline_us
        delay = deadline + SECOND - self._env.now
        if delay > 0:
            self._queue.add_after(deployment.full_name, delay)

    def _status(self, deployment: DeploymentState) -> tuple[int, ...]:
        new = self._find_new(deployment)
        total = sum(one.current for one in deployment.sets)
        available = sum(one.available for one in deployment.sets)
        return (
            total,
            new.current if new else 0,
            sum(one.ready for one in deployment.sets),
            available,
            max(0, total - available),
            sum(one.terminating for one in deployment.sets),
        )

    def _write_status(self, deployment: DeploymentState) -> None:
        status = self._status(deployment)
        deployment.status = status  # type: ignore[assignment]
        minimum = deployment.spec.replicas - deployment.fenceposts.unavailable
        available = AVAILABLE if status[3] >= minimum else NOT_AVAILABLE
        self._condition(deployment, "Available", available)

    def _condition(self, deployment: DeploymentState, kind: str, state: str) -> None:
        if deployment.conditions.get(kind) == state:
            return
        deployment.conditions[kind] = state
        self._log.append(
            Kind.DEPLOYMENT_CONDITION,
            object=deployment.id,
            text=self._log.names.id(f"{kind}={state}"),
            cause=deployment.row,
        )
