"""What people wrote for a newer Kubernetes than the one they chose.

A kubelet refuses settings of a feature gate that is off, and ignores those that it
does not know; the API server drops image volumes that are not on.

Source: pkg/kubelet/apis/config/validation/validation.go, pkg/api/pod/util.go.
"""

from collections.abc import Iterable, Iterator

from sim.rules.profiles import Gate, Profile
from sim.scenario import model
from sim.scenario.schema.kubelet import KubeletPart


def _given(part: KubeletPart, profile: Profile) -> Iterator[tuple[str, str, Gate]]:
    """Yield (key, the kubelet's refusal, gate) of each setting that has a gate."""
    if part.crash_loop_back_off:
        yield (
            "crashLoopBackOff",
            (
                "FeatureGate KubeletCrashLoopBackOffMax not enabled, "
                "CrashLoopBackOff.MaxContainerRestartPeriod must not be set"
            ),
            profile.crash_loop_back_off_max,
        )
    for field, key in (
        ("verification_policy", "imagePullCredentialsVerificationPolicy"),
        ("verification_allowlist", "preloadedImagesVerificationAllowlist"),
    ):
        if field in part.model_fields_set:
            yield (
                key,
                (
                    f"`{key}` must not be set if KubeletEnsureSecretPulledImages "
                    "feature gate is not enabled"
                ),
                profile.ensure_secret_pulled_images,
            )


def refused(part: KubeletPart, profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield (key, message) of settings with which this kubelet does not start."""
    for key, message, gate in _given(part, profile):
        if gate is Gate.OFF:
            yield key, f"invalid configuration: {message}"


def ignored(group: str, part: KubeletPart, profile: Profile) -> Iterator[str]:
    """Yield a warning for each setting that this kubelet does not know."""
    for key, _, gate in _given(part, profile):
        if gate is Gate.ABSENT:
            yield (
                f"{group}: kubelet: {key} is ignored: "
                f"Kubernetes {profile.version} does not know it"
            )


def dropped(
    objects: Iterable[model.KubernetesObject], profile: Profile
) -> Iterator[str]:
    """Yield a warning for each image volume that this API server drops."""
    if profile.image_volume.on:
        return
    for obj in objects:
        if isinstance(obj, model.PodObject | model.Workload):
            for volume in obj.template.spec.image_volumes:
                yield (
                    f"{obj.name}: volume {volume.name} is dropped: image volumes "
                    f"do not work in Kubernetes {profile.version}"
                )
