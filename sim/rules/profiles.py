"""What each Kubernetes minor release does: the only table of differences.

A rule takes a profile's value as an argument; it never asks which version it is.
Every difference names its source. Known but undated differences are listed in
``UNDATED`` and not modelled.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sim.rules.image_name import canonical_repository, trim_to_repository


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One minor release.

    ``ensure_secret_pulled_images``: a pod must have the right to an image that is
    already there (pkg/features/kube_features.go, KubeletEnsureSecretPulledImages,
    on from v1.35). ``new_container_wording``: "Container created" instead of
    "Created container: NAME" (seen from v1.35). ``repository_as_written``: pull records
    name a repository as the pod writes it, not with Docker Hub's host added
    (pullmanager, trimImageTagDigest, since pull request 137629 in v1.36).
    """

    version: str
    ensure_secret_pulled_images: bool
    new_container_wording: bool
    repository_as_written: bool

    @property
    def repository_of(self) -> Callable[[str], str]:
        """Return how pull records name the repository of an image."""
        if self.repository_as_written:
            return trim_to_repository
        return canonical_repository


VERSIONS = tuple(f"1.{minor}" for minor in range(30, 37))
PROFILES = {
    version: Profile(
        version=version,
        ensure_secret_pulled_images=version >= "1.35",
        new_container_wording=version >= "1.35",
        repository_as_written=version >= "1.36",
    )
    for version in VERSIONS
}
NEWEST = VERSIONS[-1]
UNDATED = (
    "the message of ImagePullBackOff carries the last error since about v1.32",
    "Always no longer asks the runtime for the image first since v1.32 or v1.33",
)
