"""Node objects under ``nodes``: a cluster's saved nodes in a scenario's own form.

``nodes`` takes, besides groups, Node objects and names of files with such objects, as
``kubectl get nodes -o json`` prints them. They become nodes, and what these hold
becomes images, before the scenario is checked.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.errors import Fault, Place
from sim.rules.reference import ImageReferenceError, parse_normalized
from sim.scenario.manifests.sources import Sources, each_object, named
from sim.scenario.reader import Mapping, Scalar, Sequence, Tree, tree_of
from sim.scenario.saved.nodes import SavedNodes


def with_saved_nodes(
    tree: Mapping, folder: Path, faults: list[Fault], warnings: dict[str, None]
) -> Mapping:
    """Return a scenario with its Node objects in its own form."""
    listed = tree.items.get("nodes")
    if not isinstance(listed, Sequence) or not any(map(_is_saved, listed.items)):
        return tree
    saved = SavedNodes()
    sources = Sources(faults, warnings)
    nodes: list[Tree] = []
    for item in listed.items:
        if not _is_saved(item):
            nodes.append(item)
            continue
        found = list(_node_objects(item, folder, sources, faults))
        if not found and not faults:
            message = (
                "no Node object here; kubectl get nodes -o json prints them (other "
                "kinds belong under objects)"
            )
            faults.append(Fault(place=item.place, message=message))
        for node in found:
            saved.add(node)
    parts = saved.parts()
    warnings |= dict.fromkeys(parts.notes)
    place = listed.place
    nodes += [tree_of(node, place) for node in parts.nodes]
    changed = _set(tree, "nodes", replace(listed, items=nodes))
    return _with_images(changed, parts.images, parts.registries, place)


def _is_saved(item: Tree) -> bool:
    return isinstance(item, Scalar) or (
        isinstance(item, Mapping) and {"metadata", "items"} & set(item.items) != set()
    )


def _node_objects(
    item: Tree, folder: Path, sources: Sources, faults: list[Fault]
) -> Iterator[dict[str, Any]]:
    trees = sources.read(item, folder) if isinstance(item, Scalar) else [item]
    for tree in trees:
        for found in each_object(tree, faults):
            if found.kind == "Node":
                yield from named([found], faults)


def _set(tree: Mapping, key: str, value: Tree) -> Mapping:
    return replace(
        tree,
        items={**tree.items, key: value},
        keys={key: value.place, **tree.keys},
    )


def _with_images(
    tree: Mapping,
    images: list[dict[str, Any]],
    registries: dict[str, dict[str, Any]],
    place: Place,
) -> Mapping:
    """Add images to those that a scenario declares; what it says itself stays."""
    listed = tree.items.get("images")
    declared = list(listed.items) if isinstance(listed, Sequence) else []
    numbers = {_name(item): number for number, item in enumerate(declared)}
    for image in images:
        made = tree_of(image, place)
        number = numbers.get(image["name"])
        if number is None:
            declared.append(made)
        else:
            declared[number] = _merged(declared[number], made)
    changed = _set(tree, "images", Sequence(place=place, items=declared))
    hosts = changed.items.get("registries", Mapping(place=place))
    return _set(changed, "registries", _merged(hosts, tree_of(registries, place)))


def _name(item: Tree) -> str:
    name = item.items.get("name") if isinstance(item, Mapping) else None
    try:
        return parse_normalized(name.text).name if isinstance(name, Scalar) else ""
    except ImageReferenceError:
        return ""


def _merged(ours: Tree, theirs: Tree) -> Tree:
    """Return a map with what another adds; where both say something, ours stays."""
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping):
        return ours
    items = dict(ours.items)
    for key, value in theirs.items.items():
        items[key] = _merged(items[key], value) if key in items else value
    return replace(ours, items=items, keys={**theirs.keys, **ours.keys})
