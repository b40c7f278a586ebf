"""When a pod worker looks again: by the error that its sync ended with."""

import pytest

from sim.rules.pod_sync import (
    SyncError,
    earliest_back_off,
    jitter,
    requeue_delay,
)
from sim.units import MILLISECOND, SECOND

GENERIC = SyncError.generic()
NETWORK = SyncError.network_not_ready()


def crash(seconds: int) -> SyncError:
    """Return a back-off that ends so much later."""
    return SyncError.backoff(expires_us=seconds * SECOND)


@pytest.mark.parametrize(
    ("errors", "delay_s"),
    [
        ([], 60),
        ([GENERIC], 10),
        ([NETWORK], 1),
        ([GENERIC, crash(7)], 7),
        ([crash(7), SyncError.wrapped(SyncError.aggregate([crash(3)]))], 3),
        ([crash(300)], 60),
        ([crash(-5)], 0),
        ([crash(3), SyncError.wrapped(NETWORK)], 1),
        ([SyncError.aggregate([])], 10),
    ],
)
def test_the_delay_follows_the_errors(errors: list[SyncError], delay_s: int) -> None:
    """No network beats a back-off, a back-off beats the plain ten seconds."""
    delay_us, factor = requeue_delay(errors)

    assert (delay_us, factor) == (delay_s * SECOND, 0.5)


def test_a_back_off_is_awaited_from_the_end_of_the_sync() -> None:
    """What the rest of the sync took is not waited for again."""
    delay_us, _ = requeue_delay([crash(30)], now_us=12 * SECOND)

    assert delay_us == 18 * SECOND


def test_a_new_phase_is_looked_at_at_once() -> None:
    """A sync that moved the pod on is followed by the next, without jitter."""
    assert requeue_delay([GENERIC], phase_transition=True) == (0, 0.0)


def test_old_kubelets_do_not_heed_a_back_off() -> None:
    """Before v1.35 a crash-looping pod was looked at every 10 to 15 seconds."""
    assert requeue_delay([crash(30)], heed_back_off=False) == (10 * SECOND, 0.5)


def test_the_earliest_back_off_is_found_however_deep() -> None:
    """Wrapped and aggregated errors are searched; others hold none."""
    deep = SyncError.aggregate([GENERIC, SyncError.wrapped(crash(4)), crash(9)])

    assert earliest_back_off([deep]) == 4 * SECOND
    assert earliest_back_off([GENERIC, SyncError.wrapped(NETWORK)]) is None


def test_jitter_adds_a_share_of_the_delay() -> None:
    """Ten seconds with factor 0.5 and draw 0.5 are twelve and a half."""
    assert jitter(10 * SECOND, 0.5, 0.5) == 12_500 * MILLISECOND
    assert jitter(10 * SECOND, 0.5, 0.0) == 10 * SECOND
    assert jitter(0, 0.5, 0.9) == 0
