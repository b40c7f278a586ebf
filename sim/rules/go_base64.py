"""Base64 as Go decodes it, with the places that its errors name.

Source: Go's encoding/base64, decodeQuantum.
"""

import base64
import re

_ALPHABET = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)
_BREAKS = b"\r\n"
_PADDING = ord("=")
_QUANTUM = 4


class GoBase64Error(ValueError):
    """A text is not base64; the text of the error is Go's."""

    def __init__(self, place: int) -> None:
        super().__init__(f"illegal base64 data at input byte {place}")


def decode_base64(text: str, *, padded: bool) -> bytes:
    """Return the decoded bytes; raises ``GoBase64Error``.

    ``padded`` wants exact padding, else there must be none. Line breaks are skipped.
    """
    source = text.encode()
    _check(source, padded=padded)
    body = re.sub(rb"[\r\n=]", b"", source)
    return base64.b64decode(body + b"=" * (-len(body) % _QUANTUM))


def _check(source: bytes, *, padded: bool) -> None:
    read = 0  # characters of the quantum so far
    for place, byte in enumerate(source):
        if byte in _BREAKS:
            continue
        if byte in _ALPHABET:
            read = (read + 1) % _QUANTUM
        elif padded and byte == _PADDING and read > 1:
            _check_padding(source, place, read)
            return
        else:
            raise GoBase64Error(place)
    if read and (padded or read == 1):
        # Line breaks inside the quantum are not counted, as in Go.
        raise GoBase64Error(len(source) - read)


def _check_padding(source: bytes, first: int, read: int) -> None:
    """Nothing follows the padding; after two characters it has two marks."""
    end = _skip_breaks(source, first + 1)
    if read == 2:
        if end == len(source):
            raise GoBase64Error(end)
        if source[end] != _PADDING:
            raise GoBase64Error(end - 1)
        end = _skip_breaks(source, end + 1)
    if end < len(source):
        raise GoBase64Error(end)


def _skip_breaks(source: bytes, place: int) -> int:
    while place < len(source) and source[place] in _BREAKS:
        place += 1
    return place
