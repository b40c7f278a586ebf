"""Where Kubernetes objects come from: files, folders and kustomizations.

A name under ``objects`` stands for what ``kubectl apply -f`` would read: a file with
one or more documents, or the files of a folder in the order of their names. A folder
with a kustomization stands for what ``kubectl apply -k`` would apply; of it, the
resources, the namespace and the images are used.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.errors import Fault, Place, ScenarioError
from sim.scenario.reader import (
    Mapping,
    Scalar,
    Sequence,
    Tree,
    plain,
    read_documents,
    read_text,
)

SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_APPLIED = ("resources", "bases", "namespace", "images", "apiVersion", "kind")
_HARMLESS = ("metadata", "generatorOptions", "buildMetadata", "openapi")
MAX_NESTED = 20
MAX_OBJECT_BYTES = 200_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One object: what kind it is, also where only its List says so."""

    kind: str
    tree: Mapping


class Sources:
    """Reads what names stand for; mistakes and warnings are gathered."""

    def __init__(self, faults: list[Fault], warnings: dict[str, None]) -> None:
        self._faults = faults
        self._warnings = warnings
        self._open: list[Path] = []

    def read(self, name: Scalar, folder: Path) -> Iterator[Tree]:
        """Yield the documents that a name, relative to a folder, stands for."""
        path = folder / name.text
        if path.is_dir():
            yield from self._folder(path, name)
        elif path.name in KUSTOMIZATIONS and path.is_file():
            yield from self._kustomization(path, name)
        elif path.is_file():
            yield from read_file(path, self._faults)
        else:
            self._fault(name.place, f"no such file or folder: {name.text}")

    def _folder(self, path: Path, name: Scalar) -> Iterator[Tree]:
        for known in KUSTOMIZATIONS:
            if (path / known).is_file():
                yield from self._kustomization(path / known, name)
                return
        files = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
        if not files:
            listed = ", ".join(SUFFIXES)
            self._fault(name.place, f"no file in {name.text} ends in: {listed}")
        for file in files:
            yield from read_file(file, self._faults)

    def _kustomization(self, path: Path, name: Scalar) -> Iterator[Tree]:
        where = path.resolve()
        if where in self._open or len(self._open) >= MAX_NESTED:
            self._fault(name.place, f"{name.text} leads back to itself")
            return
        self._open.append(where)
        for tree in read_file(path, self._faults):
            if isinstance(tree, Mapping):
                yield from self._applied(tree, path.parent)
            else:
                self._fault(tree.place, "a kustomization is a map")
        self._open.pop()

    def _applied(self, tree: Mapping, folder: Path) -> Iterator[Tree]:
        for key in tree.items:
            if key not in _APPLIED + _HARMLESS:
                self._warnings[f"kustomization: {key} is not applied"] = None
        namespace = tree.items.get("namespace")
        images = list(self._images(tree))
        for key in ("resources", "bases"):
            for item in self._list(tree, key):
                if not isinstance(item, Scalar):
                    self._fault(item.place, f"{key}: expected a file or folder name")
                elif "://" in item.text or item.text.startswith("github.com/"):
                    self._fault(item.place, "nothing is fetched from other machines")
                else:
                    for found in self.read(item, folder):
                        yield _changed(found, namespace, images)

    def _list(self, tree: Mapping, key: str) -> list[Tree]:
        value = tree.items.get(key, Sequence(place=tree.place))
        if isinstance(value, Sequence):
            return value.items
        self._fault(value.place, f"{key}: expected a list")
        return []

    def _images(self, tree: Mapping) -> Iterator[dict[str, str]]:
        for item in self._list(tree, "images"):
            fields = item.items if isinstance(item, Mapping) else {}
            if "name" not in fields:
                self._fault(item.place, "images: each needs a name")
                continue
            yield {k: v.text for k, v in fields.items() if isinstance(v, Scalar)}

    def _fault(self, place: Place, message: str) -> None:
        self._faults.append(Fault(place=place, message=message))


def read_file(path: Path, faults: list[Fault]) -> Iterator[Tree]:
    """Yield the documents of a file that are not empty; its mistakes are faults."""
    try:
        for tree in read_documents(read_text(path, MAX_OBJECT_BYTES), str(path)):
            if not _is_empty(tree):
                yield tree
    except ScenarioError as error:
        faults += error.faults


