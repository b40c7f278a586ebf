"""What each Kubernetes minor release does: the only table of differences.

A rule takes a profile's value as an argument; it never asks which version it is.
Every difference names its source. Known but undated differences are listed in
``UNDATED`` and not modelled.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One minor release.

    ``ensure_secret_pulled_images``: a pod must have the right to an image that is
    already there (pkg/features/kube_features.go, KubeletEnsureSecretPulledImages,
    on from v1.35). ``service_account_tokens_for_providers``: credential provider
    plug-ins may get tokens (same file,
    KubeletServiceAccountTokenForCredentialProviders, on from v1.34).
    ``new_container_wording``: "Container created" instead of "Created container: NAME"
    (seen from v1.35).
    """

    version: str
    ensure_secret_pulled_images: bool
    service_account_tokens_for_providers: bool
    new_container_wording: bool


VERSIONS = tuple(f"1.{minor}" for minor in range(30, 37))
PROFILES = {
    version: Profile(
        version=version,
        ensure_secret_pulled_images=version >= "1.35",
        service_account_tokens_for_providers=version >= "1.34",
        new_container_wording=version >= "1.35",
    )
    for version in VERSIONS
}
NEWEST = VERSIONS[-1]
UNDATED = (
    "the message of ImagePullBackOff carries the last error since about v1.32",
    "Always no longer asks the runtime for the image first since v1.32 or v1.33",
)
