"""``python -m sim import``: a cluster's saved state, written as a scenario.

What ``kubectl get nodes,pods,deployments,… -A -o json`` printed becomes nodes with
their images, objects, and one question that the answer of which is worth knowing: if
every tag in use were pushed again and every workload restarted, which would run two
builds? A person can read the file and change it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from sim.errors import Fault, Place, ScenarioError
from sim.rules.profiles import NEWEST, VERSIONS
from sim.rules.reference import ImageReferenceError, parse_normalized
from sim.scenario.manifests.sources import each_object, named, read_file
from sim.scenario.saved.nodes import NodeParts, SavedNodes
from sim.scenario.saved.objects import SavedObjects

RESTARTABLE = ("Deployment", "StatefulSet", "DaemonSet")
QUESTION = (
    "Every tag that these workloads use is pushed again at 5m, an empty node joins at "
    "8m, and at 10m each workload is restarted. Which of them then run two builds, on "
    "which nodes, and why?"
)
QUESTION_WITHOUT = "What does each pod run, and from where did its node get it?"
PUSH_AT, JOIN_AT, RESTART_AT, UNTIL = "5m", "8m", "10m", "30m"


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """A scenario's text, how much is in it, and what was left out or guessed."""

    text: str
    counts: Mapping[str, int]
    notes: Sequence[str]


def import_files(paths: Sequence[Path]) -> Imported:
    """Read saved objects and return them as a scenario; ``-`` is standard input.

    Raises ``ScenarioError`` with everything that is wrong with the files.
    """
    faults: list[Fault] = []
    found = [one for path in paths for one in _objects(path, faults)]
    if not found and not faults:
        where = Place(file=", ".join(map(str, paths)))
        faults.append(Fault(place=where, message="holds no Kubernetes objects"))
    if faults:
        raise ScenarioError(faults)
    objects, nodes = SavedObjects(), []
    versions: Counter[str] = Counter()
    for kind, obj in found:
        if kind == "Node":
            nodes.append(obj)
            versions[_version(obj)] += 1
        else:
            objects.add(kind, obj)
    kept = objects.found()
    saved = SavedNodes(objects.selected_by)
    for node in nodes or _nodes_of(kept, objects.notes):
        saved.add(node)
    parts = saved.parts()
    version = _known(versions, parts.notes)
    notes = [*objects.notes, *parts.notes]
    return Imported(
        text=_text(version, parts, kept, notes),
        counts=_counts(parts, kept),
        notes=notes,
    )


def _objects(path: Path, faults: list[Fault]) -> Iterator[tuple[str, Any]]:
    """Yield kind and plain value of every object of a file."""
    for tree in read_file(path, faults):
        for found in each_object(tree, faults):
            for value in named([found], faults):
                yield found.kind, value


def _version(node: Mapping[str, Any]) -> str:
    info = (node.get("status") or {}).get("nodeInfo") or {}
    match = re.match(r"v?(\d+\.\d+)", str(info.get("kubeletVersion", "")))
    return match[1] if match else ""


def _known(versions: Counter[str], notes: list[str]) -> str:
    """Return the profile of most kubelets, or the newest where it is not known."""
    found = max(versions, key=lambda v: versions[v], default="")
    if found in VERSIONS:
        return found
    was = f"the kubelets are of {found}" if found else "no kubelet says its version"
    notes.append(f"guessed: kubernetes {NEWEST} ({was})")
    return NEWEST


def _nodes_of(objects: Iterable[Mapping[str, Any]], notes: list[str]) -> Iterator[Any]:
    """Yield Node objects for the nodes that pods are on, with what these run."""
    images: dict[str, dict[tuple[str, ...], None]] = {}
    for obj in objects:
        node = obj["spec"].get("nodeName") if obj["kind"] == "Pod" else None
        if node:
            names = images.setdefault(node, {})
            for pair in _running(obj):
                names[pair] = None
    for name, held in images.items():
        notes.append(f"guessed: node {name}, with the images that its pods run")
        entries = [{"names": list(pair)} for pair in held]
        yield {"metadata": {"name": name}, "status": {"images": entries}}


