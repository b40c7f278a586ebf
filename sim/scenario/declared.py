"""What a scenario declares, for those parts of it that speak of things by name."""

from dataclasses import dataclass

from sim.scenario.images import DeclaredImages
from sim.scenario.mistakes import Mistakes
from sim.scenario.nodes import DeclaredNodes
from sim.scenario.objects import DeclaredObjects


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """Images, nodes and objects; ``mistakes`` takes the names that none of them has."""

    mistakes: Mistakes
    images: DeclaredImages
    nodes: DeclaredNodes
    objects: DeclaredObjects
