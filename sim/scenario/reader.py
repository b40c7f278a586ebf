"""YAML to plain values that remember where they stood.

PyYAML only scans and composes nodes; nothing is typed here. A scalar stays the text
that was written, with a note whether it was quoted, so that the schema decides what
it is: the tag ``1.10`` stays text, ``on`` and ``12:30`` too. Equal keys, cyclic
aliases and expansions out of all proportion are faults.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from sim.errors import Fault, Place, ScenarioError
from sim.scenario import secrets

MAX_BYTES = 5_000_000
MAX_DEPTH = 60
MAX_NODES = 500_000
LARGE = 1_000_000
STANDARD_INPUT = "-"

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """A scalar as written; ``plain`` = without quotes, so it may be no text."""

    text: str
    plain: bool
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """A mapping: values by key, and where each key stands."""

    place: Place
    items: dict[str, "Tree"] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """A sequence."""

    place: Place
    items: list["Tree"] = field(default_factory=list)


Tree = Scalar | Mapping | Sequence


def fail(place: Place, message: str) -> ScenarioError:
    """Return one fault as an error to raise."""
    return ScenarioError([Fault(place=place, message=message)])


def read_text(path: Path, most: int = MAX_BYTES) -> str:
    """Return a file's text; raises ``ScenarioError`` with what is wrong.

    ``-`` is standard input, which only the command line names.
    """
    here = Place(file=str(path))
    try:
        stream = str(path) == STANDARD_INPUT
        size = 0 if stream else path.stat().st_size
        if size > most:
            what = "a scenario" if most == MAX_BYTES else "such a file"
            raise fail(here, f"{size:,} bytes; {what} has at most {most:,} bytes")
        data = sys.stdin.buffer.read() if stream else path.read_bytes()
    except OSError as error:
        raise fail(here, error.strerror or str(error)) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(here, "not a text in UTF-8; a scenario is a YAML file") from error
    if "\0" in text:
        raise fail(here, "not a text file; a scenario is a YAML file")
    return text


def read_documents(text: str, file: str) -> list[Tree]:
    """Return the documents of a YAML text; raises ``ScenarioError``."""
    if len(text) > LARGE and text.lstrip()[:1] in ("{", "["):
        return [_large_json(text, file)]
    lines = text.splitlines()
    try:
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(file, mark, lines) if mark else Place(file=file)
        hint = _tab_hint(place)
        problem = error.problem or error.context or "not valid YAML"
        if secrets.speaks_of_logins(text):
            problem = re.sub(r"'.*'", secrets.HIDDEN, problem)
            place = replace(place, source="")
        raise fail(place, f"not valid YAML: {problem}{hint}") from error
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "nested too deeply"
        raise fail(Place(file=file), f"not valid YAML: {reason}") from error
    for number in secrets.hidden_lines(nodes):
        lines[number : number + 1] = [""]
    converter = _Converter(file, lines)
    trees = [converter.convert(node) for node in nodes if node is not None]
    if converter.faults:
        raise ScenarioError(converter.faults)
    return trees


def _large_json(text: str, file: str) -> Tree:
    """Read a large JSON text, where YAML would take minutes; no lines are known."""
    place = Place(file=file)
    try:
        return tree_of(json.loads(text), place)
    except (json.JSONDecodeError, RecursionError) as error:
        raise fail(place, f"not valid JSON: {error}") from error


def tree_of(value: object, place: Place) -> Tree:
    """Return plain values as a tree, all of which stands in one place."""
    if isinstance(value, dict):
        items = {str(key): tree_of(inner, place) for key, inner in value.items()}
        return Mapping(place=place, items=items, keys=dict.fromkeys(items, place))
    if isinstance(value, list):
        return Sequence(place=place, items=[tree_of(one, place) for one in value])
    text = value if isinstance(value, str) else json.dumps(value)
    return Scalar(text=text, plain=not isinstance(value, str), place=place)


def _tab_hint(place: Place) -> str:
    return "; indent with spaces, not tabs" if "\t" in place.source else ""


def _place(file: str, mark: yaml.Mark, lines: list[str]) -> Place:
    source = lines[mark.line] if mark.line < len(lines) else ""
    return Place(
        file=file, line=mark.line + 1, column=mark.column + 1, source=source[:200]
    )


class _Converter:
    """Turns composed nodes into trees, gathering faults."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._lines = lines
        self._open: set[int] = set()
        self._count = 0

    def convert(self, node: yaml.Node) -> Tree:
        place = _place(self._file, node.start_mark, self._lines)
        self._count += 1
        if id(node) in self._open:
            self._fault(place, "an alias that contains itself")
            return Scalar(text="", plain=True, place=place)
        if self._count > MAX_NODES or len(self._open) > MAX_DEPTH:
            raise fail(
                place,
                f"too large: more than {MAX_NODES:,} values once aliases are "
                f"expanded, or nested deeper than {MAX_DEPTH}",
            )
        if isinstance(node, yaml.ScalarNode):
            return Scalar(text=node.value, plain=not node.style, place=place)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                items = [self.convert(item) for item in node.value]
                return Sequence(place=place, items=items)
            return self._mapping(node, place)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, place: Place) -> Mapping:
        tree = Mapping(place=place)
        merged: list[Mapping] = []
        for key, value in node.value:
            key_place = _place(self._file, key.start_mark, self._lines)
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key_place, "a key must be text, not a list or a map")
                continue
            converted = self.convert(value)
            if key.value == "<<" and not key.style:
                merged += self._merged(converted)
                continue
            if key.value in tree.items:
                first = tree.keys[key.value].line
                self._fault(
                    key_place, f"the key {key.value!r} is there already (line {first})"
                )
                continue
            tree.items[key.value] = converted
            tree.keys[key.value] = key_place
        for other in merged:
            for name, item in other.items.items():
                tree.items.setdefault(name, item)
                tree.keys.setdefault(name, other.keys[name])
        return tree

    def _merged(self, tree: Tree) -> Iterator[Mapping]:
        parts = tree.items if isinstance(tree, Sequence) else [tree]
        for part in parts:
            if isinstance(part, Mapping):
                yield part
            else:
                self._fault(part.place, "<< takes a map, or a list of maps")

    def _fault(self, place: Place, message: str) -> None:
        self.faults.append(Fault(place=place, message=message))


