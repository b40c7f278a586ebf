"""Image references: the grammar, its normal form, and Kubernetes' use of it."""

from collections.abc import Callable, Iterator
from typing import Any

from sim.rules import reference as rules
from sim.rules.image_name import (
    ImageNameError,
    apply_default_tag,
    parse_image_name,
    trim_to_repository,
)
from sim.rules.reference import ImageReferenceError, Reference
from tests.conformance.harness import Adapter, Step

Answer = dict[str, Any]


def _try(call: Callable[[], Answer]) -> Answer:
    """An answer, or the library's error as the traces show it."""
    try:
        return call()
    except ImageReferenceError as error:
        return {"error": {"kind": str(error.kind), "text": str(error)}}
    except ImageNameError as error:
        return {"error": str(error)}


def _kind(reference: Reference) -> str:
    if reference.tag and reference.digest:
        return "reference"
    if reference.digest:
        return "canonicalReference"
    return "taggedReference" if reference.tag else "repository"


def _shown(reference: Reference) -> Answer:
    shown: Answer = {
        "domain": reference.domain,
        "name": reference.name,
        "path": reference.path,
        "string": str(reference),
        "type": _kind(reference),
    }
    if reference.tag:
        shown["tag"] = reference.tag
    if reference.digest:
        shown["digest"] = reference.digest
    return shown


def _normalized(text: str) -> Answer:
    parsed = rules.parse_normalized(text)
    return _shown(parsed) | {
        "familiar": rules.familiar(parsed),
        "familiar_name": rules.familiar_name(parsed),
        "with_default_tag": str(rules.with_default_tag(parsed)),
    }


def _any(text: str) -> Answer:
    parsed = rules.parse_any(text)
    if isinstance(parsed, Reference):
        return _shown(parsed)
    return {"digest": parsed, "string": parsed, "type": "digestReference"}


def _kubelet_parse(text: str) -> Answer:
    name = parse_image_name(text)
    return {"repo": name.repository, "tag": name.tag, "digest": name.digest}


def reference(data: dict[str, Any]) -> Iterator[Step]:
    """Ask every parser about one text."""
    text = data["input"]
    parsers: dict[str, Callable[[], Answer]] = {
        "parse": lambda: _shown(rules.parse(text)),
        "normalized": lambda: _normalized(text),
        "docker_ref": lambda: _shown(rules.docker_reference(text)),
        "any": lambda: _any(text),
        "kubelet_parse": lambda: _kubelet_parse(text),
        "kubelet_default_tag": lambda: {"image": apply_default_tag(text)},
        "kubelet_trim": lambda: {"image": trim_to_repository(text)},
    }
    for name, parser in parsers.items():
        ours, theirs = _try(parser), data[name]
        if name == "kubelet_trim" and "error" in ours:
            theirs, ours = "error" in theirs, True  # type: ignore[assignment]
        yield Step(name, ours, theirs)


ADAPTERS: dict[str, Adapter] = {"reference": reference}
