"""Image collection: thresholds, order, age and space."""

import pytest

from sim.rules.image_gc import (
    IMAGE_GC_PERIOD_US,
    FsStats,
    ImageGCPolicy,
    ImageGCPolicyError,
    ImageRecord,
    ListedImage,
    age_counts,
    age_removal_failed,
    bytes_to_free,
    detect,
    eviction_order,
    full_from_bytes,
    insufficient_space,
    is_spared,
    is_too_old,
    usage_percent,
)
from sim.units import HOUR, MINUTE

HOURLY = ImageGCPolicy(max_age_us=HOUR)


def record(
    name: str, used_us: int | None = None, first_us: int = 0, *, pinned: bool = False
) -> ImageRecord:
    """Return the record of an image of one byte."""
    return ImageRecord(
        id=name,
        first_detected_us=first_us,
        last_used_us=used_us,
        size_bytes=1,
        pinned=pinned,
    )


@pytest.mark.parametrize(
    ("high", "low", "text"),
    [
        (101, 200, "invalid HighThresholdPercent 101, must be in range [0-100]"),
        (-1, 0, "invalid HighThresholdPercent -1, must be in range [0-100]"),
        (0, 101, "invalid LowThresholdPercent 101, must be in range [0-100]"),
        (9, -2, "invalid LowThresholdPercent -2, must be in range [0-100]"),
        (
            1,
            2,
            "LowThresholdPercent 2 can not be higher than HighThresholdPercent 1",
        ),
    ],
)
def test_impossible_thresholds_are_refused(high: int, low: int, text: str) -> None:
    """The first fault is told in the kubelet's words."""
    with pytest.raises(ImageGCPolicyError) as caught:
        ImageGCPolicy(high_threshold_percent=high, low_threshold_percent=low)

    assert str(caught.value) == text


@pytest.mark.parametrize(("high", "low"), [(100, 100), (0, 0), (85, 80)])
def test_thresholds_at_the_border_are_fine(high: int, low: int) -> None:
    """0, 100 and equal thresholds are allowed."""
    policy = ImageGCPolicy(high_threshold_percent=high, low_threshold_percent=low)

    assert policy.loop_starts is (high < 100)


def test_an_age_limit_starts_the_loop_at_100_percent() -> None:
    """A threshold of 100 switches the loop off unless images age."""
    aged = ImageGCPolicy(high_threshold_percent=100, max_age_us=HOUR)

    assert aged.loop_starts


def test_a_detected_image_keeps_its_first_time() -> None:
    """Use is stamped when seen, size and pin are the newest."""
    image = ListedImage(id="a", size_bytes=7, pinned=True)

    first = detect(None, image, in_use=False, now_us=1)
    used = detect(first, image, in_use=True, now_us=2)
    idle = detect(used, ListedImage(id="a", size_bytes=8), in_use=False, now_us=3)

    assert (first.first_detected_us, first.last_used_us) == (1, None)
    assert (used.first_detected_us, used.last_used_us) == (1, 2)
    assert idle == ImageRecord(
        id="a", first_detected_us=1, last_used_us=2, size_bytes=8, pinned=False
    )


def test_the_longest_unused_goes_first() -> None:
    """Never used before used (even at 0), ties by detection; pinned and used stay."""
    records = [
        record("used late", 9, 1),
        record("pinned", pinned=True),
        record("used at 0", 0, 5),
        record("used at 0, older", 0, 4),
        record("in use", 9),
        record("never, newer", None, 7),
        record("never", None, 6),
    ]

    order = eviction_order(records, frozenset({"in use"}))

    assert [r.id for r in order] == [
        "never",
        "never, newer",
        "used at 0, older",
        "used at 0",
        "used late",
    ]


@pytest.mark.parametrize(
    ("now_us", "counts"), [(HOUR, False), (HOUR + 5, False), (HOUR + 6, True)]
)
def test_age_counts_from_the_kubelets_own_age_on(now_us: int, counts: bool) -> None:
    """A kubelet that started at 5 must be up for strictly more than the limit."""
    assert age_counts(HOURLY, 5, now_us) is counts
    assert not age_counts(ImageGCPolicy(), 5, now_us)


