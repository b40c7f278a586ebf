"""A kubelet's image garbage collector: what it remembers, and its passes.

Removing takes no time here. Errors are answers, as texts; empty = none.

Source: pkg/kubelet/images/image_gc_manager.go; the loop is kubelet.go's
(StartGarbageCollection).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, Protocol

from sim.rules import image_gc
from sim.rules.image_gc import FsStats, ImageGCPolicy, ImageRecord, ListedImage

FREE_DISK_SPACE_FAILED = "FreeDiskSpaceFailed"
INVALID_DISK_CAPACITY = "InvalidDiskCapacity"
IMAGE_GC_FAILED = "ImageGCFailed"

# Why an image goes, as the metric kubelet_image_garbage_collected_total says it.
AGE = "age"
SPACE = "space"

Recorder = Callable[[str, str], object]
"""Is told the reason and the message of a warning event on the node."""

PostImageGCHook = Callable[[Sequence[str], int], object]
"""Is told the candidates that were spared, and when the pass began."""


class ImageGCError(Exception):
    """The runtime or the statistics gave no answer; the text is the pass's error."""


class ImageService(Protocol):
    """The runtime's images, as the collector needs them."""

    def list_images(self) -> Iterable[ListedImage]:
        """Return all images; may raise ``ImageGCError``."""

    def images_in_use(self) -> Iterable[str]:
        """Return the ids of images that a container, running or exited, uses.

        Those of image volumes count. May raise ``ImageGCError``.
        """

    def remove_image(self, image_id: str, reason: str) -> str:
        """Remove an image; return the text of the error, empty when it is gone.

        ``reason`` is ``AGE`` or ``SPACE``.
        """


class StatsProvider(Protocol):
    """Who knows the file system that holds the images."""

    def image_fs_stats(self) -> FsStats:
        """Return its capacity and free space; may raise ``ImageGCError``."""


class ImageGCManager:
    """One node's collector. ``started_us`` is when the kubelet started.

    ``advice`` is explained in ``image_gc.insufficient_space``.
    """

    __slots__ = (
        "_advice",
        "_failed_before",
        "_hooks",
        "_policy",
        "_record_event",
        "_records",
        "_service",
        "_started_us",
        "_stats",
    )

    def __init__(
        self,
        policy: ImageGCPolicy,
        *,
        service: ImageService,
        stats: StatsProvider,
        recorder: Recorder,
        hooks: Sequence[PostImageGCHook] = (),
        started_us: int = 0,
        advice: bool = True,
    ) -> None:
        self._policy = policy
        self._service = service
        self._stats = stats
        self._record_event = recorder
        self._hooks = tuple(hooks)
        self._started_us = started_us
        self._advice = advice
        self._records: dict[str, ImageRecord] = {}
        self._failed_before = False

    @property
    def records(self) -> dict[str, ImageRecord]:
        """What is remembered of each image, by id."""
        return self._records

    def remember(self, records: dict[str, ImageRecord]) -> None:
        """Take over what looks have seen that nobody made with ``detect_images``."""
        self._records = records

    def detect_images(self, now_us: int) -> frozenset[str]:
        """Look at the runtime once; return the ids in use.

        Raises ``ImageGCError``. Source: ``detectImages``.
        """
        images = list(self._service.list_images())
        in_use = frozenset(self._service.images_in_use())
        known = self._records
        seen = {
            image.id: image_gc.detect(
                known.get(image.id), image, in_use=image.id in in_use, now_us=now_us
            )
            for image in images
        }
        # Known ones keep their place, so that ties fall by first detection.
        kept = {key: seen[key] for key in known if key in seen}
        self._records = kept | seen
        return in_use

    def collect_periodically(self, now_us: int) -> str:
        """Make the pass of the kubelet's loop; a second failure in a row is an event.

        Source: kubelet.go, ``StartGarbageCollection``.
        """
        error = self.garbage_collect(now_us)
        if error and self._failed_before:
            self._record_event(IMAGE_GC_FAILED, error)
        self._failed_before = bool(error)
        return error

    def garbage_collect(self, now_us: int) -> str:
        """Make one pass, by age and then by space; return its error.

        Source: ``GarbageCollect``.
        """
        try:
            candidates = self._free_old_images(self._candidates(now_us), now_us)
            stats = self._stats.image_fs_stats()
            self._free_down(stats, candidates, now_us)
        except ImageGCError as error:
            return str(error)
        return ""

    def delete_unused_images(self, now_us: int) -> str:
        """Remove everything that may go, whatever the disk says; return the error.

        Source: ``DeleteUnusedImages``.
        """
        try:
            candidates = self._candidates(now_us)
            self._free_space(image_gc.EVERYTHING_BYTES, candidates, now_us)
        except ImageGCError as error:
            return str(error)
        return ""

    def _candidates(self, now_us: int) -> list[ImageRecord]:
        in_use = self.detect_images(now_us)
        return image_gc.eviction_order(self._records.values(), in_use)

    def _free_old_images(
        self, candidates: list[ImageRecord], now_us: int
    ) -> list[ImageRecord]:
        if not image_gc.age_counts(self._policy, self._started_us, now_us):
            return candidates
        left, errors = [], []
        for record in candidates:
            if not image_gc.is_too_old(record, self._policy, now_us):
                left.append(record)
            elif error := self._free(record, AGE):
                errors.append(error)
        if errors:
            max_age_us = self._policy.max_age_us
            raise ImageGCError(image_gc.age_removal_failed(max_age_us, errors))
        return left

    def _free_down(
        self, stats: FsStats, candidates: list[ImageRecord], now_us: int
    ) -> None:
        """Free down to the low threshold if the high one is reached."""
        if stats.capacity_bytes == 0:
            self._fail(INVALID_DISK_CAPACITY, image_gc.INVALID_CAPACITY)
        if image_gc.usage_percent(stats) < self._policy.high_threshold_percent:
            return
        wanted = image_gc.bytes_to_free(stats, self._policy)
        freed = self._free_space(wanted, candidates, now_us)
        if freed < wanted:
            message = image_gc.insufficient_space(
                stats, wanted, freed, advice=self._advice
            )
            self._fail(FREE_DISK_SPACE_FAILED, message)

    def _fail(self, reason: str, message: str) -> NoReturn:
        self._record_event(reason, message)
        raise ImageGCError(message)

    def _free_space(
        self, wanted: int, candidates: list[ImageRecord], now_us: int
    ) -> int:
        """Remove until enough is freed, tell the hooks, return the bytes freed."""
        freed = 0
        spared, errors = [], []
        for record in candidates:
            if image_gc.is_spared(record, self._policy, now_us):
                spared.append(record.id)
            elif error := self._free(record, SPACE):
                errors.append(error)
            else:
                freed += record.size_bytes
                # Asked after a removal only: one image goes even if none has to.
                if freed >= wanted:
                    break
        if errors:
            raise ImageGCError(image_gc.space_removal_failed(wanted, freed, errors))
        for hook in self._hooks:
            hook(spared, now_us)
        return freed

    def _free(self, record: ImageRecord, reason: str) -> str:
        error = self._service.remove_image(record.id, reason)
        if not error:
            del self._records[record.id]
        return error
