"""Text as Go prints it."""

import pytest

from sim.rules.go_text import compact_json, quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a b", '"a b"'),
        ('say "hi"\\\n', r'"say \"hi\"\\\n"'),
        ("\a\b\f\r\t\v", r'"\a\b\f\r\t\v"'),
        ("\x01", r'"\x01"'),
        ("\x7f", r'"\x7f"'),
        ("\x80", r'"\u0080"'),
        ("\u2028", r'"\u2028"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("한글", '"한글"'),
    ],
)
def test_quoting_escapes_what_cannot_be_printed(text: str, quoted: str) -> None:
    """Printable text stays as it is."""
    assert quote(text) == quoted


def test_json_is_compact_and_safe_in_a_page() -> None:
    """No white space; three characters are escaped, others are not."""
    assert compact_json({"a": ["<&>", "é"]}) == r'{"a":["\u003c\u0026\u003e","é"]}'
