"""Laws of durations and ages."""

from hypothesis import given
from hypothesis import strategies as st

from sim.rules.durations import (
    format_go_duration,
    human_duration,
    parse_go_duration,
    truncate_to_ms,
)
from sim.units import MILLISECOND

spans = st.integers(0, 9_223_372_036_854_775)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400}


@given(spans)
def test_printing_then_reading_is_the_identity(duration_us: int) -> None:
    """No microsecond is lost, however long the duration."""
    assert parse_go_duration(format_go_duration(duration_us)) == duration_us


@given(spans)
def test_cutting_takes_less_than_a_millisecond(duration_us: int) -> None:
    """What is left is whole milliseconds, and cutting again changes nothing."""
    cut = truncate_to_ms(duration_us)

    assert cut % MILLISECOND == 0
    assert 0 <= duration_us - cut < MILLISECOND
    assert truncate_to_ms(cut) == cut


@given(st.integers(0, 100 * 365 * 86_400))
def test_an_age_never_overstates(seconds: int) -> None:
    """An age is at most the true one, and short of it by less than half."""
    shown, number = 0, ""
    for character in human_duration(seconds):
        if character.isdigit():
            number += character
        else:
            shown, number = shown + int(number) * SECONDS[character], ""

    assert number == ""
    assert seconds / 2 < shown + 1 <= seconds + 1
