"""Objects that a cluster reported, cut down to what a scenario needs of them.

What stays is verbatim: the fields that decide which pods there are, what they pull
and what they run. Everything else is dropped unread, above all what may be secret:
environments, arguments, annotations, the data of Secrets.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sim.scenario.model import BUILT_IN_NAMESPACES

Object = Mapping[str, Any]

PULL_SECRETS = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")
ENDED = ("Succeeded", "Failed")
# What a scenario is told of each kind, below ``spec``.
SPEC_FIELDS = {
    "Deployment": (
        "replicas",
        "selector",
        "strategy",
        "minReadySeconds",
        "progressDeadlineSeconds",
        "revisionHistoryLimit",
        "paused",
    ),
    "StatefulSet": (
        "replicas",
        "selector",
        "serviceName",
        "updateStrategy",
        "podManagementPolicy",
        "minReadySeconds",
        "ordinals",
    ),
    "DaemonSet": ("selector", "updateStrategy", "minReadySeconds"),
    "ReplicaSet": ("replicas", "selector", "minReadySeconds"),
    "ReplicationController": ("replicas", "selector", "minReadySeconds"),
}
_POD_FIELDS = ("nodeName", "nodeSelector", "imagePullSecrets", "overhead")
_POD_DEFAULTS = {
    "restartPolicy": "Always",
    "serviceAccountName": "default",
    "terminationGracePeriodSeconds": 30,
}
_CONTAINER_FIELDS = ("name", "image", "imagePullPolicy", "restartPolicy")
_PROBE_FIELDS = ("initialDelaySeconds", "periodSeconds", "successThreshold")


class SavedObjects:
    """Gathers objects; ``found`` are the shortened ones, ``notes`` what was left out.

    ``selected_by`` are the labels by which pods choose nodes.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.selected_by: dict[str, None] = {}
        self._left: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()
        self._objects: list[dict[str, Any]] = []
        self._pods: list[Object] = []
        self._namespaces: dict[str, None] = {}

    def add(self, kind: str, obj: Object) -> None:
        """Take one object (with a name) in."""
        if kind == "Pod":
            self._pods.append(obj)
        elif kind in SPEC_FIELDS:
            self._workload(kind, obj)
        elif kind == "Secret" and obj.get("type") in PULL_SECRETS:
            self._keep(_empty_secret(obj))
            self._left["passwords of pull secrets (their pods pull as anybody)"] += 1
        elif kind == "ServiceAccount":
            if obj.get("imagePullSecrets"):
                secrets = _named(obj["imagePullSecrets"])
                self._keep(_head(kind, "v1", obj) | {"imagePullSecrets": secrets})
        elif kind != "Namespace":
            self._left[f"objects of kind {kind}"] += 1

    def found(self) -> list[dict[str, Any]]:
        """Return the shortened objects: namespaces first, pods last."""
        controllers = {_full_name(obj) for obj in self._objects}
        for pod in self._pods:
            self._pod(pod, controllers)
        for what, count in sorted(self._left.items()):
            self.notes.append(f"left out: {what}: {count}")
        for owner, count in self._alone.items():
            self.notes.append(f"not in the input: {owner}; pods left alone: {count}")
        made = [n for n in self._namespaces if n not in BUILT_IN_NAMESPACES]
        spaces: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in made
        ]
        return spaces + self._objects

    def _keep(self, obj: dict[str, Any]) -> None:
        self._namespaces[obj["metadata"].get("namespace", "default")] = None
        self._objects.append(obj)

    def _workload(self, kind: str, obj: Object) -> None:
        if kind == "ReplicaSet" and any(_owner(obj)):
            return  # its Deployment makes it anew, and its pods name it
        spec = _map(obj, "spec")
        kept = {key: spec[key] for key in SPEC_FIELDS[kind] if key in spec}
        template = _map(spec, "template")
        labels = _map(_map(template, "metadata"), "labels")
        kept["template"] = {
            "metadata": {"labels": dict(labels)},
            "spec": self._pod_spec(_map(template, "spec")),
        }
        version = "v1" if kind == "ReplicationController" else "apps/v1"
        self._keep(_head(kind, version, obj) | {"spec": kept})

    def _pod(self, pod: Object, controllers: set[tuple[str, str, str]]) -> None:
        status, metadata = _map(pod, "status"), _map(pod, "metadata")
        owner = _workload_of(pod)
        if status.get("phase") in ENDED:
            self._left["pods that have ended"] += 1
        elif metadata.get("deletionTimestamp"):
            self._left["pods that are being deleted"] += 1
        elif owner and not _map(pod, "spec").get("nodeName"):
            self._left["pods without a node (their controllers make them anew)"] += 1
        else:
            kept = _head("Pod", "v1", pod) | {
                "spec": self._pod_spec(_map(pod, "spec")),
                "status": _pod_status(status),
            }
            if owner in controllers:
                kept["metadata"]["ownerReferences"] = [_controller(pod)]
            elif owner:
                self._alone[f"{owner[1]}/{owner[2]}"] += 1
            self._keep(kept)

    def _pod_spec(self, spec: Object) -> dict[str, Any]:
        kept = {key: spec[key] for key in _POD_FIELDS if spec.get(key)}
        kept |= {
            key: spec[key]
            for key, usual in _POD_DEFAULTS.items()
            if spec.get(key, usual) != usual
        }
        self.selected_by |= dict.fromkeys(_map(spec, "nodeSelector"))
        volumes = [
            {"name": one["name"], "image": one["image"]}
            for one in _maps(spec, "volumes")
            if "image" in one and "name" in one
        ]
        images = {one["name"] for one in volumes}
        for key in ("initContainers", "containers"):
            containers = [_container(c, images) for c in _maps(spec, key)]
            if containers:
                kept[key] = containers
        return kept | ({"volumes": volumes} if volumes else {})


