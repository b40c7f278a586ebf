"""A node's image garbage collection: when it runs, on what, and what it leaves behind.

Passes come every five minutes from the kubelet's start. One that can do nothing is
not simulated: a timer runs only while the disk is over the high threshold, or if
images have a longest age. What passes in between would have remembered is told by
``ImageUse``. Only images are collected; the rest of the disk stays as full as it is,
and the eviction manager, which also removes images, is not simulated.

Source: pkg/kubelet/kubelet.go, StartGarbageCollection; image_gc_manager.go.
"""

from collections.abc import Sequence

from sim.cluster.clock import Clock
from sim.cluster.kubelet.image_gc_manager import (
    FREE_DISK_SPACE_FAILED,
    IMAGE_GC_FAILED,
    INVALID_DISK_CAPACITY,
    SPACE,
    ImageGCManager,
    PostImageGCHook,
)
from sim.cluster.runtime.container_runtime import ContainerRuntime
from sim.cluster.runtime.image_use import ImageUse
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules import image_gc
from sim.rules.image_gc import (
    IMAGE_GC_PERIOD_US,
    FsStats,
    ImageGCPolicy,
    ListedImage,
)
from sim.scenario.model import KubeletConfiguration, NodeGroup

EVENTS = {
    FREE_DISK_SPACE_FAILED: Kind.FREE_DISK_SPACE_FAILED,
    IMAGE_GC_FAILED: Kind.IMAGE_GC_FAILED,
    INVALID_DISK_CAPACITY: Kind.INVALID_DISK_CAPACITY,
}


class ImageGCLoop:
    """The collector of one node at work; ``start_us`` is when the kubelet started.

    ``joined_row`` is the row by which the node joined.
    """

    __slots__ = (
        "_armed",
        "_disk_bytes",
        "_env",
        "_joined_row",
        "_log",
        "_manager",
        "_matters_from_bytes",
        "_node",
        "_other_bytes",
        "_pass_row",
        "_policy",
        "_runtime",
        "_start_us",
        "_use",
        "stopped",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        node: int,
        group: NodeGroup,
        *,
        runtime: ContainerRuntime,
        use: ImageUse,
        start_us: int,
        joined_row: int,
        hooks: Sequence[PostImageGCHook] = (),
        advice: bool = True,
    ) -> None:
        self._env = env
        self._log = log
        self._node = node
        self._policy = _policy(group.kubelet)
        self._runtime = runtime
        self._use = use
        self._disk_bytes = group.disk_bytes
        self._other_bytes = group.disk_used_bytes
        # of images; with fewer, a pass can do nothing
        full_from_bytes = image_gc.full_from_bytes(group.disk_bytes, self._policy)
        self._matters_from_bytes = (
            0
            if self._policy.max_age_us or not group.disk_bytes
            else full_from_bytes - group.disk_used_bytes
        )
        self._start_us = start_us
        self._joined_row = joined_row
        self._armed = False
        self._pass_row = NONE
        self.stopped = False
        self._manager = ImageGCManager(
            self._policy,
            service=self,
            stats=self,
            recorder=self._record_event,
            hooks=hooks,
            started_us=start_us,
            advice=advice,
        )

    def start(self) -> None:
        """Make the pass of the kubelet's start, and watch the images from now on."""
        for image in self._runtime.store.images():
            self._use.came(image.id, self._start_us)
        self._runtime.store.watch = self
        if self._policy.loop_starts and self._could_matter():
            self._collect(self._start_us)

    # --- what the store tells (see image_store.StoreWatch) ---

    def image_came(self, image_id: str) -> None:
        """An image has its first name."""
        self._use.came(image_id)

    def bytes_came(self) -> None:
        """The disk is fuller."""
        if not self._armed and self._policy.loop_starts and self._could_matter():
            self._arm()

    def _could_matter(self) -> bool:
        return self._runtime.store.used_bytes >= self._matters_from_bytes

    # --- passes ---

    def _arm(self) -> None:
        self._armed = True
        passed_us = (self._env.now - self._start_us) % IMAGE_GC_PERIOD_US
        self._env.call_after(IMAGE_GC_PERIOD_US - passed_us, self._fire)

    def _fire(self) -> None:
        self._armed = False
        if not self.stopped:
            self._collect(self._env.now)

    def _collect(self, now_us: int) -> None:
        self._pass_row = NONE
        self._manager.remember(self._use.recall(self.list_images(), now_us))
        error = self._manager.collect_periodically(now_us)
        # After a failure the next pass counts even if it has nothing to do: it ends
        # the row of failures.
        if error or self._could_matter():
            self._arm()

    # --- what the collector needs (see ImageService, StatsProvider) ---

    def list_images(self) -> list[ListedImage]:
        """Return the runtime's images; the sizes are the compressed ones."""
        return [
            ListedImage(id=image.id, size_bytes=image.size_bytes)
            for image in self._runtime.store.images()
        ]

    def images_in_use(self) -> list[str]:
        """Return the images of containers, running or exited, and of their volumes."""
        return self._use.in_use()

    def image_fs_stats(self) -> FsStats:
        """Return how much room there is; a disk that is too small is just full."""
        free = self._disk_bytes - self._used_bytes()
        return FsStats(capacity_bytes=self._disk_bytes, available_bytes=max(0, free))

    def _used_bytes(self) -> int:
        return self._other_bytes + self._runtime.store.used_bytes

    def remove_image(self, image_id: str, reason: str) -> str:
        """Remove an image; this runtime never fails to."""
        cause = self._why_full() if reason == SPACE else self._joined_row
        self._runtime.remove_image(image_id, self._log.names.id(reason), cause)
        self._use.went(image_id)
        return ""

    # --- the record ---

    def _record_event(self, reason: str, message: str) -> None:
        self._log.append(
            EVENTS[reason],
            node=self._node,
            text=self._log.names.id(message),
            cause=self._why_full(),
        )

    def _why_full(self) -> int:
        """Return the row of this pass; it goes back to who last filled the disk."""
        if self._pass_row == NONE:
            last = self._runtime.last_arrival_row
            stats = self.image_fs_stats()
            self._pass_row = self._log.append(
                Kind.IMAGE_GC,
                node=self._node,
                amount=image_gc.usage_percent(stats) if self._disk_bytes else 100,
                cause=self._joined_row if last == NONE else last,
            )
        return self._pass_row


def _policy(config: KubeletConfiguration) -> ImageGCPolicy:
    return ImageGCPolicy(
        high_threshold_percent=config.image_gc_high_threshold_percent,
        low_threshold_percent=config.image_gc_low_threshold_percent,
        min_age_us=config.image_minimum_gc_age_us,
        max_age_us=config.image_maximum_gc_age_us,
    )
