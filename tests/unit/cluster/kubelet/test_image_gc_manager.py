"""A node's image collector, on a small node that keeps lists."""

from dataclasses import dataclass, field

import pytest

from sim.cluster.kubelet.image_gc_manager import ImageGCError, ImageGCManager
from sim.rules.image_gc import FsStats, ImageGCPolicy, ListedImage
from sim.units import HOUR, MINUTE

FULL = FsStats(capacity_bytes=1000, available_bytes=100)  # 90 %, 100 bytes too many
EMPTY = FsStats(capacity_bytes=1000, available_bytes=1000)


@dataclass
class _SmallNode:
    """Images of 60 bytes each; what is asked of it is written down."""

    names: list[str]
    used: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    stats: FsStats = FULL
    broken: str = ""
    removed: list[str] = field(default_factory=list)
    events: list[tuple[str, str]] = field(default_factory=list)
    hooks: list[tuple[list[str], int]] = field(default_factory=list)

    def list_images(self) -> list[ListedImage]:
        if self.broken == "list":
            raise ImageGCError("list failed")
        return [
            ListedImage(id=n, size_bytes=60, pinned=n == "pause") for n in self.names
        ]

    def images_in_use(self) -> list[str]:
        return self.used

    def remove_image(self, image_id: str, reason: str) -> str:
        if image_id in self.stuck:
            return f"{image_id} is stuck"
        self.names.remove(image_id)
        self.removed.append(image_id)
        return ""

    def image_fs_stats(self) -> FsStats:
        if self.broken == "stats":
            raise ImageGCError("stats failed")
        return self.stats

    def collector(self, **policy: int) -> ImageGCManager:
        """Return a collector of this node, started at 0."""
        return ImageGCManager(
            ImageGCPolicy(**({"min_age_us": 0} | policy)),
            service=self,
            stats=self,
            recorder=lambda reason, message: self.events.append((reason, message)),
            hooks=[lambda left, start: self.hooks.append((list(left), start))],
        )


def test_a_pass_stops_when_enough_is_freed() -> None:
    """Two of four images make up for 100 bytes; used and pinned ones stay."""
    node = _SmallNode(["pause", "a", "used", "b", "c", "d"], used=["used", "gone"])

    error = node.collector().garbage_collect(MINUTE)

    assert (error, node.removed) == ("", ["a", "b"])
    assert node.hooks == [([], MINUTE)]


def test_exactly_enough_is_enough() -> None:
    """120 bytes wanted, two images of 60 freed: the third stays, and no complaint."""
    stats = FsStats(capacity_bytes=1000, available_bytes=80)
    node = _SmallNode(["a", "b", "c"], stats=stats)

    error = node.collector().garbage_collect(MINUTE)

    assert (error, node.removed, node.events) == ("", ["a", "b"], [])


def test_one_image_goes_even_if_nothing_is_wanted() -> None:
    """With equal thresholds 14.1 % free count as 86 %: one goes, without complaint."""
    stats = FsStats(capacity_bytes=1000, available_bytes=141)
    node = _SmallNode(["a", "b"], stats=stats)
    collector = node.collector(high_threshold_percent=86, low_threshold_percent=86)

    error = collector.garbage_collect(MINUTE)

    assert (error, node.removed) == ("", ["a"])


def test_a_pass_below_the_threshold_does_nothing() -> None:
    """No image goes, no hook is called."""
    node = _SmallNode(["a"], stats=EMPTY)

    assert node.collector().garbage_collect(MINUTE) == ""
    assert (node.removed, node.hooks) == ([], [])


def test_young_images_are_spared_and_named_to_the_hooks() -> None:
    """The least age counts from detection, not from the pull."""
    node = _SmallNode(["a", "b"])
    collector = node.collector(min_age_us=2 * MINUTE)
    collector.detect_images(0)
    node.names += ["new"]

    error = collector.garbage_collect(2 * MINUTE)

    assert (error, node.removed) == ("", ["a", "b"])
    early = collector.garbage_collect(3 * MINUTE)
    assert "freed 0 bytes" in early
    assert node.hooks == [([], 2 * MINUTE), (["new"], 3 * MINUTE)]


def test_too_little_freed_is_an_event_and_the_error() -> None:
    """The hooks are told all the same."""
    node = _SmallNode(["a"])

    error = node.collector().garbage_collect(MINUTE)

    assert error.startswith("Insufficient free disk space")
    assert "(90% of 1000 B used)" in error
    assert node.events == [("FreeDiskSpaceFailed", error)]
    assert len(node.hooks) == 1


