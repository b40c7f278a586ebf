"""When a pod worker looks again after a sync.

Source: pkg/kubelet/pod_workers.go (completeWork) and
pkg/kubelet/container/sync_result.go (MinBackoffExpiration, v1.35).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from sim.units import SECOND

BACK_OFF_PERIOD_US = 10 * SECOND
SYNC_FREQUENCY_US = 60 * SECOND
NETWORK_NOT_READY_US = SECOND
JITTER_FACTOR = 0.5


class SyncErrorKind(Enum):
    """What kind of error ended a sync, as far as the next one depends on it."""

    GENERIC = auto()
    NETWORK_NOT_READY = auto()
    BACK_OFF = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncError:
    """One error of a sync; a back-off expires that long after the sync's end."""

    kind: SyncErrorKind
    expires_in_us: int = 0

    @classmethod
    def generic(cls) -> "SyncError":
        """Any error, image failures included."""
        return cls(kind=SyncErrorKind.GENERIC)

    @classmethod
    def backoff(cls, *, expires_in_us: int) -> "SyncError":
        """A container in CrashLoopBackOff."""
        return cls(kind=SyncErrorKind.BACK_OFF, expires_in_us=expires_in_us)


def earliest_back_off(errors: Sequence[SyncError]) -> int | None:
    """Return the time to the earliest expiry of a restart back-off, or None."""
    ends = [e.expires_in_us for e in errors if e.kind is SyncErrorKind.BACK_OFF]
    return min(ends, default=None)


def requeue_delay(
    errors: Sequence[SyncError], *, sync_frequency_us: int = SYNC_FREQUENCY_US
) -> tuple[int, float]:
    """Return the delay to the next sync and its jitter factor.

    An image failure is a plain error: it is looked at again after 10 to 15 s. A
    restart back-off asks for its own end instead, even beside an image failure.
    """
    if not errors:
        return sync_frequency_us, JITTER_FACTOR
    back_off = earliest_back_off(errors)
    if back_off is not None:
        return max(0, min(back_off, sync_frequency_us)), JITTER_FACTOR
    if any(e.kind is SyncErrorKind.NETWORK_NOT_READY for e in errors):
        return NETWORK_NOT_READY_US, JITTER_FACTOR
    return BACK_OFF_PERIOD_US, JITTER_FACTOR


def jitter(base_us: int, factor: float, draw: float) -> int:
    """Return a delay between ``base_us`` and ``base_us * (1 + factor)``.

    Source: k8s.io/apimachinery wait.Jitter; ``draw`` is uniform in [0, 1).
    """
    return base_us + int(base_us * factor * draw)
