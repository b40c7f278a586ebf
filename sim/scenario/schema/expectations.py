"""Claims about a run."""

from pydantic import Field

from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Count, Duration, Flag, Moment, Size


class RangePart(Part):
    """A closed range; one end may be left out."""

    min: Count | None = None
    max: Count | None = None


class SizeRangePart(Part):
    """A closed range of sizes."""

    min: Size | None = None
    max: Size | None = None


class DurationRangePart(Part):
    """A closed range of durations."""

    min: Duration | None = None
    max: Duration | None = None


class ExpectPart(Part):
    """One claim about a run; a scenario whose claim fails exits with 1."""

    at: Moment = Field("end", description="a moment, or end")
    variant: str | None = Field(
        None, description="the variant it is about; all if none"
    )
    workload: str | None = Field(
        None, description="deployment/NAME, statefulset/NAME or daemonset/NAME"
    )
    namespace: str = Field("default", description="of the workload")
    builds: dict[str, Count] | None = Field(
        None, description="build: number of pods that run it, and no others"
    )
    waiting: dict[str, Count] | None = Field(
        None, description="waiting reason: number of pods"
    )
    event: str | None = Field(None, description="reason of an event")
    count: Count | RangePart | None = Field(None, description="how often it happened")
    ready_by: Duration | None = Field(
        None, alias="readyBy", description="all replicas are ready by then"
    )
    registry: str | None = Field(None, description="host of a registry")
    requests: Count | RangePart | None = Field(None, description="requests it got")
    size: Size | SizeRangePart | None = Field(
        None, alias="bytes", description="bytes it served"
    )
    node: str | None = Field(None, description="name of a node")
    image: str | None = Field(None, description="image name on that node")
    build: str | None = Field(None, description="the build that the name means there")
    absent: Flag = Field(False, description="true: the image is not on the node")
    mixed_for: Duration | DurationRangePart | None = Field(
        None, alias="mixedFor", description="how long several builds were in service"
    )
