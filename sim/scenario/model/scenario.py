"""The whole: one world to run."""

from dataclasses import dataclass

from sim.scenario.model.actions import Action
from sim.scenario.model.claims import Expectation
from sim.scenario.model.images import Image, Registry
from sim.scenario.model.nodes import NodeGroup
from sim.scenario.model.objects import KubernetesObject

FULL, COMPACT = "full", "compact"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One world to run: a variant of what somebody wrote, complete and checked.

    ``feature_gates`` are those that are on. ``defaulted`` lists ``path = value`` of
    defaults that matter to a reader; ``warnings`` name what was accepted but is not
    simulated. ``record`` is ``FULL`` or ``COMPACT``.
    """

    title: str
    question: str
    kubernetes: str
    seed: int
    until_us: int
    variant: str
    images: tuple[Image, ...]
    registries: tuple[Registry, ...]
    node_groups: tuple[NodeGroup, ...]
    admission: tuple[str, ...]
    objects: tuple[KubernetesObject, ...]
    timeline: tuple[Action, ...]
    expectations: tuple[Expectation, ...]
    feature_gates: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    record: str = FULL
