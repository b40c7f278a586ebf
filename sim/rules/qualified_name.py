"""Qualified names: keys of annotations and labels, ``prefix.example/name``.

Source: k8s.io/apimachinery pkg/util/validation/validation.go, IsQualifiedName.
"""

import re
from collections.abc import Iterator

_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME_MAX = 63
_SUBDOMAIN_MAX = 253


def qualified_name_errors(text: str) -> Iterator[str]:
    """Yield what is wrong with a key; nothing if it is well formed."""
    parts = text.split("/")
    if len(parts) > 2:
        yield "a qualified name has one '/' at most, after an optional DNS subdomain"
        return
    if len(parts) == 2:
        yield from _prefix_errors(parts[0])
    name = parts[-1]
    if not name:
        yield "name part must be non-empty"
    elif len(name) > _NAME_MAX:
        yield f"name part must be no more than {_NAME_MAX} bytes"
    if not _NAME.fullmatch(name):
        yield (
            "name part must consist of alphanumeric characters, '-', '_' or '.', and "
            "must start and end with an alphanumeric character"
        )


def _prefix_errors(prefix: str) -> Iterator[str]:
    if not prefix:
        yield "prefix part must be non-empty"
        return
    if len(prefix) > _SUBDOMAIN_MAX:
        yield f"prefix part must be no more than {_SUBDOMAIN_MAX} bytes"
    if not _SUBDOMAIN.fullmatch(prefix):
        yield "prefix part must be a lowercase RFC 1123 subdomain"
