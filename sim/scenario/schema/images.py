"""Images: what exists before anybody pulls."""

from pydantic import Field

from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Count, Size


class LayerPart(Part):
    """A layer with more than a size."""

    size: Size = Field(description="compressed size")
    unpacked: Size | None = Field(
        None, description="unpacked size (2.7 x the compressed size unless given)"
    )
    files: Count | None = Field(
        None, description="number of files (one per 100 kB unpacked unless given)"
    )


class BuildPart(Part):
    """Immutable content: layers from the bottom up, or just a size."""

    preset: str | None = Field(
        None,
        description="a real image such as nginx or python:slim, whose layers lie below "
        "'layers'",
    )
    layers: dict[str, Size | LayerPart] = Field(
        default_factory=dict,
        description="layer name: size; equal name and size = the same content",
    )
    size: Size | None = Field(
        None, description="compressed size, where the layers are not known"
    )
    digest: str = Field(
        "",
        pattern=r"^(sha256:[0-9a-f]{64})?$",
        description="manifest digest of content that exists outside the scenario",
    )
    platform: str | None = Field(
        None,
        description="operating system/architecture; linux/amd64 unless given, and "
        "every platform where only a size is given",
    )


class ImagePart(Part):
    """A repository with its builds and tags."""

    name: str = Field(
        description="image name without tag, as in registry:5000/team/app"
    )
    preset: str | None = Field(
        None,
        description="in place of builds: one build, named so, with the layers of this "
        "real image; tagged latest unless tags are given",
    )
    builds: dict[str, BuildPart] | None = Field(
        None, description="builds by name; {} = the registry has nothing of this name"
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="tag: build that it points to at the start"
    )
