"""Nodes that a cluster reported, as nodes and images of a scenario.

``status.images`` of a Node lists what its runtime holds: names with tags, names with
digests, and a size. Every digest becomes a build, every tag a name that this node has
for it. What the registry holds by now is not in there: it is taken to hold what most
nodes do, and every choice among several is noted.

Source: k8s.io/api core/v1, NodeStatus and ContainerImage.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.rules.reference import ImageReferenceError, Reference, parse_normalized
from sim.units import parse_size

SHORT_DIGEST = 8
NO_NAME = "<none>"


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeParts:
    """What a scenario file says under ``nodes``, ``images`` and ``registries``."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    registries: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# nodeStatusMaxImages, the largest. Source: pkg/kubelet/nodestatus/setters.go, Images.
MOST_LISTED = 50


class SavedNodes:
    """Gathers Node objects; of their labels those named are kept, or all."""

    def __init__(self, labels: Iterable[str] | None = None) -> None:
        self._labels = None if labels is None else frozenset(labels)
        self._parts = NodeParts()
        self._full: list[str] = []
        self._builds: dict[str, dict[str, dict[str, Any]]] = {}
        # repository -> tag -> build -> the nodes that have it under this tag
        self._holders: dict[str, dict[str, dict[str, list[str]]]] = {}

    def add(self, node: Mapping[str, Any]) -> None:
        """Take one Node object (with a name) in."""
        name = str(node["metadata"]["name"])
        status = _map(node, "status")
        part: dict[str, Any] = {"name": name}
        labels = _map(_map(node, "metadata"), "labels")
        used = {
            key: str(value)
            for key, value in labels.items()
            if self._labels is None or key in self._labels
        }
        if used:
            part["labels"] = used
        part |= _hardware(status)
        if _map(node, "spec").get("unschedulable") is True:
            part["unschedulable"] = True
        images = list(self._images(name, status))
        if len(_list(status, "images")) == MOST_LISTED:
            self._full.append(name)
        if images:
            part["images"] = images
        else:
            self._parts.notes.append(f"node {name} lists no images: it starts cold")
        self._parts.nodes.append(part)

    def parts(self) -> NodeParts:
        """Return what all nodes together say."""
        parts = self._parts
        if self._full:
            shown = ", ".join(self._full[:3]) + (", …" if len(self._full) > 3 else "")
            parts.notes.append(
                f"nodes that list {MOST_LISTED} images, the most that a kubelet "
                f"reports, may hold more, smaller ones: {len(self._full)} ({shown})"
            )
        for repository, builds in self._builds.items():
            image: dict[str, Any] = {"name": repository, "builds": builds}
            tags = {
                tag: self._at_registry(repository, tag, holders)
                for tag, holders in self._holders.get(repository, {}).items()
            }
            if tags:
                image["tags"] = tags
            parts.images.append(image)
            host = repository.partition("/")[0]
            parts.registries.setdefault(host, {"holds": "anything"})
        return parts

    def _at_registry(
        self, repository: str, tag: str, holders: dict[str, list[str]]
    ) -> str:
        """Return the build that most nodes have; among equals the one seen last."""
        ranked = sorted(holders, key=lambda build: len(holders[build]))
        if len(ranked) > 1:
            counts = ", ".join(f"{b} on {len(holders[b])}" for b in reversed(ranked))
            self._parts.notes.append(
                f"{repository}:{tag} differs between nodes ({counts}); the registry "
                f"is taken to hold {ranked[-1]}"
            )
        return ranked[-1]

    def _images(self, node: str, status: Mapping[str, Any]) -> Iterable[dict[str, str]]:
        for entry in _list(status, "images"):
            if not isinstance(entry, Mapping):
                continue
            texts = [str(name) for name in _list(entry, "names")]
            names = [n for n in map(_parsed, texts) if n is not None]
            for text in texts:
                if NO_NAME not in text and _parsed(text) is None:
                    self._parts.notes.append(f"node {node}: left out: image {text!r}")
            size = _whole(entry.get("sizeBytes"))
            yield from self._entry(node, names, size)

    def _entry(
        self, node: str, names: list[Reference], size: int
    ) -> Iterable[dict[str, str]]:
        tagged = [name for name in names if name.tag and not name.digest]
        digests = {name.name: name.digest for name in names if name.digest}
        for name in tagged:
            build = self._build(name.name, digests.get(name.name), name.tag, size)
            tags = self._holders.setdefault(name.name, {})
            tags.setdefault(name.tag or "", {}).setdefault(build, []).append(node)
            yield {"image": f"{name.name}:{name.tag}", "build": build}
        with_tag = {name.name for name in tagged}
        for repository, digest in digests.items():
            if repository not in with_tag:
                build = self._build(repository, digest, None, size)
                yield {"image": f"{repository}@{digest}", "build": build}

    def _build(
        self,
        repository: str,
        digest: str | None,
        tag: str | None,
        size: int,
    ) -> str:
        """Note a build of a repository; return its name."""
        builds = self._builds.setdefault(repository, {})
        for name, known in builds.items():
            if digest and known.get("digest") == digest:
                return name
        part: dict[str, Any] = {"size": size}
        if digest:
            part["digest"] = digest
        name = _build_name(tag, digest)
        while name in builds and builds[name] != part:
            name += "'"
        builds[name] = part
        return name


def _build_name(tag: str | None, digest: str | None) -> str:
    short = digest.partition(":")[2][:SHORT_DIGEST] if digest else ""
    return "-".join(part for part in (tag, short) if part)


def _parsed(name: str) -> Reference | None:
    if NO_NAME in name:
        return None
    try:
        return parse_normalized(name)
    except ImageReferenceError:
        return None


def _hardware(status: Mapping[str, Any]) -> dict[str, Any]:
    """What a node is, where it is not what a scenario's node is by default."""
    part: dict[str, Any] = {}
    info = _map(status, "nodeInfo")
    system = info.get("operatingSystem") or "linux"
    platform = f"{system}/{info.get('architecture') or 'amd64'}"
    if platform != "linux/amd64":
        part["platform"] = platform
    capacity = _map(status, "capacity")
    disk = capacity.get("ephemeral-storage")
    if disk is not None and _is_size(str(disk)):
        part["disk"] = str(disk)
    pods = _whole(capacity.get("pods"))
    if pods not in (0, 110):
        part["maxPods"] = pods
    return part


def _is_size(text: str) -> bool:
    try:
        return parse_size(text) > 0
    except ValueError:
        return False


def _whole(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []
