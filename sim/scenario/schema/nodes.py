"""Nodes, and groups of equal nodes."""

from typing import Annotated, Any

from pydantic import Field

from sim.scenario.schema.containerd import ContainerdPart
from sim.scenario.schema.kubelet import KubeletPart
from sim.scenario.schema.part import Part
from sim.scenario.schema.plugins import PluginPart
from sim.scenario.schema.values import Duration, Flag, Rate, Size


class PrePulledPart(Part):
    """An image on a node before the clock starts."""

    image: str = Field(description="reference as a pod would write it")
    build: str | None = Field(
        None, description="the build it was baked with (else what the tag means)"
    )


class NodePart(Part):
    """A node, or a group of equal nodes."""

    name: str = Field(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        description="name of the node, or beginning of the group's names",
    )
    count: Annotated[int, Field(ge=0, le=20_000)] | None = Field(
        None, description="how many: name-1, name-2 ...; one node 'name' unless given"
    )
    joins_at: Duration = Field(0, alias="joinsAt", description="when they join")
    bandwidth: Rate | None = Field(125_000_000, description="link; 1Gbit unless given")
    disk: Size = Field(100 * 2**30, description="image file system; 100Gi unless given")
    disk_used: Size = Field(
        0, alias="diskUsed", description="of the disk, used by other than images"
    )
    platform: str = Field("linux/amd64", description="operating system/architecture")
    labels: dict[str, str] = Field(default_factory=dict, description="node labels")
    max_pods: Annotated[int, Field(ge=1)] = Field(
        110, alias="maxPods", description="most pods that it takes"
    )
    unschedulable: Flag = Field(False, description="true: cordoned from the start")
    images: list[str | PrePulledPart] = Field(
        default_factory=list, description="pre-pulled before the clock starts"
    )
    docker_config: dict[str, Any] | None = Field(
        None, alias="dockerConfig", description="the node's config.json"
    )
    docker_config_files: dict[str, dict[str, Any] | str] = Field(
        default_factory=dict,
        alias="dockerConfigFiles",
        description="path: content of docker configs in the kubelet's other places",
    )
    credential_providers: dict[str, PluginPart] = Field(
        default_factory=dict,
        alias="credentialProviders",
        description="name: what this plug-in of imageCredentialProviderConfig answers",
    )
    containerd: ContainerdPart = Field(
        default_factory=ContainerdPart, description="config.toml and hosts.toml"
    )
    kubelet: KubeletPart = Field(
        default_factory=KubeletPart, description="KubeletConfiguration"
    )
