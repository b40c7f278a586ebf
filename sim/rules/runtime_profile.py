"""What one container runtime and its storage cost: the only table of constants.

Fitted to measured pulls (``python -m tests.conformance.fit``); nothing here belongs to
a single image, link or registry. Times are microseconds, rates bytes a second.

Source of the model: containerd core/unpack (download and unpack overlap, layers are
unpacked in order), core/content (every blob is committed) and docs/transfer.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from sim.units import SECOND


class Containerd(StrEnum):
    """Versions that differ in limits, retries and texts."""

    V1_6 = "1.6"
    V2_1 = "2.1"

    @property
    def limits_daemon(self) -> bool:
        """Whether ``max_concurrent_downloads`` is for all pulls together.

        Source: containerd 2.x core/transfer/local (one limiter); 1.x has one a pull.
        """
        return self is Containerd.V2_1

    @property
    def times_progress(self) -> bool:
        """Whether it has ``image_pull_progress_timeout``."""
        return self is Containerd.V2_1


class Storage(StrEnum):
    """Where a node keeps content and snapshots."""

    MEMORY = "memory"
    EXT4 = "ext4"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeProfile:
    """The constants of one runtime and storage.

    A pull costs ``pull_us``, every sequential request ``request_us`` beside its
    round trip, every stored blob ``commit_us`` in its download slot. All downloads
    of a node together are received, hashed and written at ``ingest_rate``. Unpacking
    inflates what gzip shrank and copies the rest.
    """

    pull_us: int
    request_us: int
    commit_us: int
    layer_us: int
    copy_rate: int
    inflate_rate: int
    file_us: int
    ingest_rate: int

    def unpack_us(self, size_bytes: int, unpacked_bytes: int, files: int) -> int:
        """Return the time to unpack one layer."""
        stored = min(size_bytes, unpacked_bytes)
        inflated = max(0, unpacked_bytes - size_bytes)
        return (
            self.layer_us
            + stored * SECOND // self.copy_rate
            + inflated * SECOND // self.inflate_rate
            + files * self.file_us
        )


PROFILES = {
    (Containerd.V1_6, Storage.MEMORY): RuntimeProfile(
        pull_us=4_000,
        request_us=2_000,
        commit_us=8_000,
        layer_us=9_500,
        copy_rate=700_000_000,
        inflate_rate=112_000_000,
        file_us=100,
        ingest_rate=168_000_000,
    ),
    (Containerd.V2_1, Storage.MEMORY): RuntimeProfile(
        pull_us=4_000,
        request_us=2_000,
        commit_us=6_000,
        layer_us=12_500,
        copy_rate=750_000_000,
        inflate_rate=170_000_000,
        file_us=86,
        ingest_rate=317_000_000,
    ),
    (Containerd.V1_6, Storage.EXT4): RuntimeProfile(
        pull_us=4_000,
        request_us=2_000,
        commit_us=12_000,
        layer_us=12_000,
        copy_rate=410_000_000,
        inflate_rate=125_000_000,
        file_us=380,
        ingest_rate=105_000_000,
    ),
    (Containerd.V2_1, Storage.EXT4): RuntimeProfile(
        pull_us=4_000,
        request_us=2_000,
        commit_us=6_000,
        layer_us=12_000,
        copy_rate=480_000_000,
        inflate_rate=190_000_000,
        file_us=650,
        ingest_rate=150_000_000,
    ),
}
