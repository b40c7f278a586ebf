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
from sim.rules.docker_config import docker_config_json
from sim.scenario import model
from sim.scenario.faults import Step, place_of
from sim.scenario.reader import (
    Mapping,
    Scalar,
    Sequence,
    Tree,
    plain,
)
from sim.scenario.sources import Sources
from sim.units import SECOND

SIMULATED = ("Pod", "Deployment", "Secret", "ServiceAccount", "Namespace")
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
_KINDS: dict[type, tuple[str, ...]] = {
    str: ("text",),
    int: ("a whole number",),
    bool: ("true or false",),
    dict: ("a map",),
    list: ("a list",),
}
_NOT_SIMULATED = {
    "affinity": "affinity does not steer the scheduler",
    "topologySpreadConstraints": "topologySpreadConstraints do not steer the scheduler",
    "tolerations": "taints and tolerations are not simulated",
    "activeDeadlineSeconds": "activeDeadlineSeconds does not end pods",
}


class Objects:
    """Gathers declarations, faults and warnings from any number of documents."""

    def __init__(self, folder: Path, namespace: str = "default") -> None:
        self._folder = folder
        self._namespace = namespace
        self.found: list[tuple[model.KubernetesObject, Place]] = []
        self.faults: list[Fault] = []
        self.warnings: dict[str, None] = {}

    def add(self, trees: Iterable[Tree]) -> None:
        """Read what stands under ``objects``: names and inline objects."""
        sources = Sources(self.faults, self.warnings)
        for tree in trees:
            if isinstance(tree, Scalar):
                for found in sources.read(tree, self._folder):
                    self._add_object(found)
            else:
                self._add_object(tree)

    def _add_object(self, tree: Tree, kind_in_list: str = "") -> None:
        if not isinstance(tree, Mapping):
            self._fault(tree.place, "expected a Kubernetes object or a file name")
            return
        reader = _Reader(tree, self.faults)
        # The items of a PodList, a NodeList ... need not say what they are.
        kind = reader.text("kind", required=not kind_in_list) or kind_in_list
        items = tree.items.get("items")
        if kind.endswith("List") and isinstance(items, Sequence):
            for item in items.items:
                self._add_object(item, kind.removesuffix("List"))
            return
        if kind not in SIMULATED:
            self._not_simulated(kind)
            return
        namespace = reader.text("metadata", "namespace") or self._namespace
        name = reader.text("metadata", "name", required=True)
        if name:
            obj = self._build(kind, namespace, name, reader)
            self.found.append((obj, tree.place))

    def _not_simulated(self, kind: str) -> None:
        """Warn of objects that would change what pods run, and when."""
        if kind and kind not in WITHOUT_EFFECT:
            self.warnings[f"objects of kind {kind} are not simulated"] = None

    def _build(
        self, kind: str, namespace: str, name: str, reader: "_Reader"
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
            )
        if kind == "Deployment":
            return self._deployment(namespace, name, reader)
        template = self._template(reader, ())
        return model.PodObject(namespace=namespace, name=name, template=template)

    def _deployment(
        self, namespace: str, name: str, reader: "_Reader"
    ) -> model.Deployment:
        strategy = reader.text("spec", "strategy", "type") or "RollingUpdate"
        rolling = ("spec", "strategy", "rollingUpdate")
        return model.Deployment(
            namespace=namespace,
            name=name,
            replicas=reader.number("spec", "replicas", default=1),
            replicas_given=reader.get(int, "spec", "replicas") is not None,
            template=self._template(reader, ("spec", "template")),
            strategy=strategy,
            max_surge=reader.int_or_percent(*rolling, "maxSurge"),
            max_unavailable=reader.int_or_percent(*rolling, "maxUnavailable"),
            min_ready_us=reader.number("spec", "minReadySeconds") * SECOND,
            progress_deadline_us=SECOND
            * reader.number("spec", "progressDeadlineSeconds", default=600),
            revision_history_limit=reader.number(
                "spec", "revisionHistoryLimit", default=10
            ),
            paused=reader.flag("spec", "paused"),
        )

    def _template(self, reader: "_Reader", at: tuple[Step, ...]) -> model.PodTemplate:
        return model.PodTemplate(
            labels=reader.texts(*at, "metadata", "labels"),
            annotations=reader.texts(*at, "metadata", "annotations"),
            spec=self._pod_spec(reader, (*at, "spec")),
        )

    def _pod_spec(self, reader: "_Reader", at: tuple[Step, ...]) -> model.PodSpec:
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
        self, reader: "_Reader", at: tuple[Step, ...]
    ) -> tuple[model.Container, ...]:
        count = len(reader.get(list, *at) or [])
        return tuple(self._container(reader, (*at, n)) for n in range(count))

    def _container(self, reader: "_Reader", at: tuple[Step, ...]) -> model.Container:
        policy = reader.text(*at, "imagePullPolicy")
        if policy not in ("", "Always", "IfNotPresent", "Never"):
            self._fault(
                reader.place(*at, "imagePullPolicy"),
                f"imagePullPolicy {policy!r}; allowed: Always, IfNotPresent, Never",
            )
            policy = ""
        delay = reader.number(*at, "readinessProbe", "initialDelaySeconds")
        return model.Container(
            name=reader.text(*at, "name", required=True),
            image=reader.text(*at, "image", required=True),
            image_pull_policy=policy,
            restart_policy=reader.text(*at, "restartPolicy"),
            ready_after_us=delay * SECOND,
        )

    def _image_volumes(
        self, reader: "_Reader", at: tuple[Step, ...]
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


def _mounting(spec: dict[str, Any], volume: str) -> tuple[str, ...]:
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    return tuple(
        str(container.get("name", ""))
        for container in containers
        if isinstance(container, dict)
        for mount in container.get("volumeMounts", [])
        if isinstance(mount, dict) and mount.get("name") == volume
    )


def _names(reader: "_Reader", *path: Step) -> tuple[str, ...]:
    count = len(reader.get(list, *path) or [])
    return tuple(reader.text(*path, n, "name") for n in range(count))


def secret(namespace: str, name: str, reader: "_Reader") -> model.Secret:
    """Return a Secret; ``data`` is decoded, ``stringData`` wins."""
    data: dict[str, str] = {}
    for key, value in reader.texts("data").items():
        try:
            data[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            reader.fault(f"data.{key} is not base64 of a text", "data", key)
    data |= reader.texts("stringData")
    return model.Secret(
        namespace=namespace,
        name=name,
        type=reader.text("type") or "Opaque",
        data=data,
    )


def registry_secret(
    namespace: str, name: str, server: str, username: str, password: str, email: str
) -> model.Secret:
    """Return the Secret that ``kubectl create secret docker-registry`` makes."""
    return model.Secret(
        namespace=namespace,
        name=name,
        type="kubernetes.io/dockerconfigjson",
        data={
            ".dockerconfigjson": docker_config_json(server, username, password, email)
        },
    )


class _Reader:
    """Reads fields of one object by path, noting wrong types as faults."""

    def __init__(self, tree: Mapping, faults: list[Fault]) -> None:
        self._tree = tree
        self._faults = faults
        self._value = plain(tree)

    def place(self, *path: Step) -> Place:
        """Where a field stands, or the nearest thing around it."""
        return place_of(self._tree, path)

    def fault(self, message: str, *path: Step) -> None:
        """Note a mistake at a field."""
        self._faults.append(Fault(place=self.place(*path), message=message))

    def get(self, kind: type, *path: Step) -> Any:
        """Return a field of this type, or None if it is absent or wrong."""
        value: Any = self._value
        for number, step in enumerate(path):
            if isinstance(value, list) and isinstance(step, int):
                value = value[step]
            elif isinstance(value, dict):
                value = value.get(step)
            elif value is not None:
                where = ".".join(str(s) for s in path[:number])
                self.fault(f"{where}: expected a map", *path[:number])
                return None
        wrong_bool = kind is int and isinstance(value, bool)
        if value is None or (isinstance(value, kind) and not wrong_bool):
            return value
        spoken = ".".join(str(s) for s in path)
        self.fault(f"{spoken}: expected {_KINDS[kind][0]}, found {value!r}", *path)
        return None

    def text(self, *path: Step, required: bool = False) -> str:
        """Return a text field, "" if absent."""
        value = self.get(str, *path)
        if required and not value and not self._wrong(path):
            spoken = ".".join(str(s) for s in path)
            kind = self._value.get("kind", "object")  # type: ignore[attr-defined]
            self.fault(f"{kind}: {spoken} is missing", *path[:-1])
        return value or ""

    def _wrong(self, path: tuple[Step, ...]) -> bool:
        """Whether a field was noted as wrong already."""
        place = self.place(*path)
        return any(fault.place == place for fault in self._faults)

    def number(self, *path: Step, default: int = 0) -> int:
        """Return a whole number that is not negative."""
        value = self.get(int, *path)
        if value is not None and value < 0:
            spoken = ".".join(str(s) for s in path)
            self.fault(f"{spoken}: must not be negative, found {value}", *path)
        return default if value is None else max(0, value)

    def flag(self, *path: Step) -> bool:
        """Return a boolean, False if absent."""
        return bool(self.get(bool, *path))

    def texts(self, *path: Step) -> dict[str, str]:
        """Return a map of texts."""
        value = self.get(dict, *path) or {}
        return {str(key): self.text(*path, key) for key in value}

    def int_or_percent(self, *path: Step) -> int | str:
        """Return a whole number or a percentage, 25% if absent."""
        value: Any = self._value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return "25%"
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        percent = isinstance(value, str) and value[:-1].isdigit() and value[-1:] == "%"
        if not (number or percent):
            spoken = ".".join(str(s) for s in path)
            self.fault(
                f"{spoken}: expected a number or a percentage, found {value!r}", *path
            )
            return "25%"
        checked: int | str = value
        return checked


def object_reader(tree: Mapping, faults: list[Fault]) -> _Reader:
    """Return a reader of one object's fields."""
    return _Reader(tree, faults)
