"""Kubernetes objects, verbatim, to declarations.

Fields are read by Kubernetes' own names. What is not simulated is accepted and, where
it would change the outcome, named once in a warning. Wrong types of the fields that
are read are faults with their place.
"""

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.errors import Fault, Place
from sim.rules.kubectl_create_secret import (
    CreateRegistrySecret,
    create_registry_secret,
)
from sim.rules.secret_validation import validate_secret
from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.jobs import JOB_TEMPLATE
from sim.scenario.object_reader import ObjectReader
from sim.scenario.reader import Scalar, Tree
from sim.scenario.saved_pods import has_ended, saved_pod
from sim.scenario.sources import Sources, each_object
from sim.scenario.workloads import MAKERS
from sim.units import SECOND

SIMULATED = ("Pod", *MAKERS, "Secret", "ServiceAccount", "Namespace")
# Kinds that change neither which pods there are nor what their nodes pull.
WITHOUT_EFFECT = frozenset(
    (
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "ControllerRevision",
        "CustomResourceDefinition",
        "Endpoints",
        "EndpointSlice",
        "Event",
        "Ingress",
        "IngressClass",
        "Lease",
        "NetworkPolicy",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Role",
        "RoleBinding",
        "Service",
        "StorageClass",
    )
)
_NOT_SIMULATED = {
    "affinity": "affinity does not steer the scheduler",
    "topologySpreadConstraints": "topologySpreadConstraints do not steer the scheduler",
    "tolerations": "taints and tolerations are not simulated",
    "activeDeadlineSeconds": "activeDeadlineSeconds does not end pods",
}


class Manifests:
    """Gathers declarations, faults and warnings from any number of documents."""

    def __init__(
        self, folder: Path, warnings: dict[str, None], namespace: str = "default"
    ) -> None:
        self._folder = folder
        self._namespace = namespace
        self.found: list[tuple[model.KubernetesObject, Place]] = []
        self.faults: list[Fault] = []
        self.warnings = warnings

    def add(self, trees: Iterable[Tree]) -> None:
        """Read what stands under ``objects``: names and inline objects."""
        sources = Sources(self.faults, self.warnings)
        for tree in trees:
            if isinstance(tree, Scalar):
                for found in sources.read(tree, self._folder):
                    self._add_object(found)
            else:
                self._add_object(tree)

    def _add_object(self, tree: Tree) -> None:
        for found in each_object(tree, self.faults):
            if found.kind not in SIMULATED:
                self._not_simulated(found.kind)
                continue
            reader = ObjectReader(found.tree, self.faults)
            namespace = reader.text("metadata", "namespace") or self._namespace
            name = reader.text("metadata", "name", required=True)
            if found.kind == "Pod" and has_ended(reader):
                self.warnings["pods that have ended, or are deleted, are left out"] = (
                    None
                )
            elif name:
                obj = self._build(found.kind, namespace, name, reader)
                self.found.append((obj, found.tree.place))

    def _not_simulated(self, kind: str) -> None:
        """Warn of objects that would change what pods run, and when."""
        if kind not in WITHOUT_EFFECT:
            self.warnings[f"objects of kind {kind} are not simulated"] = None

    def _build(
        self, kind: str, namespace: str, name: str, reader: ObjectReader
    ) -> model.KubernetesObject:
        if kind == "Namespace":
            return model.Namespace(name=name)
        if kind == "Secret":
            return secret(namespace, name, reader)
        if kind == "ServiceAccount":
            return model.ServiceAccount(
                namespace=namespace,
                name=name,
                image_pull_secrets=_names(reader, "imagePullSecrets"),
                annotations=reader.texts("metadata", "annotations"),
            )
        if kind in MAKERS:
            if reader.get(list, "spec", "volumeClaimTemplates"):
                self.warnings["volumes do not bind pods to nodes"] = None
            job = JOB_TEMPLATE if kind == "CronJob" else ()
            template = self._template(reader, (*job, "spec", "template"))
            return MAKERS[kind](namespace, name, reader, template)
        return model.PodObject(
            namespace=namespace,
            name=name,
            template=self._template(reader, ()),
            saved=saved_pod(reader, namespace),
        )

    def _template(
        self, reader: ObjectReader, at: tuple[Step, ...]
    ) -> model.PodTemplate:
        return model.PodTemplate(
            labels=reader.texts(*at, "metadata", "labels"),
            annotations=reader.texts(*at, "metadata", "annotations"),
            spec=self._pod_spec(reader, (*at, "spec")),
        )

    def _pod_spec(self, reader: ObjectReader, at: tuple[Step, ...]) -> model.PodSpec:
        spec = reader.get(dict, *at) or {}
        for field, warning in _NOT_SIMULATED.items():
            if field in spec:
                self.warnings[warning] = None
        if "imagePullPolicy" in spec:
            self.warnings[
                "imagePullPolicy belongs to each container; on a pod it does nothing"
            ] = None
        containers = self._containers(reader, (*at, "containers"))
        if not containers:
            self._fault(reader.place(*at), "a pod needs at least one container")
        return model.PodSpec(
            containers=containers,
            init_containers=self._containers(reader, (*at, "initContainers")),
            image_volumes=self._image_volumes(reader, at),
            image_pull_secrets=_names(reader, *at, "imagePullSecrets"),
            service_account=reader.text(*at, "serviceAccountName"),
            restart_policy=reader.text(*at, "restartPolicy") or "Always",
            node_name=reader.text(*at, "nodeName"),
            node_selector=reader.texts(*at, "nodeSelector"),
            termination_grace_us=SECOND
            * reader.number(*at, "terminationGracePeriodSeconds", default=30),
        )

    def _containers(
        self, reader: ObjectReader, at: tuple[Step, ...]
    ) -> tuple[model.Container, ...]:
        count = len(reader.get(list, *at) or [])
        return tuple(self._container(reader, (*at, n)) for n in range(count))

    def _container(self, reader: ObjectReader, at: tuple[Step, ...]) -> model.Container:
        policy = reader.text(*at, "imagePullPolicy")
        if policy not in ("", "Always", "IfNotPresent", "Never"):
            self._fault(
                reader.place(*at, "imagePullPolicy"),
                f"imagePullPolicy {policy!r}; allowed: Always, IfNotPresent, Never",
            )
            policy = ""
        return model.Container(
            name=reader.text(*at, "name", required=True),
            image=reader.text(*at, "image", required=True),
            image_pull_policy=policy,
            restart_policy=reader.text(*at, "restartPolicy"),
            readiness_probe=_readiness_probe(reader, (*at, "readinessProbe")),
        )

    def _image_volumes(
        self, reader: ObjectReader, at: tuple[Step, ...]
    ) -> tuple[model.ImageVolume, ...]:
        volumes = reader.get(list, *at, "volumes") or []
        found = []
        for number, volume in enumerate(volumes):
            if isinstance(volume, dict) and "image" in volume:
                place = (*at, "volumes", number)
                name = reader.text(*place, "name", required=True)
                found.append(
                    model.ImageVolume(
                        name=name,
                        reference=reader.text(
                            *place, "image", "reference", required=True
                        ),
                        pull_policy=reader.text(*place, "image", "pullPolicy"),
                        mounted_by=_mounting(reader.get(dict, *at) or {}, name),
                    )
                )
        return tuple(found)

    def _fault(self, place: Place, message: str) -> None:
        self.faults.append(Fault(place=place, message=message))


