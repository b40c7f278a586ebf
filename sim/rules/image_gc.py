"""Which images a node gives up, and when: age, space, order, and the texts.

Source: pkg/kubelet/images/image_gc_manager.go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.rules.durations import format_go_duration
from sim.rules.keyring import aggregate_errors
from sim.units import MINUTE

IMAGE_GC_PERIOD_US = 5 * MINUTE
EVERYTHING_BYTES = 2**63 - 1
INVALID_CAPACITY = "invalid capacity 0 on image filesystem"


class ImageGCPolicyError(ValueError):
    """The kubelet refuses its thresholds; the text is the one it prints."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageGCPolicy:
    """When images are given up; a longest age of 0 is none.

    Raises ``ImageGCPolicyError`` for thresholds that no manager starts with.
    Source: ``NewImageGCManager``.
    """

    high_threshold_percent: int = 85
    low_threshold_percent: int = 80
    min_age_us: int = 2 * MINUTE
    max_age_us: int = 0

    def __post_init__(self) -> None:
        high, low = self.high_threshold_percent, self.low_threshold_percent
        for name, value in (("High", high), ("Low", low)):
            if not 0 <= value <= 100:
                raise ImageGCPolicyError(
                    f"invalid {name}ThresholdPercent {value}, must be in range [0-100]"
                )
        if low > high:
            raise ImageGCPolicyError(
                f"LowThresholdPercent {low} can not be higher than "
                f"HighThresholdPercent {high}"
            )

    @property
    def loop_starts(self) -> bool:
        """Whether the kubelet collects at all. Source: kubelet.go."""
        return self.high_threshold_percent != 100 or self.max_age_us != 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedImage:
    """An image as the runtime lists it."""

    id: str
    size_bytes: int
    pinned: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRecord:
    """What the collector remembers of an image; ``last_used_us`` None = never used."""

    id: str
    first_detected_us: int
    last_used_us: int | None
    size_bytes: int
    pinned: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FsStats:
    """The file system that holds the images."""

    capacity_bytes: int
    available_bytes: int


def detect(
    known: ImageRecord | None, image: ListedImage, *, in_use: bool, now_us: int
) -> ImageRecord:
    """Return an image's record after a look at the runtime's list.

    Source: ``detectImages``.
    """
    return ImageRecord(
        id=image.id,
        first_detected_us=known.first_detected_us if known else now_us,
        last_used_us=now_us if in_use else known.last_used_us if known else None,
        size_bytes=image.size_bytes,
        pinned=image.pinned,
    )


def eviction_order(
    records: Iterable[ImageRecord], in_use: frozenset[str]
) -> list[ImageRecord]:
    """Return what may go, first to go first.

    Longest unused first (never used before all), then first detected first; upstream
    leaves the order of the rest to chance, here it is that of the records.

    Source: ``imagesInEvictionOrder``.
    """
    candidates = [r for r in records if not r.pinned and r.id not in in_use]
    return sorted(
        candidates,
        key=lambda r: (
            r.last_used_us is not None,
            r.last_used_us or 0,
            r.first_detected_us,
        ),
    )


def age_counts(policy: ImageGCPolicy, started_us: int, now_us: int) -> bool:
    """Tell whether images go for their age: not before the kubelet is as old itself.

    Source: ``freeOldImages``.
    """
    return policy.max_age_us > 0 and now_us - started_us > policy.max_age_us


def is_too_old(record: ImageRecord, policy: ImageGCPolicy, now_us: int) -> bool:
    """Tell whether an image goes for its age; the least age is not considered."""
    used = record.last_used_us
    return used is None or now_us - used > policy.max_age_us


def is_spared(record: ImageRecord, policy: ImageGCPolicy, now_us: int) -> bool:
    """Tell whether an image stays although space is wanted: in use now, or too new.

    Source: ``freeSpace``.
    """
    if record.last_used_us is not None and record.last_used_us >= now_us:
        return True
    return now_us - record.first_detected_us < policy.min_age_us


def usage_percent(stats: FsStats) -> int:
    """Return how full the file system is, rounded up; the capacity is not 0."""
    available = min(stats.available_bytes, stats.capacity_bytes)
    return 100 - available * 100 // stats.capacity_bytes


def full_from_bytes(capacity_bytes: int, policy: ImageGCPolicy) -> int:
    """Return from how many used bytes on ``usage_percent`` is the high threshold."""
    still_free = (101 - policy.high_threshold_percent) * capacity_bytes
    return (100 * capacity_bytes - still_free) // 100 + 1


def bytes_to_free(stats: FsStats, policy: ImageGCPolicy) -> int:
    """Return what is to go to reach the low threshold; it may be negative."""
    available = min(stats.available_bytes, stats.capacity_bytes)
    return (
        stats.capacity_bytes * (100 - policy.low_threshold_percent) // 100 - available
    )


def age_removal_failed(max_age_us: int, errors: Sequence[str]) -> str:
    """Return the error of a pass in which an old image could not be removed."""
    return (
        f"wanted to free images older than {format_go_duration(max_age_us)}, "
        f"encountered errors in image deletion: {aggregate_errors(errors)}"
    )


def space_removal_failed(wanted: int, freed: int, errors: Sequence[str]) -> str:
    """Return the error of a pass in which a candidate could not be removed."""
    return (
        f"wanted to free {wanted} bytes, but freed {freed} bytes space with errors "
        f"in image deletion: {aggregate_errors(errors)}"
    )


def insufficient_space(
    stats: FsStats, wanted: int, freed: int, *, advice: bool = True
) -> str:
    """Return the error, and event, of a pass that freed too little.

    ``advice`` says what to look at (v1.34 and on); before, the text tells what was
    wanted instead.
    """
    if not advice:
        return (
            "Failed to garbage collect required amount of images. Attempted to free "
            f"{wanted} bytes, but only found {freed} bytes eligible to free."
        )
    return (
        "Insufficient free disk space on the node's image filesystem "
        f"({usage_percent(stats)}% of {_binary_size(stats.capacity_bytes)} used). "
        "Failed to free sufficient space by deleting unused images "
        f"(freed {freed} bytes). Investigate disk usage, as it could be used by "
        "active images, logs, volumes, or other data."
    )


def _binary_size(size_bytes: int) -> str:
    """Return a size with one decimal, ``102.4 GiB``."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    power = min((size_bytes.bit_length() - 1) // 10, 6)
    return f"{size_bytes / 1024**power:.1f} {'KMGTPE'[power - 1]}iB"
