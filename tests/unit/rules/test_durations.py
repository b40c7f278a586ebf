"""Durations in Go's words, ages in kubectl's."""

import pytest

from sim.rules.durations import (
    format_go_duration,
    human_age,
    human_duration,
    parse_go_duration,
    truncate_to_ms,
)
from sim.units import HOUR, MILLISECOND, MINUTE, SECOND

DAY_S = 86_400
YEAR_S = 365 * DAY_S


@pytest.mark.parametrize(
    ("duration_us", "text"),
    [
        (0, "0s"),
        (7, "7µs"),
        (1_500, "1.5ms"),
        (950 * MILLISECOND, "950ms"),
        (1_234 * MILLISECOND, "1.234s"),
        (SECOND + 1, "1.000001s"),
        (62_500 * MILLISECOND, "1m2.5s"),
        (10 * MINUTE, "10m0s"),
        (HOUR, "1h0m0s"),
        (25 * HOUR + 61 * SECOND, "25h1m1s"),
        (-1_500 * MILLISECOND, "-1.5s"),
    ],
)
def test_durations_print_as_go_does(duration_us: int, text: str) -> None:
    """Whole units from hours down, decimals without trailing zeros."""
    assert format_go_duration(duration_us) == text


@pytest.mark.parametrize(
    ("text", "duration_us"),
    [
        ("0", 0),
        ("0s", 0),
        ("1.5s", 1_500_000),
        ("1.s", SECOND),
        (".5s", 500_000),
        ("1h30m", 90 * MINUTE),
        ("30m1h", 90 * MINUTE),
        ("2us", 2),
        ("2\u00b5s", 2),
        ("2\u03bcs", 2),
        ("1999ns", 1),
        ("9007199254.740993s", 9_007_199_254_740_993),
    ],
)
def test_go_durations_are_read_exactly(text: str, duration_us: int) -> None:
    """All units and both micro signs are known; parts of a microsecond are cut."""
    assert parse_go_duration(text) == duration_us


@pytest.mark.parametrize(
    "text",
    ["", "5", "s", ".s", "1 s", " 1s", "1s ", "1d", "-1s", "+1s", "1e3s", "1s2", "١s"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A missing or unknown unit, a sign, a blank, a foreign digit: all are refused."""
    with pytest.raises(ValueError, match="expected a duration such as 30s"):
        parse_go_duration(text)


def test_a_duration_that_go_cannot_hold_is_refused() -> None:
    """Go counts nanoseconds in 63 bits: the last one fits, the next does not."""
    longest = "9223372036854775807ns"

    assert parse_go_duration(longest) == 9_223_372_036_854_775
    with pytest.raises(ValueError, match="less than 292 years"):
        parse_go_duration("9223372036854775808ns")


def test_times_are_cut_to_milliseconds() -> None:
    """Cutting goes towards zero on both sides."""
    assert [truncate_to_ms(us) for us in (999, 1_999, -1_999)] == [0, 1_000, -1_000]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (8 * 3600 - 1, "7h59m"),
        (8 * 3600, "8h"),
        (2 * DAY_S - 1, "47h"),
        (2 * DAY_S, "2d"),
        (2 * DAY_S + 3600, "2d1h"),
        (8 * DAY_S, "8d"),
        (2 * YEAR_S - 1, "729d"),
        (2 * YEAR_S, "2y"),
        (2 * YEAR_S + 238 * DAY_S, "2y238d"),
        (8 * YEAR_S - 1, "7y364d"),
        (8 * YEAR_S, "8y"),
    ],
)
def test_ages_are_cut_to_two_units(seconds: int, text: str) -> None:
    """Each step of kubectl's ages begins where the one before ends."""
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("since_us", "text"),
    [
        (SECOND, "9s"),
        (SECOND + 1, "8s"),
        (10 * SECOND, "0s"),
        (12 * SECOND - 1, "0s"),
        (12 * SECOND, "<invalid>"),
    ],
)
def test_an_age_counts_whole_seconds(since_us: int, text: str) -> None:
    """Ages are cut; a moment less than two seconds ahead still counts as now."""
    assert human_age(since_us, 10 * SECOND) == text
