"""The kubelet of a node: its configuration and flags."""

from typing import Any

from pydantic import Field

from sim.rules.docker_config_files import ROOT_DIR
from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Duration, Flag


class KubeletPart(Part):
    """Fields of KubeletConfiguration."""

    serialize_image_pulls: Flag | None = Field(None, alias="serializeImagePulls")
    max_parallel_image_pulls: int | None = Field(None, alias="maxParallelImagePulls")
    registry_pull_qps: float = Field(5, alias="registryPullQPS")
    registry_burst: int = Field(10, alias="registryBurst")
    image_gc_high_threshold_percent: int = Field(
        85, alias="imageGCHighThresholdPercent"
    )
    image_gc_low_threshold_percent: int = Field(80, alias="imageGCLowThresholdPercent")
    image_minimum_gc_age: Duration = Field(120_000_000, alias="imageMinimumGCAge")
    image_maximum_gc_age: Duration = Field(0, alias="imageMaximumGCAge")
    sync_frequency: Duration = Field(60_000_000, alias="syncFrequency", gt=0)
    crash_loop_back_off: dict[str, Duration] = Field(
        default_factory=dict, alias="crashLoopBackOff"
    )
    verification_policy: str = Field(
        "NeverVerifyPreloadedImages", alias="imagePullCredentialsVerificationPolicy"
    )
    verification_allowlist: list[str] = Field(
        default_factory=list, alias="preloadedImagesVerificationAllowlist"
    )
    image_credential_provider_config: dict[str, Any] | None = Field(
        None,
        alias="imageCredentialProviderConfig",
        description="a CredentialProviderConfig: what the flag "
        "--image-credential-provider-config names",
    )
    root_dir: str = Field(ROOT_DIR, alias="rootDir", description="flag --root-dir")
    working_directory: str = Field(
        "/", alias="workingDirectory", description="where the kubelet was started"
    )
    home: str | None = Field(
        None, description="HOME of the kubelet; not set unless given"
    )
