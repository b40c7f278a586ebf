"""JSON as Go reads it: objects keep repeated keys; errors have Go's texts.

Source: Go's encoding/json (scanner.go, decode.go).
"""

import json
from typing import Any

from sim.rules.go_text import quote

_LITERALS = ("null", "true", "false")
_TOO_EARLY = "unexpected end of JSON input"
# Since Python 3.13; older ones name what follows, as Go does.
_COMMA = "Illegal trailing comma"
# What Python says of a place -> what Go says of the character there.
_WHERE = (
    ("Extra data", "after top-level value"),
    ("Expecting ','", "after object key:value pair"),
    ("Expecting ':'", "after object key"),
    ("property name", "looking for beginning of object key string"),
    (f"{_COMMA} before end of object", "looking for beginning of object key string"),
    ("Invalid control character", "in string literal"),
)
_BEGINNING = "looking for beginning of value"


class GoJSONError(ValueError):
    """A text is no JSON, or not of the wanted type; the text is Go's."""


class JSONObject(list[tuple[str, Any]]):
    """A JSON object: its members in order, repeated keys and all."""


def parse_json(text: str) -> Any:
    """Return a JSON value, objects as ``JSONObject``; raises ``GoJSONError``."""
    try:
        return json.loads(text, object_pairs_hook=JSONObject, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise GoJSONError(_go_text(text, error)) from error


def want_object(value: object, place: str) -> JSONObject:
    """Return a value that is an object; raises ``GoJSONError`` that names a place."""
    if not isinstance(value, JSONObject):
        raise GoJSONError(f"json: cannot unmarshal {go_kind(value)} into {place}")
    return value


def go_kind(value: object) -> str:
    """Return Go's word for the type of a JSON value."""
    if isinstance(value, JSONObject):
        return "object"
    words = {list: "array", str: "string", bool: "bool"}
    return words.get(type(value), "number")


def _refuse(name: str) -> None:
    """NaN and Infinity are Python's alone."""
    raise GoJSONError(
        f"invalid character {_character(name.lstrip('-')[0])} {_BEGINNING}"
    )


def _go_text(text: str, error: json.JSONDecodeError) -> str:
    rest = text[error.pos :]
    if error.msg.startswith(_COMMA):
        rest = rest[1:].lstrip()  # Go names what follows the comma
    if not rest.strip() or error.msg.startswith("Unterminated"):
        return _TOO_EARLY
    for literal in _LITERALS:
        if rest[0] == literal[0] and error.msg == "Expecting value":
            return _broken_literal(literal, rest)
    if "escape" in error.msg:
        return f"invalid character {_character(rest[1:2])} in string escape code"
    where = next((go for said, go in _WHERE if said in error.msg), _BEGINNING)
    return f"invalid character {_character(rest[0])} {where}"


def _broken_literal(literal: str, rest: str) -> str:
    for wanted, got in zip(literal, rest, strict=False):
        if wanted != got:
            return (
                f"invalid character {_character(got)} in literal {literal} "
                f"(expecting {_character(wanted)})"
            )
    return _TOO_EARLY


def _character(character: str) -> str:
    """Quote one character as Go does.

    Source: scanner.go, quoteChar.
    """
    if character == "'":
        return r"'\''"
    if character == '"':
        return "'\"'"
    return f"'{quote(character)[1:-1]}'"
