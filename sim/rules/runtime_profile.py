"""What one container runtime and its storage cost: the only table of constants.

Fitted to measured pulls of containerd 2.1 on ext4 (virtual disk); nothing here
belongs to a single image. Times are microseconds, rates bytes a second.

Source of the model: containerd core/unpack (download and unpack overlap, layers are
unpacked in order) and docs/transfer.md (downloads are limited for the daemon).
"""

from dataclasses import dataclass

from sim.units import SECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeProfile:
    """The constants of one runtime and storage.

    A new connection costs ``connect_round_trips`` (TCP, TLS 1.3), every sequential
    request ``request_us`` beside its latency, every stored blob ``commit_us`` in its
    download slot. Unpacking inflates what gzip shrank and copies the rest.
    """

    name: str
    pull_us: int
    connect_round_trips: int
    request_us: int
    commit_us: int
    layer_us: int
    copy_rate: int
    inflate_rate: int
    file_us: int
    max_concurrent_downloads: int

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


CONTAINERD_2_1 = RuntimeProfile(
    name="containerd 2.1, ext4",
    pull_us=4_000,
    connect_round_trips=2,
    request_us=2_000,
    commit_us=6_000,
    layer_us=12_000,
    copy_rate=480_000_000,
    inflate_rate=190_000_000,
    file_us=650,
    max_concurrent_downloads=3,
)
