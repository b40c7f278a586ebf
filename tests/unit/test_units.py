"""Sizes, rates and times: read as people write them, printed as people read them."""

import pytest

from sim.units import (
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    format_size,
    format_time,
    parse_rate,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("74MB", 74_000_000),
        ("100Gi", 100 * 2**30),
        ("1.5GiB", 3 * 2**29),
        ("0", 0),
        ("12 kB", 12_000),
        ("0.1M", 100_000),
    ],
)
def test_sizes_are_read(text: str, size_bytes: int) -> None:
    """Decimal and binary prefixes, with and without B, give whole bytes."""
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1XB", "1,5MB", "1Mbit"])
def test_other_sizes_are_refused(text: str) -> None:
    """Anything else is a ValueError that shows examples."""
    with pytest.raises(ValueError, match="74MB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1Gbit", 125_000_000), ("200Mbit/s", 25_000_000), ("125MB/s", 125_000_000)],
)
def test_rates_are_bytes_a_second(text: str, rate: int) -> None:
    """Bits become bytes."""
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["1G", "fast", "-1Gbit", "1bit", "0Gbit"])
def test_other_rates_are_refused(text: str) -> None:
    """A rate names bits or bytes and is at least one byte a second."""
    with pytest.raises(ValueError, match="bandwidth"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (950 * MILLISECOND, "950ms"),
        (2 * SECOND + 349 * MILLISECOND, "2.34s"),
        (14 * MINUTE, "14m"),
        (HOUR + 5 * MINUTE + 30 * SECOND, "1h 5m 30s"),
    ],
)
def test_times_are_short(time_us: int, text: str) -> None:
    """Zero parts are left out; seconds are cut to hundredths."""
    assert format_time(time_us) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(412, "412 B"), (127_000_000, "127 MB"), (1_300_000_000, "1.3 GB"), (0, "0 B")],
)
def test_sizes_are_short(size_bytes: int, text: str) -> None:
    """At most three digits and a unit."""
    assert format_size(size_bytes) == text
