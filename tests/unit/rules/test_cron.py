"""Schedules of CronJobs."""

import pytest

from sim.rules.cron import CronError, parse_schedule
from sim.units import HOUR, MINUTE

DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("* * * * *", 0, MINUTE),
        ("*/5 * * * *", 4 * MINUTE, 5 * MINUTE),
        ("*/5 * * * *", 5 * MINUTE, 10 * MINUTE),
        ("30 6 * * *", 0, 6 * HOUR + 30 * MINUTE),
        ("@hourly", 1, HOUR),
        ("10-20/5 2,4 * * *", 2 * HOUR + 20 * MINUTE, 4 * HOUR + 10 * MINUTE),
        ("3/20 * * * *", 4 * MINUTE, 23 * MINUTE),
        # Time 0 is a Thursday, 1 January.
        ("0 0 * * fri", 0, DAY),
        ("0 0 * * 7", 0, 3 * DAY),
        ("0 0 15 * mon", 0, 4 * DAY),
        ("0 0 1 feb ?", 0, 31 * DAY),
    ],
)
def test_the_next_time(text: str, after: int, due: int) -> None:
    """The first whole minute after a time that fits every field."""
    assert parse_schedule(text).after(after) == due


@pytest.mark.parametrize(
    ("macro", "due"),
    [
        ("@hourly", HOUR),
        ("@daily", DAY),
        ("@midnight", DAY),
        ("@weekly", 3 * DAY),
        ("@monthly", 31 * DAY),
        ("@yearly", 365 * DAY),
        ("@annually", 365 * DAY),
    ],
)
def test_a_macro_stands_for_a_schedule(macro: str, due: int) -> None:
    """Each begins at midnight: of a Sunday, a first day, a first of January."""
    assert parse_schedule(macro).after(1) == due


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("feb", 31),
        ("mar", 59),
        ("apr", 90),
        ("may", 120),
        ("jun", 151),
        ("jul", 181),
        ("aug", 212),
        ("sep", 243),
        ("oct", 273),
        ("nov", 304),
        ("DEC", 334),
        ("jan", 365),
    ],
)
def test_months_have_names(name: str, days: int) -> None:
    """In any case; the first one after 1 January 1970."""
    assert parse_schedule(f"0 0 1 {name} *").after(1) == days * DAY


@pytest.mark.parametrize(
    ("name", "days"),
    [("fri", 1), ("sat", 2), ("sun", 3), ("mon", 4), ("tue", 5), ("wed", 6)],
)
def test_days_have_names(name: str, days: int) -> None:
    """Time 0 is a Thursday."""
    assert parse_schedule(f"0 0 * * {name}").after(1) == days * DAY


def test_a_date_that_never_comes() -> None:
    """The thirtieth of February is not waited for."""
    assert parse_schedule("0 0 30 2 *").after(0) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* * * *", "expected exactly 5 fields, found 4"),
        ("60 * * * *", "minute: '60' is not within 0 to 59"),
        ("5-2 * * * *", "is not within"),
        ("*/0 * * * *", "the step of '[*]/0' must be positive"),
        ("x * * * *", "minute: 'x' is not a number"),
        ("1- * * * *", "is not a value, a range or a step"),
    ],
)
def test_what_is_no_schedule_is_told(text: str, message: str) -> None:
    """The text names the field and what was found."""
    with pytest.raises(CronError, match=message):
        parse_schedule(text)


def test_the_last_time_in_a_span_counts() -> None:
    """After the beginning, and up to the end itself."""
    schedule = parse_schedule("*/10 * * * *")

    assert schedule.last(0, 35 * MINUTE) == 30 * MINUTE
    assert schedule.last(0, 30 * MINUTE) == 30 * MINUTE
    assert schedule.last(30 * MINUTE, 39 * MINUTE) is None
