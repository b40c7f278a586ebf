"""Errors about fields, as they are printed."""

import pytest

from sim.rules.field_error import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (required("a.b"), "a.b: Required value"),
        (required("a", "why"), "a: Required value: why"),
        (invalid("a", "v", "why"), 'a: Invalid value: "v": why'),
        (duplicate("a", "v"), 'a: Duplicate value: "v"'),
        (forbidden("a", "why"), "a: Forbidden: why"),
        (
            not_supported("a", "v", ["x", "y"]),
            'a: Unsupported value: "v": supported values: "x", "y"',
        ),
    ],
)
def test_an_error_reads_as_kubernetes_prints_it(error: FieldError, text: str) -> None:
    """Path, kind, value, detail."""
    assert str(error) == text
