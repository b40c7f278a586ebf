"""Laws of the back-off tables."""

from hypothesis import given
from hypothesis import strategies as st

from sim.rules.backoff import BackOff, restart_back_off
from sim.rules.pod_sync import SyncError, jitter, requeue_delay
from sim.units import SECOND

gaps = st.lists(st.integers(0, 900 * SECOND), min_size=1, max_size=30)
initial = st.integers(1, 20 * SECOND)


@given(initial, st.integers(20 * SECOND, 400 * SECOND), gaps)
def test_no_delay_is_outside_its_limits(
    first_us: int, longest_us: int, pauses: list[int]
) -> None:
    """Every delay lies between the first and the longest one."""
    table, now = BackOff(first_us, longest_us), 0

    for pause in pauses:
        now += pause
        assert first_us <= table.next("k", now) <= longest_us


@given(initial, gaps)
def test_a_delay_doubles_or_starts_again(first_us: int, pauses: list[int]) -> None:
    """The next delay is twice the last, the cap, or the first one after long quiet."""
    longest_us, now, last = 300 * SECOND, 0, 0
    table = BackOff(first_us, longest_us)

    for number, pause in enumerate(pauses):
        now += pause
        fresh = number == 0 or pause > 2 * longest_us
        expected = first_us if fresh else min(2 * last, longest_us)
        last = table.next("k", now)
        assert last == expected


@given(initial, st.integers(0, 900 * SECOND))
def test_back_off_ends_once_and_for_all(first_us: int, later_us: int) -> None:
    """After a failure a key is in back-off exactly until its delay is over."""
    table = BackOff(first_us, 300 * SECOND)
    delay = table.next("k", 7)

    assert table.is_in_backoff_since_update("k", 7 + later_us) is (later_us < delay)


@given(gaps, st.integers(0, 1000 * SECOND))
def test_collecting_changes_no_answer(pauses: list[int], later_us: int) -> None:
    """A key is in back-off, and earns the next delay, whether or not gc ran."""
    with_gc, without, now = restart_back_off(), restart_back_off(), 0
    for pause in pauses:
        now += pause
        with_gc.next("k", now)
        without.next("k", now)
    now += later_us

    with_gc.gc(now)

    asked = [t.is_in_backoff_since_update("k", now) for t in (with_gc, without)]
    assert asked[0] == asked[1]
    assert with_gc.next("k", now) == without.next("k", now)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1))
def test_keys_do_not_touch_each_other(keys: list[str]) -> None:
    """A key's delay depends on its own failures only."""
    together = BackOff(1, 1000)
    for now, key in enumerate(keys):
        together.next(key, now)

    for key in keys:
        alone = BackOff(1, 1000)
        for now, other in enumerate(keys):
            if other == key:
                alone.next(key, now)
        assert together.get(key) == alone.get(key)


@given(
    st.integers(0, 600 * SECOND),
    st.floats(0, 1),
    st.floats(0, 1, exclude_max=True),
)
def test_jitter_only_adds_and_never_more_than_its_share(
    base_us: int, factor: float, draw: float
) -> None:
    """A jittered delay lies between the delay and its stretched form."""
    assert base_us <= jitter(base_us, factor, draw) <= base_us * (1 + factor) + 1


@given(st.lists(st.integers(-900 * SECOND, 900 * SECOND), min_size=1))
def test_a_worker_never_sleeps_longer_than_its_usual_round(ends: list[int]) -> None:
    """However late a back-off ends, the pod is looked at after 60 s at the latest."""
    errors = [SyncError.backoff(expires_us=end) for end in ends]

    delay, _ = requeue_delay([SyncError.aggregate(errors)])

    assert delay == max(0, min([*ends, 60 * SECOND]))
