"""The ledger remembers what a collector would that looks every five minutes."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.clock import Clock
from sim.cluster.kubelet.image_gc_manager import ImageGCManager
from sim.cluster.runtime.image_use import ImageUse
from sim.rules.image_gc import (
    IMAGE_GC_PERIOD_US,
    FsStats,
    ImageGCPolicy,
    ListedImage,
    full_from_bytes,
    usage_percent,
)

IDS = ("a", "b", "c")
# What happens between two looks, never in the instant of one.
moments = st.integers(1, 6 * IMAGE_GC_PERIOD_US).filter(
    lambda t: t % IMAGE_GC_PERIOD_US
)
steps = st.tuples(
    moments, st.sampled_from(["come", "go", "take", "release"]), st.sampled_from(IDS)
)


class Node:
    """Images and containers of a node, told to the ledger and listed to the oracle."""

    def __init__(self, env: Clock) -> None:
        self.use = ImageUse(env, 0)
        self.images: list[str] = []
        self.containers: list[str] = []
        self.oracle = ImageGCManager(
            ImageGCPolicy(), service=self, stats=self, recorder=lambda *_: None
        )

    def do(self, step: str, image: str) -> None:
        """Carry out one step, if it is possible now."""
        if step == "come" and image not in self.images:
            self.images.append(image)
            self.use.came(image)
        elif step == "go" and image in self.images and image not in self.containers:
            # Nobody but the collector removes images, and it forgets them at once.
            self.images.remove(image)
            self.oracle.records.pop(image, None)
            self.use.went(image)
        elif step == "take" and image in self.images:
            self.containers.append(image)
            self.use.taken([image])
        elif step == "release" and image in self.containers:
            self.containers.remove(image)
            self.use.released([image])

    def list_images(self) -> list[ListedImage]:
        return [ListedImage(id=image, size_bytes=1) for image in self.images]

    def images_in_use(self) -> list[str]:
        return self.containers

    def remove_image(self, image_id: str, reason: str) -> str:
        raise AssertionError(image_id)

    def image_fs_stats(self) -> FsStats:
        raise AssertionError


@given(st.lists(steps, max_size=25), moments)
def test_the_ledger_equals_a_collector_that_looks_every_time(
    history: list[tuple[int, str, str]], end_us: int
) -> None:
    """First seen, last used and order are those of real looks."""
    env = Clock()
    node = Node(env)
    for at_us in range(0, end_us, IMAGE_GC_PERIOD_US):
        env.call_after(at_us, partial(node.oracle.detect_images, at_us))
    for at_us, step, image in history:
        if at_us < end_us:
            env.call_after(at_us, partial(node.do, step, image))
    env.run(until=end_us)
    seen = node.oracle.records

    recalled = node.use.recall(node.list_images(), end_us)

    assert recalled == seen
    assert list(recalled) == list(seen)
    assert list(node.use.in_use()) == list(dict.fromkeys(node.use.in_use()))
    assert set(node.use.in_use()) == set(node.containers)


@given(st.integers(1, 10_000), st.integers(0, 100), st.integers(-3, 3))
def test_a_disk_is_full_from_the_byte_on_that_the_percentage_says(
    capacity: int, high: int, near: int
) -> None:
    """The number of bytes and the rounded percentage agree around the threshold."""
    policy = ImageGCPolicy(high_threshold_percent=high, low_threshold_percent=0)
    least = full_from_bytes(capacity, policy)
    used = min(capacity, max(0, least + near))

    stats = FsStats(capacity_bytes=capacity, available_bytes=capacity - used)

    assert (usage_percent(stats) >= high) is (used >= least)
