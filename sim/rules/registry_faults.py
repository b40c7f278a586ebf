"""What can go wrong at a registry, beside being down: the switches of a faulty one.

Source: the fault-injecting registry in front of which containerd was measured;
distribution specification for the statuses.
"""

from dataclasses import dataclass
from enum import StrEnum


class Unreachable(StrEnum):
    """Why no request gets through: the end of the dialer's error."""

    REFUSED = "connection refused"
    NO_ROUTE = "no route to host"
    TIMED_OUT = "i/o timeout"
    NO_SUCH_HOST = "no such host"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreached:
    """A connection that is not made; ``after_us`` None = after one round trip.

    ``row`` is the record's row that explains it, -1 if none does.
    """

    why: Unreachable
    after_us: int | None = None
    row: int = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    """What a registry does wrong; statuses of 0 are as they should be.

    Bodies of layers end after the part ``cut_after`` (1 = whole), whole ones only if
    ``cut_once``, never those of at most ``whole_below_bytes``; the connection closes
    ``stall_us`` later. ``lost`` are digests of blobs that are gone; ``corrupt`` flips
    a byte of every layer.
    """

    unreached: Unreached | None = None
    manifest_status: int = 0
    manifest_get_status: int = 0
    blob_status: int = 0
    lost: tuple[str, ...] = ()
    corrupt: bool = False
    cut_after: float = 1
    cut_once: bool = False
    whole_below_bytes: int = 0
    stall_us: int = 0

    def status(self, what: str, digest: str) -> int:
        """Return the status that a request gets, 0 for its own."""
        method, _, kind = what.partition(" ")
        if kind != "manifest":
            return 404 if digest in self.lost else self.blob_status
        if self.manifest_status or method == "HEAD":
            return self.manifest_status
        return self.manifest_get_status

    def passing_bytes(self, what: str, size_bytes: int, *, again: bool) -> int:
        """Return how much of a body gets through; ``again`` = it is continued."""
        whole = what != "GET blob" or (again and self.cut_once)
        if whole or size_bytes <= self.whole_below_bytes:
            return size_bytes
        return int(size_bytes * self.cut_after)


NO_FAULTS = Faults()
