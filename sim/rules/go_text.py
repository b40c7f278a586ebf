"""Text as Go prints it: between double quotes (``%q``), and as JSON."""

import json

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    '"': r"\"",
    "\\": r"\\",
}


def quote(text: str) -> str:
    """Return the text in double quotes, unprintable characters escaped.

    Source: Go's strconv.Quote.
    """
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_quoted(character) for character in text) + '"'


def _quoted(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character == " " or character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def compact_json(value: object) -> str:
    """Return JSON without white space, ``&``, ``<`` and ``>`` escaped in its texts.

    Source: Go's encoding/json, Marshal.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "&<>\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
