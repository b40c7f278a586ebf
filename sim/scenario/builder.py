"""From a validated file to the values that the engine runs, all mistakes gathered.

The parts are read, and checked where it needs two fields to see a mistake, each in a
module of its own; here they are put together, in an order in which each finds what it
speaks of.
"""

from collections.abc import Iterable
from pathlib import Path

from sim.scenario import gates, model
from sim.scenario.content import with_assumed
from sim.scenario.control_plane import (
    check_control_plane,
    feature_gates,
    profile_of,
)
from sim.scenario.declared import Declared
from sim.scenario.defaulted import defaulted
from sim.scenario.images import DeclaredImages
from sim.scenario.mistakes import Mistakes
from sim.scenario.node_group import NodeGroupReader
from sim.scenario.nodes import DeclaredNodes
from sim.scenario.objects import DeclaredObjects
from sim.scenario.reader import Mapping
from sim.scenario.references import references, running
from sim.scenario.registries import declared_registries
from sim.scenario.schema.scenario import ScenarioPart
from sim.scenario.shorts import Shorts
from sim.scenario.timeline import Timeline

COUNTED = (
    "record: compact: the looks of pods that fail to pull are counted, and shown "
    "as if they were evenly apart"
)


class Builder:
    """Builds one scenario of what is ``declared``, where its mistakes are as well."""

    def __init__(
        self,
        part: ScenarioPart,
        tree: Mapping,
        folder: Path,
        shorts: Shorts,
        warnings: dict[str, None],
    ) -> None:
        self._part = part
        self._tree = tree
        self._profile = profile_of(part)
        mistakes = Mistakes(tree)
        images, nodes = DeclaredImages(mistakes), DeclaredNodes(mistakes)
        objects = DeclaredObjects(
            tree, folder, shorts, images, nodes, mistakes, warnings
        )
        self.declared = Declared(
            mistakes=mistakes, images=images, nodes=nodes, objects=objects
        )

    def build(self, variant: str, seed: int | None) -> model.Scenario:
        """Return the scenario; worth something only if there are no mistakes."""
        part, declared = self._part, self.declared
        check_control_plane(part, declared.mistakes)
        declared.images.declare(part.images)
        registries = declared_registries(
            part, tuple(declared.images.by_name), declared.mistakes.fault
        )
        node_groups = self._node_groups()
        objects = declared.objects.declare()
        timeline = tuple(Timeline(part, declared, self._tree).actions())
        images = with_assumed(
            declared.images.by_name,
            references(objects, timeline),
            part.registries,
            running(objects),
        )
        return model.Scenario(
            title=part.title,
            question=part.question.strip(),
            kubernetes=part.kubernetes,
            seed=part.seed if seed is None else seed,
            until_us=part.until,
            record=part.record,
            variant=variant,
            images=tuple(images),
            registries=registries,
            node_groups=node_groups,
            admission=tuple(part.admission),
            feature_gates=feature_gates(part),
            objects=objects,
            timeline=timeline,
            expectations=(),
            defaulted=tuple(defaulted(part, self._tree, objects, images)),
            warnings=tuple(self._warnings(objects)),
        )

    def _node_groups(self) -> tuple[model.NodeGroup, ...]:
        nodes = self.declared.nodes
        reader = NodeGroupReader(
            part=self._part,
            tree=self._tree,
            profile=self._profile,
            images=self.declared.images,
            mistakes=self.declared.mistakes,
        )
        nodes.declare(self._part.nodes, reader)
        added = tuple(nodes.add(self._part.timeline))
        return (*nodes.groups, *added)

    def _warnings(self, objects: tuple[model.KubernetesObject, ...]) -> Iterable[str]:
        yield from self.declared.objects.warnings
        for node in self._part.nodes:
            yield from gates.ignored(node.name, node.kubelet, self._profile)
        yield from gates.dropped(objects, self._profile)
        if self._part.record == model.COMPACT:
            yield COUNTED
