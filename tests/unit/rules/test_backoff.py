"""The back-off tables double, forget, and count from what they are asked about."""

import pytest

from sim.rules.backoff import BackOff, image_back_off, restart_back_off
from sim.units import MINUTE, SECOND

KEY = "uid_nginx"


def test_image_delays_double_up_to_five_minutes() -> None:
    """Failures one after the other earn 10, 20, 40, 80, 160, 300, 300 seconds."""
    table = image_back_off()

    delays = [table.next(KEY, i * SECOND) // SECOND for i in range(7)]

    assert delays == [10, 20, 40, 80, 160, 300, 300]


def test_the_end_of_a_delay_is_free() -> None:
    """A key is in back-off until just before its delay is over."""
    table = image_back_off()
    table.next(KEY, 0)

    asked = [
        table.is_in_backoff_since_update(KEY, now) for now in (0, 9_999_999, 10_000_000)
    ]

    assert asked == [True, True, False]


def test_a_key_is_forgotten_after_more_than_twice_the_cap() -> None:
    """Ten minutes of quiet keep a key; a microsecond more lets it start again."""
    kept, forgotten = image_back_off(), image_back_off()
    kept.next(KEY, 0)
    forgotten.next(KEY, 0)

    assert kept.next(KEY, 10 * MINUTE) == 20 * SECOND
    assert forgotten.next(KEY, 10 * MINUTE + 1) == 10 * SECOND


def test_an_expired_entry_shows_its_delay_until_it_is_collected() -> None:
    """Time alone removes nothing; ``gc`` removes what has expired and nothing else."""
    table = image_back_off()
    table.next("old", 0)
    table.next("new", 5 * MINUTE)
    now = 11 * MINUTE

    before = table.get("old"), table.is_in_backoff_since_update("old", now)
    table.gc(now)

    assert before == (10 * SECOND, False)
    assert (table.get("old"), table.get("new")) == (0, 10 * SECOND)


@pytest.mark.parametrize("forget", ["reset", "delete_entry"])
def test_a_key_can_be_forgotten(forget: str) -> None:
    """After ``reset`` or ``delete_entry`` a key is as if it had never failed."""
    table = image_back_off()
    table.next(KEY, 0)
    table.next("other", 0)

    getattr(table, forget)(KEY)
    getattr(table, forget)("unknown")

    assert (table.get(KEY), table.get("other")) == (0, 10 * SECOND)
    assert not table.is_in_backoff_since_update(KEY, 0)


def test_back_off_can_be_counted_from_an_event() -> None:
    """A restart waits from the exit of the container, not from the last failure."""
    table = restart_back_off()
    table.next(KEY, 0)

    assert not table.is_in_backoff_since("unknown", 0, 0)
    assert table.is_in_backoff_since(KEY, 5 * SECOND, 14 * SECOND)
    assert not table.is_in_backoff_since(KEY, 5 * SECOND, 15 * SECOND)
    assert not table.is_in_backoff_since(KEY, 10 * MINUTE + 1, 10 * MINUTE + 2)


def test_restarts_are_forgotten_after_ten_minutes_whatever_the_cap() -> None:
    """A node with a short cap still remembers a crash for ten minutes."""
    table = restart_back_off(20 * SECOND)
    table.next(KEY, 0)

    at_the_end = table.next(KEY, 10 * MINUTE)
    later = table.next(KEY, 20 * MINUTE + 1)

    assert (at_the_end, later) == (20 * SECOND, 10 * SECOND)


def test_a_restart_is_judged_by_the_exit_it_follows() -> None:
    """A container that ran long starts again, however long its restart then waits."""
    table = restart_back_off()
    table.next(KEY, 0)

    delay = table.next(KEY, 12 * MINUTE, event_us=11 * MINUTE)

    assert delay == 10 * SECOND
    assert table.is_in_backoff_since_update(KEY, 12 * MINUTE + 9 * SECOND)


def test_a_short_cap_lowers_the_first_restart_delay() -> None:
    """With a cap of 2 s the first restart waits 2 s, not 10."""
    assert restart_back_off(2 * SECOND).next(KEY, 0) == 2 * SECOND


def test_the_first_delay_is_not_capped() -> None:
    """Only doubling meets the cap, as upstream."""
    table = BackOff(10, 4)

    assert [table.next(KEY, 0), table.next(KEY, 1)] == [10, 4]


def test_an_entry_can_be_put_back() -> None:
    """As it was: the next failure doubles its delay, and its age counts."""
    table = image_back_off()
    assert table.entry("key") is None
    table.next("key", 5 * SECOND)

    other = image_back_off()
    other.restore("key", *(table.entry("key") or (0, 0)))

    assert other.entry("key") == (10 * SECOND, 5 * SECOND)
    assert other.is_in_backoff_since_update("key", 14 * SECOND)
    assert other.next("key", 20 * SECOND) == 20 * SECOND
