"""What it costs to unpack a layer."""

from dataclasses import replace

import pytest

from sim.rules.runtime_profile import PROFILES, Containerd, Storage
from sim.units import SECOND

DISK = PROFILES[Containerd.V2_1, Storage.EXT4]
PROFILE = replace(DISK, layer_us=1_000, copy_rate=200, inflate_rate=100, file_us=7)


@pytest.mark.parametrize(
    ("size_bytes", "unpacked_bytes", "files", "cost_us"),
    [
        (0, 0, 0, 1_000),
        (0, 0, 3, 1_021),
        (400, 400, 0, 1_000 + 2 * SECOND),
        (400, 500, 0, 1_000 + 3 * SECOND),
        (500, 400, 0, 1_000 + 2 * SECOND),
        (3, 3, 0, 1_000 + 15_000),
    ],
)
def test_unpacking_copies_inflates_and_makes_files(
    size_bytes: int, unpacked_bytes: int, files: int, cost_us: int
) -> None:
    """Bytes that were stored are copied, those that gzip adds are inflated."""
    assert PROFILE.unpack_us(size_bytes, unpacked_bytes, files) == cost_us


def test_many_small_files_outweigh_their_bytes() -> None:
    """With the measured constants, 10,000 empty files take more than a gigabyte."""
    gigabyte_us = DISK.unpack_us(10**9, 10**9, 1)

    assert DISK.unpack_us(0, 0, 10_000) > gigabyte_us
