"""The containerd of a node: config.toml and hosts.toml."""

from typing import Annotated

from pydantic import Field

from sim.rules.runtime_profile import Containerd, Storage
from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Duration


class MirrorPart(Part):
    """One ``[host."…"]`` table of a hosts.toml."""

    capabilities: list[str] = Field(
        default_factory=lambda: ["pull", "resolve"],
        description="resolve: it is asked what a tag means; pull: for digests",
    )


class HostsPart(Part):
    """A hosts.toml: where images of one registry are asked for."""

    server: str | None = Field(
        None, description="asked last; the registry itself unless given"
    )
    host: dict[str, MirrorPart] = Field(
        default_factory=dict,
        description="host, with https:// or http:// or without: asked in this order",
    )


class ContainerdPart(Part):
    """Fields of containerd's config.toml and hosts.toml."""

    version: Containerd = Field(Containerd.V2_1, description="minor release")
    storage: Storage = Field(
        Storage.EXT4, description="where content and snapshots are: ext4 or memory"
    )
    max_concurrent_downloads: Annotated[int, Field(ge=1)] = Field(
        3, description="for the daemon in 2.x, for each pull in 1.6"
    )
    image_pull_progress_timeout: Duration = Field(
        300_000_000, description="a pull without progress is cancelled; 0s = never"
    )
    hosts: dict[str, HostsPart] = Field(
        default_factory=dict,
        description="registry: its hosts.toml, as below /etc/containerd/certs.d",
    )
