"""The status and the conditions that the controller writes of Deployments.

Source: pkg/controller/deployment/progress.go, and sync.go, syncDeploymentStatus.
"""

from sim.cluster.clock import Clock
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.replica_set import ReplicaSetController
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import deployment_status as statuses


class DeploymentConditions:
    """Writes the Progressing and Available conditions, each change as a row."""

    __slots__ = ("_env", "_log", "_sets")

    def __init__(self, env: Clock, log: EventLog, sets: ReplicaSetController) -> None:
        self._env = env
        self._log = log
        self._sets = sets

    def update(self, deployment: DeploymentState) -> None:
        """Update the Progressing condition, then the status."""
        status, known = deployment.count(), deployment.progressing
        forward = statuses.is_progressing(deployment.status, status)
        late = self._env.now > deployment.deadline_us
        reason = statuses.progress(
            known, status, deployment.spec.replicas, forward=forward, late=late
        )
        if reason != known or (forward and reason == statuses.UPDATED):
            self.move(deployment, reason)
        self.write_status(deployment, status)

    def note_pause(self, deployment: DeploymentState) -> None:
        """Say in the Progressing condition that a rollout is paused, or goes on."""
        reason = deployment.progressing
        now = statuses.when_paused(reason, paused=deployment.spec.paused)
        if now != reason:
            self.move(deployment, now)

    def move(self, deployment: DeploymentState, reason: str) -> None:
        """Write the Progressing condition; its time has whole seconds."""
        deployment.progress_us = self._sets.floor_us(self._env.now)
        if reason != deployment.progressing:
            deployment.progressing = reason
            self._note_condition(deployment, f"Progressing={reason}")

    def write_status(
        self, deployment: DeploymentState, status: statuses.Status
    ) -> None:
        """Write the numbers, and whether enough pods are available."""
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