def _head(kind: str, version: str, obj: Object) -> dict[str, Any]:
    metadata = _map(obj, "metadata")
    namespace = metadata.get("namespace", "default")
    named: dict[str, Any] = {"name": metadata["name"]}
    if namespace != "default":
        named["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": named}


def _empty_secret(obj: Object) -> dict[str, Any]:
    """Return a pull secret that can be read and holds nothing."""
    old = obj["type"] == "kubernetes.io/dockercfg"
    data = {".dockercfg": "{}"} if old else {".dockerconfigjson": '{"auths": {}}'}
    return _head("Secret", "v1", obj) | {"type": obj["type"], "stringData": data}


def _container(container: Object, image_volumes: set[str]) -> dict[str, Any]:
    kept = {key: container[key] for key in _CONTAINER_FIELDS if key in container}
    probe = _map(container, "readinessProbe")
    if probe:
        times = {key: probe[key] for key in _PROBE_FIELDS if probe.get(key)}
        kept["readinessProbe"] = times or {"initialDelaySeconds": 0}
    mounts = [
        {"name": one["name"], "mountPath": one.get("mountPath", "")}
        for one in _maps(container, "volumeMounts")
        if one.get("name") in image_volumes
    ]
    return kept | ({"volumeMounts": mounts} if mounts else {})


def _pod_status(status: Object) -> dict[str, Any]:
    """What runs, in which restart, from which digest."""
    kept: dict[str, Any] = {"phase": status.get("phase", "Pending")}
    for key in ("initContainerStatuses", "containerStatuses"):
        statuses = [_container_status(one) for one in _maps(status, key)]
        if statuses:
            kept[key] = statuses
    return kept


def _container_status(status: Object) -> dict[str, Any]:
    kept: dict[str, Any] = {"name": status.get("name", "")}
    if status.get("imageID"):
        kept["imageID"] = status["imageID"]
    if status.get("restartCount"):
        kept["restartCount"] = status["restartCount"]
    state = next(iter(_map(status, "state")), "waiting")
    kept["state"] = {state: {}}
    if state == "terminated":
        ended = _map(_map(status, "state"), "terminated")
        kept["state"] = {state: {"exitCode": ended.get("exitCode", 0)}}
    return kept


def _owner(obj: Object) -> tuple[str, str]:
    """Return kind and name of the controller of an object, or two empty texts."""
    for owner in _maps(_map(obj, "metadata"), "ownerReferences"):
        # A static pod's owner is its node, which makes no pods.
        if owner.get("controller") and owner.get("kind") != "Node":
            return str(owner.get("kind", "")), str(owner.get("name", ""))
    return "", ""


def _full_name(obj: Object) -> tuple[str, str, str]:
    metadata = _map(obj, "metadata")
    return str(metadata.get("namespace", "default")), obj["kind"], metadata["name"]


def _workload_of(pod: Object) -> tuple[str, str, str] | None:
    """Return namespace, kind and name of what a pod belongs to in the end.

    The name of a Deployment's ReplicaSet is its own, and a hash.
    """
    kind, name = _owner(pod)
    namespace = str(_map(pod, "metadata").get("namespace", "default"))
    if kind == "ReplicaSet":
        kind, name = "Deployment", name.rpartition("-")[0]
    return (namespace, kind, name) if kind else None


def _controller(pod: Object) -> dict[str, Any]:
    kind, name = _owner(pod)
    return {"kind": kind, "name": name, "controller": True}


def _named(items: Any) -> list[dict[str, Any]]:
    found = items if isinstance(items, list) else []
    return [{"name": one["name"]} for one in found if isinstance(one, Mapping)]


def _map(value: Object, key: str) -> Object:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _maps(value: Object, key: str) -> Iterator[Object]:
    found = value.get(key)
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping):
            yield one
