"""A node's KubeletConfiguration, and settings with which a kubelet does not start.

Source: pkg/kubelet/apis/config/validation/validation.go and
pkg/kubelet/images/image_gc_manager.go.
"""

from collections.abc import Iterable

from sim.rules.profiles import Profile
from sim.rules.verification import PatternError, Verification
from sim.scenario import gates, model
from sim.scenario.faults import Step
from sim.scenario.mistakes import Mistakes
from sim.scenario.schema.kubelet import KubeletPart
from sim.units import SECOND

# Where no feature gate lets it be chosen.
MAX_CONTAINER_RESTART_PERIOD_US = 300 * SECOND


def kubelet(
    part: KubeletPart, profile: Profile, mistakes: Mistakes, *path: Step
) -> model.KubeletConfiguration:
    """Return the configuration of the kubelet at ``path``."""
    for key, message in (*_impossible(part), *gates.refused(part, profile)):
        mistakes.fault(message, *path, key)
    parallel = part.max_parallel_image_pulls
    serial = part.serialize_image_pulls
    if serial is None:
        serial = parallel is None or parallel < 2
    restart = MAX_CONTAINER_RESTART_PERIOD_US
    if profile.crash_loop_back_off_max.on:
        restart = part.crash_loop_back_off.get("maxContainerRestartPeriod", restart)
    return model.KubeletConfiguration(
        serialize_image_pulls=serial,
        max_parallel_image_pulls=parallel,
        registry_pull_qps=part.registry_pull_qps,
        registry_burst=part.registry_burst,
        image_gc_high_threshold_percent=part.image_gc_high_threshold_percent,
        image_gc_low_threshold_percent=part.image_gc_low_threshold_percent,
        image_minimum_gc_age_us=part.image_minimum_gc_age,
        image_maximum_gc_age_us=part.image_maximum_gc_age,
        sync_frequency_us=part.sync_frequency,
        max_container_restart_period_us=restart,
        verification_policy=part.verification_policy,
        verification_allowlist=tuple(part.verification_allowlist),
    )


def _impossible(part: KubeletPart) -> Iterable[tuple[str, str]]:
    """Yield (key, upstream's words) of settings that no kubelet takes."""
    yield from _impossible_pulls(part)
    yield from _impossible_thresholds(part)
    try:
        Verification(part.verification_policy, part.verification_allowlist)
    except PatternError as error:
        yield "imagePullCredentialsVerificationPolicy", str(error)


def _impossible_pulls(part: KubeletPart) -> Iterable[tuple[str, str]]:
    parallel = part.max_parallel_image_pulls
    if parallel is not None and parallel < 1:
        yield (
            "maxParallelImagePulls",
            f"maxParallelImagePulls {parallel} must be a positive number",
        )
    if parallel is not None and parallel > 1 and part.serialize_image_pulls:
        yield (
            "maxParallelImagePulls",
            (
                "maxParallelImagePulls cannot be larger than 1 unless "
                "SerializeImagePulls (--serialize-image-pulls) is set to false"
            ),
        )
    for key, value in (
        ("registryPullQPS", part.registry_pull_qps),
        ("registryBurst", part.registry_burst),
    ):
        if value < 0:
            yield key, f"{key} {value} must not be a negative number"


def _impossible_thresholds(part: KubeletPart) -> Iterable[tuple[str, str]]:
    high = part.image_gc_high_threshold_percent
    low = part.image_gc_low_threshold_percent
    for key, name, value in (
        ("imageGCHighThresholdPercent", "HighThresholdPercent", high),
        ("imageGCLowThresholdPercent", "LowThresholdPercent", low),
    ):
        if not 0 <= value <= 100:
            yield key, f"invalid {name} {value}, must be in range [0-100]"
    if low > high:
        yield (
            "imageGCLowThresholdPercent",
            (
                f"LowThresholdPercent {low} can not be higher than "
                f"HighThresholdPercent {high}"
            ),
        )
