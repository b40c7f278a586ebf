"""A field that the API server or the kubelet refuses, in its words.

Source: k8s.io/apimachinery pkg/util/validation/field/errors.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sim.rules.go_text import quote


class ErrorType(StrEnum):
    """What is wrong with a field; the value is the name of Kubernetes' function."""

    REQUIRED = "Required"
    INVALID = "Invalid"
    DUPLICATE = "Duplicate"
    NOT_SUPPORTED = "NotSupported"
    FORBIDDEN = "Forbidden"


_WORDS = {
    ErrorType.REQUIRED: "Required value",
    ErrorType.INVALID: "Invalid value",
    ErrorType.DUPLICATE: "Duplicate value",
    ErrorType.NOT_SUPPORTED: "Unsupported value",
    ErrorType.FORBIDDEN: "Forbidden",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One error: the field's path, its kind, the value shown (None = none).

    ``supported`` lists what is allowed, with an unsupported value.
    """

    field: str
    type: ErrorType
    value: str | None = None
    detail: str = ""
    supported: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = "" if self.value is None else f": {quote(self.value)}"
        detail = self.detail
        if self.supported:
            allowed = ", ".join(quote(value) for value in self.supported)
            detail = f"supported values: {allowed}"
        tail = f": {detail}" if detail else ""
        return f"{self.field}: {_WORDS[self.type]}{shown}{tail}"


def required(field: str, detail: str = "") -> FieldError:
    """A value is missing."""
    return FieldError(field=field, type=ErrorType.REQUIRED, detail=detail)


def invalid(field: str, value: str, detail: str) -> FieldError:
    """A value is malformed."""
    return FieldError(field=field, type=ErrorType.INVALID, value=value, detail=detail)


def duplicate(field: str, value: str) -> FieldError:
    """A value is there twice."""
    return FieldError(field=field, type=ErrorType.DUPLICATE, value=value)


def not_supported(field: str, value: str, supported: Sequence[str]) -> FieldError:
    """A value is none of those known."""
    return FieldError(
        field=field,
        type=ErrorType.NOT_SUPPORTED,
        value=value,
        supported=tuple(supported),
    )


def forbidden(field: str, detail: str) -> FieldError:
    """A field may not be set here."""
    return FieldError(field=field, type=ErrorType.FORBIDDEN, detail=detail)