def test_a_stuck_image_does_not_stop_the_others() -> None:
    """The pass ends with an error, no event and no hook; the image stays known."""
    node = _SmallNode(["a", "b"], stuck=["a"])
    collector = node.collector()

    error = collector.garbage_collect(MINUTE)

    assert error == (
        "wanted to free 100 bytes, but freed 60 bytes space with errors in image "
        "deletion: a is stuck"
    )
    assert (node.removed, list(collector.records)) == (["b"], ["a"])
    assert (node.events, node.hooks) == ([], [])


def test_old_images_go_whatever_the_disk_says() -> None:
    """Age removes the never used and the long unused, not the lately used."""
    node = _SmallNode(["old", "late", "never"], stats=EMPTY)
    collector = node.collector(max_age_us=HOUR, min_age_us=9 * HOUR)
    node.used = ["old", "late"]
    collector.detect_images(0)
    node.used = ["late"]
    collector.detect_images(HOUR)
    node.used = []

    too_early = collector.garbage_collect(HOUR), list(node.removed)
    error = collector.garbage_collect(HOUR + 1)

    assert too_early == ("", [])
    assert (error, node.removed) == ("", ["never", "old"])


def test_a_stuck_old_image_ends_the_pass_before_space() -> None:
    """The other old ones are still tried; statistics are not asked."""
    node = _SmallNode(["a", "b"], stuck=["a"], broken="stats")

    error = node.collector(max_age_us=HOUR).garbage_collect(2 * HOUR)

    assert error == (
        "wanted to free images older than 1h0m0s, encountered errors in image "
        "deletion: a is stuck"
    )
    assert node.removed == ["b"]


def test_a_disk_without_capacity_is_an_event() -> None:
    """No image goes by space."""
    node = _SmallNode(["a"], stats=FsStats(capacity_bytes=0, available_bytes=0))

    error = node.collector().garbage_collect(MINUTE)

    assert error == "invalid capacity 0 on image filesystem"
    assert node.events == [("InvalidDiskCapacity", error)]
    assert node.removed == []


def test_unused_images_go_under_pressure() -> None:
    """All that may go goes, whatever is free; a failure is the error."""
    node = _SmallNode(["pause", "a", "used", "b"], used=["used"], stats=EMPTY)
    stuck = _SmallNode(["a", "b"], stuck=["a"])

    assert node.collector().delete_unused_images(MINUTE) == ""
    error = stuck.collector().delete_unused_images(MINUTE)

    assert (node.removed, node.events) == (["a", "b"], [])
    assert error.startswith("wanted to free 9223372036854775807 bytes, but freed 60")


@pytest.mark.parametrize("broken", ["list", "stats"])
def test_what_gives_no_answer_ends_the_pass(broken: str) -> None:
    """The text of the runtime, or of the statistics, is the pass's error."""
    node = _SmallNode(["a"], broken=broken)

    assert node.collector().garbage_collect(MINUTE) == f"{broken} failed"
    assert node.removed == []


def test_a_broken_list_stops_the_deletion_of_unused_images() -> None:
    """Nothing is removed blindly."""
    node = _SmallNode(["a"], broken="list")

    assert node.collector().delete_unused_images(MINUTE) == "list failed"


def test_only_a_second_failure_in_a_row_is_reported() -> None:
    """A success between two failures starts the count again."""
    node = _SmallNode([], stats=FsStats(capacity_bytes=0, available_bytes=0))
    collector = node.collector()
    reasons = []

    for stats in (node.stats, node.stats, EMPTY, node.stats):
        node.stats, node.events = stats, []
        collector.collect_periodically(MINUTE)
        reasons.append([reason for reason, _ in node.events])

    assert reasons == [
        ["InvalidDiskCapacity"],
        ["InvalidDiskCapacity", "ImageGCFailed"],
        [],
        ["InvalidDiskCapacity"],
    ]


def test_vanished_images_are_forgotten() -> None:
    """An image that comes back is detected anew; the others keep their order."""
    node = _SmallNode(["a", "b", "c"])
    collector = node.collector()
    collector.detect_images(0)
    node.names.remove("a")
    collector.detect_images(1)
    node.names.insert(0, "a")

    collector.detect_images(2)

    seen = {name: r.first_detected_us for name, r in collector.records.items()}
    assert list(seen.items()) == [("b", 0), ("c", 0), ("a", 2)]
