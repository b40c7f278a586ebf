"""The timeline: what happens from outside, and when."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from sim.scenario.schema.part import Part
from sim.scenario.schema.plugins import PluginPart
from sim.scenario.schema.values import Duration, Flag, Rate


class SecretPart(Part):
    """A docker-registry secret in short form, or a Secret object verbatim."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    namespace: str = "default"
    server: str | None = None
    username: str | None = None
    password: str | None = None
    email: str = ""


class ActionPart(Part):
    """One act: a time and exactly one verb."""

    at: Duration = Field(description="when")
    push: str | None = Field(None, description="image:tag that a build is pushed to")
    build: str | None = Field(
        None, description="the build that is pushed, or whose manifest is deleted"
    )
    delete_tag: str | None = Field(
        None, alias="deleteTag", description="image:tag that is deleted"
    )
    delete_manifest: str | None = Field(
        None,
        alias="deleteManifest",
        description="image@digest, or image with 'build', whose manifest is deleted",
    )
    run: str | None = Field(
        None,
        description="a command: kubectl scale, set image, apply -f FILE, rollout "
        "restart, undo, pause or resume, delete pod or secret, create secret "
        "docker-registry, patch serviceaccount, drain, cordon, uncordon; or, with "
        "'on', docker login, scp PATH NODE:PATH, crictl pull or crictl rmi",
    )
    on: str | None = Field(
        None, description="node, or group of nodes, that a command runs on, as root"
    )
    add_nodes: str | None = Field(
        None,
        alias="addNodes",
        description="group that an autoscaler adds 'count' nodes to, without images",
    )
    registry_down: str | None = Field(None, alias="registryDown", description="host")
    silent: Flag | None = Field(
        None,
        description="true: connections are not refused but time out, after 30s",
    )
    down_for: Duration | None = Field(None, alias="for", description="how long")
    registry_slow: str | None = Field(
        None, alias="registrySlow", description="host; with latency or bandwidth"
    )
    latency: Duration | None = Field(None, description="of a slow registry")
    bandwidth: Rate | None = Field(None, description="of a slow registry")
    registry_up: str | None = Field(None, alias="registryUp", description="host")
    node_dies: str | None = Field(None, alias="nodeDies", description="node")
    crash: str | None = Field(None, description="KIND/NAME of a workload, or pod/NAME")
    namespace: str = Field("default", description="of what crashes")
    container: str = Field(
        "", description="the container that crashes; all unless given"
    )
    node: str = Field("", description="crash only pods on this node")
    count: Annotated[int, Field(ge=1)] | None = Field(
        None, description="crash at most so many pods; add so many nodes"
    )
    exit_code: Annotated[int, Field(ge=1, le=255)] = Field(
        1, alias="exitCode", description="exit code of what crashes"
    )
    create_secret: SecretPart | None = Field(None, alias="createSecret")
    change_secret: SecretPart | None = Field(None, alias="changeSecret")
    delete_secret: str | None = Field(
        None, alias="deleteSecret", description="NAME or NAMESPACE/NAME"
    )
    change_node: str | None = Field(
        None,
        alias="changeNode",
        description="node, or group, whose docker configs or plug-ins change",
    )
    docker_config: dict[str, Any] | None = Field(
        None, alias="dockerConfig", description="the new config.json"
    )
    docker_config_files: dict[str, dict[str, Any] | str | None] = Field(
        default_factory=dict,
        alias="dockerConfigFiles",
        description="path: new content; null removes the file",
    )
    credential_providers: dict[str, PluginPart] = Field(
        default_factory=dict,
        alias="credentialProviders",
        description="name: what this plug-in answers from then on",
    )