def each_object(
    tree: Tree, faults: list[Fault], kind_in_list: str = ""
) -> Iterator[Found]:
    """Yield the objects of a document, Lists opened; what is none is a fault."""
    if not isinstance(tree, Mapping):
        message = "expected a Kubernetes object or a file name"
        faults.append(Fault(place=tree.place, message=message))
        return
    # The items of a PodList, a NodeList ... need not say what they are.
    said = tree.items.get("kind")
    kind = said.text if isinstance(said, Scalar) else kind_in_list
    items = tree.items.get("items")
    if kind.endswith("List") and isinstance(items, Sequence):
        for item in items.items:
            yield from each_object(item, faults, kind.removesuffix("List"))
    elif not kind:
        message = "expected a Kubernetes object: kind is missing"
        faults.append(Fault(place=tree.place, message=message))
    else:
        yield Found(kind=kind, tree=tree)


def named(found: Iterable[Found], faults: list[Fault]) -> Iterator[dict[str, Any]]:
    """Yield saved objects as plain values; one without a name, or odd, is a fault."""
    for one in found:
        value: Any = plain(one.tree)
        metadata = value.get("metadata")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            message = f"{one.kind}: metadata.name is missing"
            faults.append(Fault(place=one.tree.place, message=message))
            continue
        odd = [
            k for k in ("spec", "status") if not isinstance(value.get(k) or {}, dict)
        ]
        for key in odd:
            message = f"{one.kind}: {key}: expected a map"
            faults.append(Fault(place=one.tree.items[key].place, message=message))
        if not odd:
            yield value


def _is_empty(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.plain and tree.text in ("", "~", "null")


def _changed(tree: Tree, namespace: Tree | None, images: list[dict[str, str]]) -> Tree:
    """Return an object as a kustomization changes it."""
    if not isinstance(tree, Mapping):
        return tree
    items = tree.items.get("items")
    if isinstance(items, Sequence):  # a List
        inner = [_changed(item, namespace, images) for item in items.items]
        return _with(tree, "items", replace(items, items=inner))
    changed = _with_images(tree, images)
    metadata = tree.items.get("metadata")
    if namespace is None or not isinstance(metadata, Mapping):
        return changed
    kind = tree.items.get("kind")
    is_namespace = isinstance(kind, Scalar) and kind.text == "Namespace"
    key = "name" if is_namespace else "namespace"
    return _with(changed, "metadata", _with(metadata, key, namespace))


def _with(tree: Mapping, key: str, value: Tree) -> Mapping:
    return Mapping(
        place=tree.place,
        items={**tree.items, key: value},
        keys={key: value.place, **tree.keys},
    )


def _with_images(tree: Mapping, images: list[dict[str, str]]) -> Mapping:
    """Return a tree whose containers, wherever they stand, have the new images."""
    if not images:
        return tree
    items: dict[str, Tree] = {}
    for key, value in tree.items.items():
        if isinstance(value, Mapping):
            items[key] = _with_images(value, images)
        elif isinstance(value, Sequence):
            inner = [
                _with_images(one, images) if isinstance(one, Mapping) else one
                for one in value.items
            ]
            if key in ("containers", "initContainers"):
                inner = [_renamed(one, images) for one in inner]
            items[key] = replace(value, items=inner)
        else:
            items[key] = value
    return replace(tree, items=items)


def _renamed(container: Tree, images: list[dict[str, str]]) -> Tree:
    image = container.items.get("image") if isinstance(container, Mapping) else None
    if not isinstance(container, Mapping) or not isinstance(image, Scalar):
        return container
    text = image.text
    for change in images:
        text = new_image(text, change)
    return _with(container, "image", replace(image, text=text))


def new_image(image: str, change: dict[str, str]) -> str:
    """Return an image reference as one entry of ``images`` changes it.

    A new tag or digest replaces both; without either the old ones stay.

    Source: kustomize api/filters/imagetag/updater.go.
    """
    if not re.fullmatch(
        re.escape(change["name"]) + r"(:[\w.{}-]*)?(@sha256:[\w.{}-]*)?", image
    ):
        return image
    rest = image.removeprefix(change["name"])
    tag, digest = change.get("newTag", ""), change.get("digest", "")
    if tag or digest:
        rest = (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    return change.get("newName", change["name"]) + rest
