"""When a node's images came and were in use, as the collector's looks would show.

The kubelet looks at its images every five minutes, and what it remembers decides
which go first. A look changes nothing that anybody sees until images have to go, so
the looks in between are not simulated: this ledger notes each change when it happens,
and ``recall`` tells what all the looks since the start would have remembered. The
property test holds it against a collector that really looks every time.
"""

from collections.abc import Iterable

from sim.cluster.clock import Clock
from sim.rules.image_gc import IMAGE_GC_PERIOD_US, ImageRecord, ListedImage


class ImageUse:
    """The images of one node, by ID; looks come every period from ``start_us`` on."""

    __slots__ = (
        "_came_us",
        "_env",
        "_last_look_us",
        "_start_us",
        "_taken_us",
        "_users",
    )

    def __init__(self, env: Clock, start_us: int) -> None:
        self._env = env
        self._start_us = start_us
        self._came_us: dict[str, int] = {}
        self._users: dict[str, int] = {}  # -> number of containers
        self._taken_us: dict[str, int] = {}  # -> since when there are any
        self._last_look_us: dict[str, int] = {}  # -> last look that saw former ones

    def came(self, image_id: str, since_us: int | None = None) -> None:
        """An image is there, since now or an earlier moment."""
        now = self._env.now if since_us is None else since_us
        self._came_us.setdefault(image_id, now)

    def went(self, image_id: str) -> None:
        """An image was removed."""
        self._came_us.pop(image_id, None)
        self._last_look_us.pop(image_id, None)

    def taken(self, image_ids: Iterable[str]) -> None:
        """A container was created that uses these images."""
        for image_id in image_ids:
            users = self._users.get(image_id, 0)
            if not users:
                self._taken_us[image_id] = self._env.now
            self._users[image_id] = users + 1

    def released(self, image_ids: Iterable[str]) -> None:
        """A container was removed that used these images."""
        for image_id in image_ids:
            self._users[image_id] -= 1
            if not self._users[image_id]:
                del self._users[image_id]
                look = self._look_before(self._env.now)
                if look >= self._taken_us.pop(image_id):
                    self._last_look_us[image_id] = look

    def in_use(self) -> list[str]:
        """Return the images that a container, running or exited, uses now."""
        return list(self._users)

    def recall(
        self, images: Iterable[ListedImage], before_us: int
    ) -> dict[str, ImageRecord]:
        """Return what is remembered of these images by the looks before a moment."""
        records = {}
        last = self._look_before(before_us)
        for image in images:
            first = self._look_from(self._came_us[image.id])
            if first <= last:
                records[image.id] = ImageRecord(
                    id=image.id,
                    first_detected_us=first,
                    last_used_us=self._last_used(image.id, last),
                    size_bytes=image.size_bytes,
                    pinned=image.pinned,
                )
        return records

    def _last_used(self, image_id: str, last_look_us: int) -> int | None:
        taken = self._taken_us.get(image_id)
        if taken is not None and max(taken, self._came_us[image_id]) <= last_look_us:
            return last_look_us
        return self._last_look_us.get(image_id)

    def _look_before(self, time_us: int) -> int:
        """Return the last look before a moment; if none, a period before the start."""
        passed = (time_us - 1 - self._start_us) // IMAGE_GC_PERIOD_US
        return self._start_us + passed * IMAGE_GC_PERIOD_US

    def _look_from(self, time_us: int) -> int:
        """Return the first look at a moment or after it."""
        to_come = -((self._start_us - time_us) // IMAGE_GC_PERIOD_US)
        return self._start_us + to_come * IMAGE_GC_PERIOD_US