def test_old_and_never_used_images_are_too_old() -> None:
    """Exactly the limit is not too old; never used is, however new."""
    assert is_too_old(record("new", None, HOUR), HOURLY, HOUR)
    assert is_too_old(record("old", 0), HOURLY, HOUR + 1)
    assert not is_too_old(record("just", 0), HOURLY, HOUR)


def test_new_images_and_those_used_now_are_spared() -> None:
    """The least age counts from detection; its end is no longer spared."""
    policy = ImageGCPolicy()

    assert is_spared(record("new", None, 1), policy, 2 * MINUTE)
    assert not is_spared(record("aged", None, 0), policy, 2 * MINUTE)
    assert is_spared(record("used now", 5 * MINUTE, 0), policy, 5 * MINUTE)
    assert not is_spared(record("used before", 5 * MINUTE - 1), policy, 5 * MINUTE)


@pytest.mark.parametrize(
    ("capacity", "available", "percent", "wanted"),
    [
        (1000, 150, 85, 50),
        (1000, 159, 85, 41),
        (1000, 2000, 0, -800),
        (999, 0, 100, 199),
        (1, 1, 0, -1),
    ],
)
def test_usage_is_rounded_up(
    capacity: int, available: int, percent: int, wanted: int
) -> None:
    """Free space is cut to whole percent; more than the capacity is the capacity."""
    stats = FsStats(capacity_bytes=capacity, available_bytes=available)

    assert usage_percent(stats) == percent
    assert bytes_to_free(stats, ImageGCPolicy()) == wanted


@pytest.mark.parametrize("high", [0, 1, 80, 85, 99, 100])
@pytest.mark.parametrize("capacity", [1, 99, 100, 101, 12_345])
def test_a_disk_is_full_from_a_number_of_bytes_on(capacity: int, high: int) -> None:
    """That many used bytes reach the high threshold; one fewer does not."""
    policy = ImageGCPolicy(high_threshold_percent=high, low_threshold_percent=0)

    full = full_from_bytes(capacity, policy)

    for used, reached in ((full, True), (full - 1, False)):
        if 0 <= used <= capacity:
            stats = FsStats(capacity_bytes=capacity, available_bytes=capacity - used)
            assert (usage_percent(stats) >= high) is reached


def test_the_kubelet_looks_every_five_minutes() -> None:
    """Source: pkg/kubelet/kubelet.go, ImageGCPeriod."""
    assert IMAGE_GC_PERIOD_US == 5 * MINUTE


@pytest.mark.parametrize(
    ("capacity", "shown"),
    [
        (110_000_000_000, "102.4 GiB"),
        (2**30, "1.0 GiB"),
        (2**30 - 1, "1024.0 MiB"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1023 * 2**40, "1023.0 TiB"),
        (1536, "1.5 KiB"),
        (5 * 2**40, "5.0 TiB"),
    ],
)
def test_too_little_space_is_told_in_binary_units(capacity: int, shown: str) -> None:
    """The text names usage, capacity and what was freed."""
    stats = FsStats(capacity_bytes=capacity, available_bytes=0)

    assert insufficient_space(stats, 9, 7) == (
        f"Insufficient free disk space on the node's image filesystem (100% of {shown} "
        "used). Failed to free sufficient space by deleting unused images (freed 7 "
        "bytes). Investigate disk usage, as it could be used by active images, logs, "
        "volumes, or other data."
    )


def test_errors_are_told_once_each() -> None:
    """One distinct error stands as it is, several in brackets."""
    one = age_removal_failed(90 * MINUTE, ["busy", "busy"])
    two = age_removal_failed(10 * MINUTE, ["busy", "read-only", "busy"])

    head = "wanted to free images older than"
    tail = "encountered errors in image deletion:"
    assert one == f"{head} 1h30m0s, {tail} busy"
    assert two == f"{head} 10m0s, {tail} [busy, read-only]"


def test_older_releases_tell_what_was_wanted() -> None:
    """Before v1.34 the text names the bytes wanted and found, and gives no advice."""
    stats = FsStats(capacity_bytes=100, available_bytes=0)

    assert insufficient_space(stats, 20, 7, advice=False) == (
        "Failed to garbage collect required amount of images. Attempted to free 20 "
        "bytes, but only found 7 bytes eligible to free."
    )
