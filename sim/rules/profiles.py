"""What each Kubernetes minor release does: the only table of differences.

A rule takes a profile's value as an argument; it never asks which version it is.
Every difference names its source. Known but undated differences are listed in
``UNDATED``, dated ones of parts that are not simulated in ``NOT_SIMULATED``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from sim.rules.image_name import canonical_repository, trim_to_repository


class Gate(Enum):
    """How far a feature gate has come; the default of the release counts.

    ``ABSENT``: the release does not know the feature nor its fields. ``OFF``: it
    knows them, and refuses or drops them. ``ON``: they work.
    """

    ABSENT = auto()
    OFF = auto()
    ON = auto()

    @property
    def on(self) -> bool:
        """Whether the feature works."""
        return self is Gate.ON


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One minor release. Gates are those of pkg/features/kube_features.go.

    ``ensure_secret_pulled_images``: a pod must have the right to an image that is
    already there, and the event says so (KubeletEnsureSecretPulledImages).

    ``service_account_tokens_for_providers``: credential provider plug-ins may get
    tokens (KubeletServiceAccountTokenForCredentialProviders, on from v1.34).

    ``crash_loop_back_off_max``: KubeletConfiguration has
    crashLoopBackOff.maxContainerRestartPeriod (KubeletCrashLoopBackOffMax).

    ``image_volume``: pods may have image volumes; until then the API server drops
    them and their mounts (ImageVolume; pkg/api/pod/util.go, dropImageVolumes).

    ``last_error_in_back_off``: the message of ImagePullBackOff carries the last error
    (image_manager.go, pull request 127918 of October 2024).

    ``disk_space_advice``: FreeDiskSpaceFailed tells the usage, the size and what to
    look at (image_gc_manager.go, v1.34).

    ``heed_restart_back_off``: a pod is looked at again when a restart back-off ends,
    not after 10 to 15 s (pod_workers.go, completeWork, pull request 133066).

    ``new_container_wording``: "Container created" instead of "Created container:
    NAME" (events of clusters from v1.35 on).

    ``on_demand_relist``: the PLEG reads a pod again right after a sync without error
    (PLEGOnDemandRelist).

    ``allowlist_trims_images``: an exact entry of preloadedImagesVerificationAllowlist
    is compared with the image's name, not with all its text
    (image_pull_policies.go, pull request 137629).

    ``repository_as_written``: pull records name a repository as the pod writes it,
    not with Docker Hub's host added (pullmanager, trimImageTagDigest, pull request
    137629).
    """

    version: str
    ensure_secret_pulled_images: Gate
    service_account_tokens_for_providers: bool
    crash_loop_back_off_max: Gate
    image_volume: Gate
    last_error_in_back_off: bool
    disk_space_advice: bool
    heed_restart_back_off: bool
    new_container_wording: bool
    on_demand_relist: bool
    allowlist_trims_images: bool
    repository_as_written: bool

    @property
    def repository_of(self) -> Callable[[str], str]:
        """Return how pull records name the repository of an image."""
        if self.repository_as_written:
            return trim_to_repository
        return canonical_repository


def _gate(version: str, *, known: str, on: str) -> Gate:
    if version >= on:
        return Gate.ON
    return Gate.OFF if version >= known else Gate.ABSENT


# Compared as text, which is right as long as all minors have two digits.
VERSIONS = tuple(f"1.{minor}" for minor in range(30, 37))
PROFILES = {
    version: Profile(
        version=version,
        ensure_secret_pulled_images=_gate(version, known="1.33", on="1.35"),
        service_account_tokens_for_providers=version >= "1.34",
        crash_loop_back_off_max=_gate(version, known="1.32", on="1.35"),
        image_volume=_gate(version, known="1.31", on="1.35"),
        last_error_in_back_off=version >= "1.32",
        disk_space_advice=version >= "1.34",
        heed_restart_back_off=version >= "1.35",
        new_container_wording=version >= "1.35",
        on_demand_relist=version >= "1.36",
        allowlist_trims_images=version >= "1.36",
        repository_as_written=version >= "1.36",
    )
    for version in VERSIONS
}
NEWEST = VERSIONS[-1]
MAX_UNAVAILABLE_STATEFUL_SET = "MaxUnavailableStatefulSet"
# The gates that a scenario may set, and whether they are on unless it does.
# Source: pkg/features/kube_features.go
FEATURE_GATES = {MAX_UNAVAILABLE_STATEFUL_SET: False}
UNDATED = (
    "Always no longer asks the runtime for the image first since v1.32 or v1.33",
    "the text of a failed inspection no longer names the image (precheck split off)",
    "images found at a kubelet's start count as first detected then, not long ago",
    "MaxUnavailableStatefulSet: on in the text of v1.35, off in what ran as v1.36.2",
    "records of preloaded images, proposed after v1.36 (pull request 139156)",
)
NOT_SIMULATED = (
    "v1.31: AlwaysPullImages sets image volumes (they do not work before v1.35)",
    "v1.33: node file and credential plug-ins no longer share one keyring",
    "v1.34: required cacheType of service-account tokens for credential plug-ins",
    "v1.35: metric kubelet_image_manager_ensure_image_requests_total",
    "v1.35: plug-in configuration may be a directory",
)
