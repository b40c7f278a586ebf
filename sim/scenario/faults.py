"""Where a mistake stands, and in which words it is told.

pydantic says where by a path into the values; the tree that the values came from
knows line and column of every step.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from sim.errors import Fault, Place, did_you_mean
from sim.scenario.reader import Mapping, Scalar, Tree, secret_values
from sim.scenario.reader import Sequence as TreeSequence
from sim.scenario.schema.scenario import ScenarioPart
from sim.scenario.secrets import may_hold_one, without

Step = str | int


def place_of(tree: Tree, path: Sequence[Step], *, key: bool = False) -> Place:
    """Return where a path leads, as far as it goes; ``key`` = the last key itself."""
    place = tree.place
    for number, step in enumerate(path):
        last = number == len(path) - 1
        if isinstance(tree, Mapping) and str(step) in tree.items:
            place = tree.keys[str(step)]
            tree = tree.items[str(step)]
            if not (last and key):
                place = tree.place
        elif (
            isinstance(tree, TreeSequence)
            and isinstance(step, int)
            and step < len(tree.items)
        ):
            tree = tree.items[step]
            place = tree.place
        # A step that is not in the tree names one of several accepted forms.
    return place


def validation_faults(
    tree: Tree,
    error: ValidationError,
    whole: type[BaseModel] = ScenarioPart,
) -> list[Fault]:
    """Return one fault for each mistake that pydantic found in a ``whole``."""
    details = error.errors(include_url=False)
    hidden = secret_values(tree)
    faults = []
    seen: set[str] = set()
    for detail in details:
        path = [step for step in detail["loc"] if isinstance(step, str | int)]
        unknown = detail["type"] == "extra_forbidden"
        place = place_of(tree, path, key=unknown)
        if str(place) in seen:
            continue  # the other accepted forms of the same value
        seen.add(str(place))
        message = without(_message(tree, path, dict(detail), whole), hidden)
        faults.append(Fault(place=place, message=message))
    return faults


def _message(
    tree: Tree, path: list[Step], detail: dict[str, Any], whole: type[BaseModel]
) -> str:
    kind, name = detail["type"], _spoken(path)
    if kind == "extra_forbidden":
        allowed = _allowed(path[:-1], whole)
        near = did_you_mean(str(path[-1]), allowed)
        return f"unknown key {path[-1]!r}{near}; allowed: {', '.join(allowed)}"
    if kind == "missing":
        return f"{_spoken(path[:-1]) or 'this file'} needs the key {path[-1]!r}"
    text = str(detail["msg"]).removeprefix("Value error, ")
    found = _found(tree, path)
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        text = "expected a map of keys and values"
    elif kind == "list_type":
        text = "expected a list"
    elif kind == "string_type":
        text = "expected text"
    elif kind.startswith("int"):
        text = "expected a whole number"
    return f"{name}: {text[0].lower()}{text[1:]}{found}"


def _found(tree: Tree, path: list[Step]) -> str:
    if any(may_hold_one(str(step)) for step in path):
        return ""
    node = at(tree, path)
    if isinstance(node, Scalar):
        shown = node.text if len(node.text) <= 60 else node.text[:57] + "..."
        return f", found {shown!r}"
    if isinstance(node, Mapping):
        return ", found a map"
    return ", found a list" if isinstance(node, TreeSequence) else ""


def at(tree: Tree, path: Sequence[Step]) -> Tree:
    """Return what a path leads to, as far as it goes."""
    for step in path:
        if isinstance(tree, Mapping) and str(step) in tree.items:
            tree = tree.items[str(step)]
        elif (
            isinstance(tree, TreeSequence)
            and isinstance(step, int)
            and step < len(tree.items)
        ):
            tree = tree.items[step]
    return tree


def _spoken(path: Sequence[Step]) -> str:
    forms = {"int", "str", "LayerPart", "RangePart", "SizeRangePart"}
    forms |= {"PrePulledPart", "DurationRangePart"}
    steps = [s for s in path if not (isinstance(s, str) and _is_form(s, forms))]
    return ".".join(str(step) for step in steps)


def _is_form(step: str, forms: set[str]) -> bool:
    return step in forms or step.startswith(("function-", "constrained-"))


def _allowed(path: Sequence[Step], whole: type[BaseModel]) -> list[str]:
    """The keys that the model at a path knows, found by walking the schema."""
    part: Any = whole
    for step in path:
        part = _inside(part, step)
    if isinstance(part, type) and issubclass(part, BaseModel):
        return [f.alias or name for name, f in part.model_fields.items()]
    return []


def _inside(part: Any, step: Step) -> Any:
    if isinstance(part, type) and issubclass(part, BaseModel):
        for name, field in part.model_fields.items():
            if step in (name, field.alias):
                return field.annotation
        return part
    candidates = [a for a in getattr(part, "__args__", ()) if a is not type(None)]
    models = [a for a in candidates if isinstance(a, type) and issubclass(a, BaseModel)]
    if models and (step == models[-1].__name__ or isinstance(step, str | int)):
        return models[-1]
    for candidate in candidates:
        inner = _inside(candidate, step)
        if inner is not candidate:
            return inner
    return candidates[-1] if candidates else part
