"""Quoted text is written as Go writes it."""

import pytest

from sim.rules.go_text import quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("web:1", '"web:1"'),
        ("", '""'),
        ("a b", '"a b"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a\\b", r'"a\\b"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1f\x7f", r'"\x00\x1f\x7f"'),
        ("한글", '"한글"'),
        ("\x80\xa0\u2028\uffff", r'"\u0080\u00a0\u2028\uffff"'),
        ("\U0001f433\U00010000\U000e0001", '"\U0001f433\U00010000\\U000e0001"'),
    ],
)
def test_only_what_prints_stays_as_it_is(text: str, quoted: str) -> None:
    """The rest is escaped: by its letter, in two, in four, or in eight digits."""
    assert quote(text) == quoted