def _running(pod: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the names (by digest, by tag) of every image that a pod runs."""
    for statuses, containers in (
        ("initContainerStatuses", "initContainers"),
        ("containerStatuses", "containers"),
    ):
        images = {c["name"]: c["image"] for c in pod["spec"].get(containers, [])}
        for status in pod["status"].get(statuses, []):
            digest = str(status.get("imageID", "")).rpartition("://")[2]
            image = str(images.get(status["name"], ""))
            if "@" in digest:
                yield (digest, image) if image and "@" not in image else (digest,)


# --- the scenario's text ---


def _counts(parts: NodeParts, objects: list[dict[str, Any]]) -> dict[str, int]:
    kinds = Counter(obj["kind"] for obj in objects)
    pods = kinds.pop("Pod", 0)
    workloads = sum(kinds[kind] for kind in kinds if kind != "Namespace")
    return {
        "nodes": len(parts.nodes),
        "images": len(parts.images),
        "pods": pods,
        "other objects": workloads,
    }


def _text(
    version: str, parts: NodeParts, objects: list[dict[str, Any]], notes: list[str]
) -> str:
    pushes = list(_pushes(parts, objects))
    restarts = [
        {"at": RESTART_AT, "run": f"kubectl rollout restart {_workload(obj)}"}
        for obj in objects
        if obj["kind"] in RESTARTABLE
    ]
    head = {
        "title": "The cluster as it was saved",
        "question": QUESTION if restarts else QUESTION_WITHOUT,
        "kubernetes": version,
        "seed": 1,
        "until": UNTIL,
    }
    sections = [
        _dump(head),
        *_section(
            "images",
            "what nodes hold; a build is named by tag and digest",
            parts.images,
        ),
        *_section(
            "registries", "whatever else is asked for exists too", parts.registries
        ),
        *_section("nodes", "", [*parts.nodes, *_fresh(parts.nodes, restarts)]),
        *_section("objects", "", objects),
        *_section("timeline", "", [*pushes, *restarts]),
    ]
    if pushes and restarts:
        keep = {"timeline": restarts}
        sections += _section(
            "variants", "", {"pushed and restarted": {}, "only restarted": keep}
        )
    remarks = "".join(f"#   {note}\n" for note in notes)
    return (f"# Left out or guessed:\n{remarks}\n" if notes else "") + "\n".join(
        sections
    )


def _section(key: str, remark: str, value: Any) -> list[str]:
    if not value:
        return []
    return [(f"# {remark}\n" if remark else "") + _dump({key: value})]


def _fresh(nodes: list[dict[str, Any]], restarts: list[Any]) -> Iterator[Any]:
    """Yield an empty node, of the platform that most have, if one is asked about."""
    if not restarts:
        return
    names = {node["name"] for node in nodes}
    name = next(n for n in _names("fresh") if n not in names)
    platforms = Counter(node.get("platform", "") for node in nodes)
    platform = max(platforms, key=lambda p: platforms[p], default="")
    yield {"name": name, "joinsAt": JOIN_AT} | (
        {"platform": platform} if platform else {}
    )


def _names(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))


def _pushes(
    parts: NodeParts, objects: list[dict[str, Any]]
) -> Iterator[dict[str, str]]:
    """Give every tag that a workload uses a next build, and yield its push."""
    images = {image["name"]: image for image in parts.images}
    for name, tag in _tags_in_use(objects):
        image = images.get(name)
        if image is None or tag not in image.get("tags", {}):
            continue
        now = image["builds"][image["tags"][tag]]
        build = f"{tag}-next"
        kept = {key: value for key, value in now.items() if key != "digest"}
        image["builds"][build] = kept
        yield {"at": PUSH_AT, "push": f"{name}:{tag}", "build": build}


def _tags_in_use(objects: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], None]:
    found: dict[tuple[str, str], None] = {}
    for obj in objects:
        if obj["kind"] in RESTARTABLE:
            spec = obj["spec"]["template"]["spec"]
            for key in ("initContainers", "containers"):
                for container in spec.get(key, []):
                    try:
                        reference = parse_normalized(str(container.get("image", "")))
                    except ImageReferenceError:
                        continue
                    if not reference.digest:
                        found[reference.name, reference.tag or "latest"] = None
    return found


def _workload(obj: Mapping[str, Any]) -> str:
    metadata = obj["metadata"]
    namespace = metadata.get("namespace")
    name = f"{obj['kind'].lower()}/{metadata['name']}"
    return f"{name} -n {namespace}" if namespace else name


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write equal values out each time: a person reads this."""
        del data
        return True


def _dump(value: Any) -> str:
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88
    )
