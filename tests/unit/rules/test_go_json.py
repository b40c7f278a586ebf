"""JSON with Go's errors."""

import json
import re

import pytest

from sim.rules.go_json import GoJSONError, _go_text, go_kind, parse_json, want_object


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "unexpected end of JSON input"),
        ('{"a": 1', "unexpected end of JSON input"),
        ('{"a', "unexpected end of JSON input"),
        ("nul", "unexpected end of JSON input"),
        ("not json", "invalid character 'o' in literal null (expecting 'u')"),
        ("f'", r"invalid character '\'' in literal false (expecting 'a')"),
        ("{} x", "invalid character 'x' after top-level value"),
        ('{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        (
            "{true: 1}",
            "invalid character 't' looking for beginning of object key string",
        ),
        ('"a\nb"', r"invalid character '\n' in string literal"),
        (r'"a\q"', "invalid character 'q' in string escape code"),
        ("[%]", "invalid character '%' looking for beginning of value"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("[-Infinity]", "invalid character 'I' looking for beginning of value"),
    ],
)
def test_errors_are_those_of_go(text: str, error: str) -> None:
    """What is no JSON is told in Go's words."""
    with pytest.raises(GoJSONError) as caught:
        parse_json(text)

    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("text", "container", "error"),
    [
        (
            '{"a": 1, }',
            "object",
            "invalid character '}' looking for beginning of object key string",
        ),
        ("[1, ]", "array", "invalid character ']' looking for beginning of value"),
    ],
)
def test_a_comma_too_many_is_told_alike_by_every_python(
    text: str, container: str, error: str
) -> None:
    """Python 3.13 names the comma itself."""
    newer = json.JSONDecodeError(
        f"Illegal trailing comma before end of {container}", text, text.index(",")
    )

    assert _go_text(text, newer) == error
    with pytest.raises(GoJSONError, match=re.escape(error)):
        parse_json(text)


def test_an_object_keeps_repeated_keys() -> None:
    """Both members are there, in order."""
    assert parse_json('{"a": 1, "a": 2}') == [("a", 1), ("a", 2)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{}", "object"),
        ("[]", "array"),
        ('"a"', "string"),
        ("true", "bool"),
        ("1", "number"),
    ],
)
def test_types_have_names(text: str, kind: str) -> None:
    """Each JSON type has Go's word."""
    assert go_kind(parse_json(text)) == kind


def test_what_is_no_object_is_refused() -> None:
    """The place is named."""
    assert want_object(parse_json("{}"), "Go value of type T") == []

    with pytest.raises(GoJSONError) as caught:
        want_object([], "Go value of type T")

    assert str(caught.value) == "json: cannot unmarshal array into Go value of type T"
