"""Carry out kubectl's commands: ask the API server, record, change.

A command is one row (an apply is one for each object), with kubectl's error text if
it is refused; then nothing changes. What follows from it names that row as its cause.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from sim.cluster import kubectl_apply
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.control_plane.templates import ALL
from sim.cluster.control_plane.watchers import Workloads
from sim.cluster.controllers import refusals
from sim.cluster.controllers.daemon_set import DaemonSetController
from sim.cluster.controllers.deployment import DeploymentController
from sim.cluster.controllers.deployment_state import DeploymentState
from sim.cluster.controllers.stateful_set import (
    StatefulSetController,
    StatefulSetState,
)
from sim.cluster.objects import Pod
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules import kubectl_errors
from sim.rules.admission import AdmissionError
from sim.scenario import model

SERVICE_ACCOUNTS = "serviceaccounts"
Undoable = DeploymentController | StatefulSetController | DaemonSetController


class Command(Protocol):
    """Anything that was typed."""

    @property
    def command(self) -> str:
        """The line."""


class Kubectl:
    """One person's kubectl."""

    __slots__ = ("_api", "_last_deployments", "_last_stateful_sets", "_log")

    def __init__(self, log: EventLog, api: APIServer) -> None:
        self._log = log
        self._api = api
        self._last_deployments: dict[str, model.Deployment] = {}
        self._last_stateful_sets: dict[str, model.StatefulSet] = {}

    def run(  # noqa: C901 - one case a command
        self, action: model.KubectlCommand | model.DeleteSecret
    ) -> None:
        """Carry a command out."""
        match action:
            case model.SetImage() if action.kind == "pod":
                self._set_pod_image(action)
            case (
                model.Scale()
                | model.SetImage()
                | model.RolloutRestart()
                | model.RolloutUndo()
                | model.RolloutPause()
            ):
                self._on_workload(action)
            case model.Apply():
                for obj in action.objects:
                    self.apply(obj, action.command)
            case model.CreateSecret():
                self._create_secret(action)
            case model.DeleteSecret():
                self._delete_secret(action)
            case model.PatchServiceAccount():
                self._patch_service_account(action)
            case model.DeletePod():
                self._delete_pod(action)
            case model.Drain():
                self._on_node(action, action.node, self._drain)
            case model.Cordon():
                nodes = self._api.nodes
                call = nodes.cordon if action.cordoned else nodes.uncordon
                self._on_node(action, action.node, call)

    def _row(self, action: Command, about: str, error: str = "") -> int:
        ids = self._log.names.id
        return self._log.append(
            Kind.KUBECTL, object=ids(about), text=ids(action.command), reason=ids(error)
        )

    # --- apply ---

    def apply(self, obj: model.KubernetesObject, command: str = "") -> None:
        """Create an object, or merge it into the one that is there.

        ``command`` is empty for what is there when the run starts.
        """
        name = _full_name(obj)
        error = ""
        try:
            carry_out = self._merged(name, obj)
        except AdmissionError as refused:
            error = str(refused)
        ids = self._log.names.id
        row = self._log.append(
            Kind.KUBECTL if command else Kind.APPLIED,
            object=ids(name),
            text=ids(command),
            reason=ids(error),
        )
        if not error:
            carry_out(row)

    def _merged(
        self, name: str, obj: model.KubernetesObject
    ) -> Callable[[int], object]:
        """Return the change that an apply is; raises ``AdmissionError``."""
        match obj:
            case model.PodObject():
                pod = self._api.pods.get(f"{obj.namespace}/{obj.name}")
                if pod is not None:
                    images = kubectl_apply.pod_images(pod, obj)
                    self._api.with_images(pod, images)
                    return partial(self._api.set_pod_image, pod, images)
            case model.Secret():
                stored = self._api.secrets.secret(obj.namespace, obj.name)
                kubectl_apply.check_secret(stored, obj)
            case model.Deployment():
                there = self._deployments().get(name)
                last = self._last_deployments.get(name)
                self._last_deployments[name] = obj
                if there is not None:
                    obj = kubectl_apply.with_kept_replicas(there.spec, last, obj)
                    obj = kubectl_apply.with_kept_pause(there.spec, last, obj)
            case model.StatefulSet():
                stored_set = self._stateful_sets().get(name)
                before = self._last_stateful_sets.get(name)
                self._last_stateful_sets[name] = obj
                if stored_set is not None:
                    obj = kubectl_apply.with_kept_replicas(stored_set.spec, before, obj)
        return partial(self._api.apply, obj)

    # --- workloads ---

    def _deployments(self) -> dict[str, DeploymentState]:
        controller = self._api.workloads["deployment"]
        assert isinstance(controller, DeploymentController)  # noqa: S101
        return controller.deployments

    def _stateful_sets(self) -> dict[str, StatefulSetState]:
        controller = self._api.workloads["statefulset"]
        assert isinstance(controller, StatefulSetController)  # noqa: S101
        return controller.sets

    def _on_workload(self, action: model.WorkloadCommand) -> None:
        name = f"{action.namespace}/{action.kind}/{action.name}"
        controller = self._api.workloads[action.kind]
        error = self._refusal(action, name, controller)
        row = self._row(action, name, error)
        if error:
            return
        match action:
            case model.Scale():
                controller.scale(name, action.replicas, row)
            case model.SetImage():
                where = (action.namespace, action.kind, action.name)
                self._api.set_image(*where, action.images, row)
            case model.RolloutRestart():
                controller.rollout_restart(name, row)
            case model.RolloutUndo() if isinstance(controller, Undoable):
                controller.rollout_undo(name, row, action.to_revision)
            case model.RolloutPause() if isinstance(controller, DeploymentController):
                controller.pause(name, row, paused=action.paused)

    def _refusal(
        self, action: model.WorkloadCommand, name: str, controller: Workloads
    ) -> str:
        template = controller.template_of(name)
        if template is None:
            return kubectl_errors.not_found(f"{action.kind}s.apps", action.name)
        known = self._deployments().get(name)
        paused = known is not None and known.spec.paused
        match action:
            case model.Scale() if action.kind == "daemonset":
                return kubectl_errors.no_scale()
            case model.SetImage():
                return _no_container(template.spec, action)
            case model.RolloutRestart() if paused:
                return str(refusals.paused_restart(action.name))
            case model.RolloutUndo() if paused:
                return str(refusals.paused_rollback(action.name))
            case model.RolloutUndo() if isinstance(controller, Undoable):
                return _undo_refusal(action, controller.rollout_history(name))
            case model.RolloutPause() if action.paused == paused:
                refuse = refusals.already_paused if paused else refusals.not_paused
                return str(refuse(action.name))
        return ""

    # --- pods ---

    def _set_pod_image(self, action: model.SetImage) -> None:
        pod = self._one_pod(action, action.namespace, action.name)
        if pod is None:
            return
        about = f"{pod.namespace}/pod/{pod.name}"
        error = _no_container(pod.spec, action)
        if not error:
            try:
                self._api.with_images(pod, action.images)
            except AdmissionError as refused:
                error = kubectl_errors.image_refused(str(refused))
        row = self._row(action, about, error)
        if not error:
            self._api.set_pod_image(pod, action.images, row)

    def _delete_pod(self, action: model.DeletePod) -> None:
        pod = self._one_pod(action, action.namespace, action.name)
        if pod is not None:
            row = self._row(action, f"{pod.namespace}/pod/{pod.name}")
            self._api.delete_pod(pod, row)

    def _one_pod(self, action: Command, namespace: str, name: str) -> Pod | None:
        """Return the pod that is meant; if that is not one, record why."""
        found = self._find(namespace, name)
        if len(found) == 1:
            return found[0]
        error = kubectl_errors.not_found("pods", name)
        if found:
            error = f"{name!r} is the beginning of {len(found)} pods' names"
        self._row(action, f"{namespace}/pod/{name}", error)
        return None

    def _find(self, namespace: str, prefix: str) -> list[Pod]:
        """The pod of that name, or else all whose names begin with it."""
        exact = self._api.pods.get(f"{namespace}/{prefix}")
        if exact is not None:
            return [exact]
        return [
            pod
            for pod in self._api.pods.values()
            if pod.namespace == namespace and pod.name.startswith(prefix)
        ]

    # --- secrets and service accounts ---

    def _create_secret(self, action: model.CreateSecret) -> None:
        secret = action.secret
        there = self._api.secrets.secret(secret.namespace, secret.name) is not None
        error = kubectl_errors.already_exists("secrets", secret.name) if there else ""
        row = self._row(action, f"{secret.namespace}/secret/{secret.name}", error)
        if not error:
            self._api.secrets.apply(secret, row)

    def _delete_secret(self, action: model.DeleteSecret) -> None:
        there = self._api.secrets.secret(action.namespace, action.name) is not None
        error = "" if there else kubectl_errors.not_found("secrets", action.name)
        row = self._row(action, f"{action.namespace}/secret/{action.name}", error)
        if there:
            self._api.secrets.delete(action.namespace, action.name, row)

    def _patch_service_account(self, action: model.PatchServiceAccount) -> None:
        there = self._api.has_service_account(action.namespace, action.name)
        error = "" if there else kubectl_errors.not_found(SERVICE_ACCOUNTS, action.name)
        about = f"{action.namespace}/serviceaccount/{action.name}"
        row = self._row(action, about, error)
        if there:
            account = model.ServiceAccount(
                namespace=action.namespace,
                name=action.name,
                image_pull_secrets=action.image_pull_secrets,
            )
            self._api.apply(account, row)

    # --- nodes ---

    def _drain(self, name: str, row: int) -> None:
        """Cordon a node and evict its pods (PodDisruptionBudgets are not modelled).

        Daemon pods stay, as with ``--ignore-daemonsets``.
        """
        self._api.nodes.cordon(name, row)
        for pod in list(self._api.nodes[name].pods):
            if not pod.target_node:
                self._api.delete_pod(pod, row)

    def _on_node(
        self, action: Command, node: str, call: Callable[[str, int], None]
    ) -> None:
        there = node in self._api.nodes
        error = "" if there else kubectl_errors.not_found("nodes", node)
        row = self._row(action, f"node/{node}", error)
        if there:
            call(node, row)


def _full_name(obj: model.KubernetesObject) -> str:
    """Return ``namespace/kind/name`` of an object, as the record spells it."""
    kind = type(obj).__name__.removesuffix("Object").lower()
    place = "" if isinstance(obj, model.Namespace) else f"{obj.namespace}/"
    return f"{place}{kind}/{obj.name}"


def _no_container(spec: model.PodSpec, action: model.SetImage) -> str:
    known = [c.name for c in (*spec.init_containers, *spec.containers)]
    for name in action.images:
        if name not in (*known, ALL):
            return str(refusals.no_container(name))
    return ""


def _undo_refusal(action: model.RolloutUndo, revisions: list[int]) -> str:
    if action.to_revision:
        if action.to_revision in revisions:
            return ""
        return str(refusals.revision_not_found(action.to_revision))
    if len(revisions) > 1:
        return ""
    if action.kind != "deployment":
        return str(refusals.no_last_revision())
    return str(refusals.no_history(action.name))
