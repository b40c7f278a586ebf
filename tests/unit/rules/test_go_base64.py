"""Base64 with the places of Go's errors."""

import pytest

from sim.rules.go_base64 import GoBase64Error, decode_base64


@pytest.mark.parametrize(
    ("text", "padded", "decoded"),
    [
        ("", True, b""),
        ("YTpi", True, b"a:b"),
        ("YTpiYw==", True, b"a:bc"),
        ("YTpi\nYw=\r=\n", True, b"a:bc"),
        ("YTpiYmI=\n", True, b"a:bbb"),
        ("YTpiYw", False, b"a:bc"),
        ("YTpiYmI", False, b"a:bbb"),
    ],
)
def test_line_breaks_are_skipped(text: str, padded: bool, decoded: bytes) -> None:
    """Anywhere, also within the padding."""
    assert decode_base64(text, padded=padded) == decoded


@pytest.mark.parametrize(
    ("text", "padded", "place"),
    [
        ("YTpi=", True, 4),
        ("Y===", True, 1),
        ("YTpiYw", True, 4),
        ("YTpi YTpi", True, 4),
        ("Y\nT=", True, 4),
        ("YT=a", True, 2),
        ("YT=\na", True, 3),
        ("YTpiYw==YQ==", True, 8),
        ("YTpiYmI=x", True, 8),
        ("pants", False, 4),
        ("YTpiYw==", False, 6),
        ("é", False, 0),
    ],
)
def test_an_error_names_the_byte(text: str, padded: bool, place: int) -> None:
    """A short quantum is named by its beginning, missing padding by the length."""
    with pytest.raises(GoBase64Error) as caught:
        decode_base64(text, padded=padded)

    assert str(caught.value) == f"illegal base64 data at input byte {place}"