def _readiness_probe(
    reader: ObjectReader, at: tuple[Step, ...]
) -> model.ReadinessProbe | None:
    """Return a readiness probe's times; 0 stands for the default, as in the API.

    Source: pkg/apis/core/v1/defaults.go, SetDefaults_Probe.
    """
    if reader.get(dict, *at) is None:
        return None
    period = reader.number(*at, "periodSeconds") or 10
    return model.ReadinessProbe(
        initial_delay_us=reader.number(*at, "initialDelaySeconds") * SECOND,
        period_us=period * SECOND,
        success_threshold=reader.number(*at, "successThreshold") or 1,
    )


def _mounting(spec: dict[str, Any], volume: str) -> tuple[str, ...]:
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    return tuple(
        str(container.get("name", ""))
        for container in containers
        if isinstance(container, dict)
        for mount in container.get("volumeMounts", [])
        if isinstance(mount, dict) and mount.get("name") == volume
    )


def _names(reader: ObjectReader, *path: Step) -> tuple[str, ...]:
    count = len(reader.get(list, *path) or [])
    return tuple(reader.text(*path, n, "name") for n in range(count))


def secret(namespace: str, name: str, reader: ObjectReader) -> model.Secret:
    """Return a Secret; ``data`` is decoded, ``stringData`` wins."""
    data: dict[str, str] = {}
    for key, value in reader.texts("data").items():
        try:
            data[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            reader.fault(f"data.{key} is not base64 of a text", "data", key)
    data |= reader.texts("stringData")
    kind = reader.text("type") or "Opaque"
    refused = validate_secret(kind, data)
    if refused is not None:
        reader.fault(f'Secret "{name}" is invalid: {refused}', "data")
    return model.Secret(namespace=namespace, name=name, type=kind, data=data)


def registry_secret(
    namespace: str, name: str, server: str, username: str, password: str, email: str
) -> model.Secret:
    """Return the Secret that ``kubectl create secret docker-registry`` makes.

    Raises ``CreateSecretError``.
    """
    made = create_registry_secret(
        CreateRegistrySecret(
            name=name, server=server, username=username, password=password, email=email
        )
    )
    return model.Secret(
        namespace=namespace, name=made.name, type=made.type, data=made.data
    )