# --- trees to plain values, where no schema types them (Kubernetes objects) ---

_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")


def core_value(scalar: Scalar) -> object:
    """Return a scalar by YAML 1.2's core rules: null, bool, int, float or text."""
    text = scalar.text
    if not scalar.plain:
        return text
    if text in _NULLS:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    for convert in (int, float):
        try:
            if "_" not in text and text.strip() == text:
                return convert(text)
        except ValueError:
            continue
    return text


def secret_values(tree: Tree, key: str = "", *, secret: bool = False) -> set[str]:
    """Return the passwords and tokens in a tree, which no message may quote."""
    if isinstance(tree, Scalar):
        return secrets.values(key, tree.text, secret=secret)
    if isinstance(tree, Sequence):
        found = (secret_values(one, key, secret=secret) for one in tree.items)
        return set().union(*found)
    values: set[str] = set()
    for name, value in tree.items.items():
        if key == "accounts" and ":" in name:
            values.add(name)  # {user:password}, where a space was forgotten
        inner = secret or secrets.may_hold_one(name)
        values |= secret_values(value, name, secret=inner)
    return values


def plain(tree: Tree) -> object:
    """Return a tree as Python values, scalars by the core rules."""
    if isinstance(tree, Scalar):
        return core_value(tree)
    if isinstance(tree, Sequence):
        return [plain(item) for item in tree.items]
    return {key: plain(value) for key, value in tree.items.items()}


def untyped(tree: Tree) -> object:
    """Return a tree for a schema: every scalar as its text, null as None."""
    if isinstance(tree, Scalar):
        return None if core_value(tree) is None and tree.plain else tree.text
    if isinstance(tree, Sequence):
        return [untyped(item) for item in tree.items]
    return {key: untyped(value) for key, value in tree.items.items()}
