"""When a pod worker looks again after a sync.

Source: pkg/kubelet/pod_workers.go (completeWork) and
pkg/kubelet/container/sync_result.go (MinBackoffExpiration, v1.35).
"""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from sim.units import SECOND
from sim.value import value

BACK_OFF_PERIOD_US = 10 * SECOND
SYNC_FREQUENCY_US = 60 * SECOND
NETWORK_NOT_READY_US = SECOND
JITTER_FACTOR = 0.5


class SyncErrorKind(Enum):
    """What kind of error ended a sync, as far as the next one depends on it."""

    GENERIC = auto()
    NETWORK_NOT_READY = auto()
    BACK_OFF = auto()
    GROUP = auto()


@value
class SyncError:
    """One error of a sync, or errors inside another one (``GROUP``).

    ``expires_us`` is the time at which a back-off ends, on the clock of ``now_us``.
    """

    kind: SyncErrorKind
    expires_us: int = 0
    inside: tuple["SyncError", ...] = ()

    @classmethod
    def generic(cls) -> "SyncError":
        """Say that something failed, image failures included."""
        return cls(kind=SyncErrorKind.GENERIC)

    @classmethod
    def network_not_ready(cls) -> "SyncError":
        """Say that the node's network is not ready."""
        return cls(kind=SyncErrorKind.NETWORK_NOT_READY)

    @classmethod
    def backoff(cls, *, expires_us: int) -> "SyncError":
        """Say that a container is in CrashLoopBackOff."""
        return cls(kind=SyncErrorKind.BACK_OFF, expires_us=expires_us)

    @classmethod
    def wrapped(cls, error: "SyncError") -> "SyncError":
        """Put an error inside another one."""
        return cls(kind=SyncErrorKind.GROUP, inside=(error,))

    @classmethod
    def aggregate(cls, errors: Sequence["SyncError"]) -> "SyncError":
        """Make one error of several."""
        return cls(kind=SyncErrorKind.GROUP, inside=tuple(errors))


@value
class SyncResult:
    """What one sync did: whether it tried anything, and the errors met.

    Source: sync_result.go, ``PodSyncResult``.
    """

    acted: bool
    errors: tuple[SyncError, ...] = ()


NOTHING_DONE = SyncResult(acted=False)


def flatten(errors: Sequence[SyncError]) -> Iterator[SyncError]:
    """Yield the errors that hold no others, however deep they are."""
    for error in errors:
        if error.kind is SyncErrorKind.GROUP:
            yield from flatten(error.inside)
        else:
            yield error


def earliest_back_off(errors: Sequence[SyncError]) -> int | None:
    """Return when the earliest restart back-off ends, or None if there is none.

    Source: sync_result.go, ``MinBackoffExpiration``.
    """
    leaves = flatten(errors)
    ends = (e.expires_us for e in leaves if e.kind is SyncErrorKind.BACK_OFF)
    return min(ends, default=None)


def requeue_delay(
    errors: Sequence[SyncError],
    *,
    now_us: int = 0,
    phase_transition: bool = False,
    sync_frequency_us: int = SYNC_FREQUENCY_US,
    back_off_period_us: int = BACK_OFF_PERIOD_US,
    network_not_ready_us: int = NETWORK_NOT_READY_US,
    jitter_factor: float = JITTER_FACTOR,
    heed_back_off: bool = True,
) -> tuple[int, float]:
    """Return the delay from the end of a sync (``now_us``) to the next, and its jitter.

    An image failure is a plain error: it is looked at again after 10 to 15 s. A
    restart back-off asks for its own end instead, even beside an image failure,
    unless ``heed_back_off`` is false (before v1.35).

    Source: pod_workers.go, ``completeWork``.
    """
    if phase_transition:
        return 0, 0.0
    if not errors:
        return sync_frequency_us, jitter_factor
    if any(e.kind is SyncErrorKind.NETWORK_NOT_READY for e in flatten(errors)):
        return network_not_ready_us, jitter_factor
    back_off = earliest_back_off(errors) if heed_back_off else None
    if back_off is not None:
        return max(0, min(back_off - now_us, sync_frequency_us)), jitter_factor
    return back_off_period_us, jitter_factor


def jitter(base_us: int, factor: float, draw: float) -> int:
    """Return a delay from ``base_us`` up to ``base_us * (1 + factor)``.

    Source: k8s.io/apimachinery wait.Jitter; ``draw`` is uniform in [0, 1).
    """
    return base_us + round(base_us * factor * draw)
