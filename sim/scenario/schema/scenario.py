"""The whole scenario file."""

from typing import Any, Literal

from pydantic import Field

from sim.rules.profiles import NEWEST
from sim.scenario.schema.expectations import ExpectPart
from sim.scenario.schema.images import ImagePart
from sim.scenario.schema.nodes import NodePart
from sim.scenario.schema.part import Part
from sim.scenario.schema.registries import RegistryPart
from sim.scenario.schema.timeline import ActionPart
from sim.scenario.schema.values import Duration, Flag


class ScenarioPart(Part):
    """A world, what happens to it, and what is claimed of it."""

    title: str = Field(description="one line")
    question: str = Field("", description="asked before the run")
    kubernetes: str = Field(NEWEST, description="the behaviour of this minor release")
    seed: int = Field(1, description="of everything that chance decides")
    until: Duration = Field(description="simulated time", gt=0)
    record: Literal["full", "compact"] = Field(
        "full",
        description="compact: one row for each attempt of a pod that keeps failing to "
        "pull, with the number of looks before it, in place of a row for each step; "
        "for many pods that fail for long",
    )
    images: list[ImagePart] = Field(default_factory=list, description="what exists")
    registries: dict[str, RegistryPart] = Field(
        default_factory=dict, description="by host: only what differs from the defaults"
    )
    nodes: list[NodePart] = Field(
        default_factory=list,
        description="nodes and groups; also Node objects, or names of files with them",
    )
    admission: list[str] = Field(
        default_factory=list, description="extra admission plug-ins: AlwaysPullImages"
    )
    feature_gates: dict[str, Flag] = Field(
        default_factory=dict,
        alias="featureGates",
        description="gate: true or false; MaxUnavailableStatefulSet",
    )
    objects: list[Any] = Field(
        default_factory=list, description="Kubernetes objects, inline or file names"
    )
    timeline: list[ActionPart] = Field(default_factory=list, description="what happens")
    variants: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict, description="name: paths of this file with other values"
    )
    expect: list[ExpectPart] = Field(default_factory=list, description="claims")
    broken_by: dict[str, Any] | None = Field(
        None,
        alias="brokenBy",
        description="paths with values under which a claim must fail",
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema that editors use."""
    schema = ScenarioPart.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
