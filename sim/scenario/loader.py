"""Read a scenario file: every variant of it, or all its mistakes at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from sim.errors import Fault, Place, ScenarioError
from sim.scenario import model
from sim.scenario.builder import Builder
from sim.scenario.claims import expectations
from sim.scenario.faults import validation_faults
from sim.scenario.reader import (
    Mapping,
    Scalar,
    Tree,
    core_value,
    fail,
    read_documents,
    read_text,
    untyped,
)
from sim.scenario.saved.state import with_saved_nodes
from sim.scenario.schema.scenario import ScenarioPart
from sim.scenario.shorts import SHORTS, Shorts, shorts_of
from sim.scenario.variants import apply_all, apply_sets, change, existing, prune

AS_WRITTEN = "as written"
MAX_PRUNINGS = 8
STAND_INS = {"until": "24h", "title": "untitled"}
STARTER = Path(__file__).with_name("starter.yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioFile:
    """A scenario file with its variants, each complete and checked."""

    path: Path
    text: str
    title: str
    question: str
    variants: tuple[model.Scenario, ...]
    has_broken_by: bool
    sets: tuple[str, ...] = ()


def load_scenario(
    path: Path,
    *,
    sets: Sequence[str] = (),
    seed: int | None = None,
    broken: bool = False,
    expect: Tree | None = None,
) -> ScenarioFile:
    """Read, change and check a scenario file.

    ``sets`` are ``path=value`` words; ``broken`` applies the file's ``brokenBy``;
    ``expect`` is a list of claims to judge instead of the file's own.
    Raises ``ScenarioError`` with every mistake.
    """
    text = read_text(path)
    tree = _one_document(text, path)
    tree = apply_sets(tree, list(sets))
    broken_by = tree.items.get("brokenBy")
    if broken and isinstance(broken_by, Mapping):
        tree = apply_all(tree, broken_by)
    if expect is not None:
        tree = change(tree, "expect", expect, expect.place)
    faults: dict[Fault, None] = {}
    scenarios = []
    for name, changes in _variants(tree):
        try:
            scenarios.append(_one(tree, name, changes, path.parent, seed))
        except ScenarioError as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise ScenarioError(list(faults))
    return ScenarioFile(
        path=path,
        text=text,
        title=scenarios[0].title,
        question=scenarios[0].question,
        variants=tuple(scenarios),
        has_broken_by=broken_by is not None,
        sets=tuple(sets),
    )


def _one_document(text: str, path: Path) -> Mapping:
    documents = read_documents(text, str(path))
    place = Place(file=str(path))
    if not documents:
        raise fail(place, "the file is empty; python -m sim new FILE writes a starter")
    if len(documents) > 1:
        raise fail(documents[1].place, "a scenario is one document, this is a second")
    if not isinstance(documents[0], Mapping):
        raise fail(documents[0].place, "a scenario is a map of keys and values")
    return documents[0]


def _variants(tree: Mapping) -> Iterable[tuple[str, Mapping | None]]:
    listed = tree.items.get("variants")
    if not isinstance(listed, Mapping) or not listed.items:
        yield AS_WRITTEN, None
        return
    for name, changes in listed.items.items():
        if isinstance(changes, Mapping):
            yield name, changes
        elif isinstance(changes, Scalar) and core_value(changes) is None:
            yield name, None
        else:
            raise fail(changes.place, f"variant {name!r}: expected a map of paths")


def _one(
    tree: Mapping, name: str, changes: Mapping | None, folder: Path, seed: int | None
) -> model.Scenario:
    """Return one variant; raises ``ScenarioError`` with its mistakes."""
    shorts = Shorts()
    if changes is not None:
        shorts = shorts_of(changes)
        paths = {k: v for k, v in changes.items.items() if k not in SHORTS}
        tree = apply_all(tree, replace(changes, items=paths))
    faults: list[Fault] = []
    warnings: dict[str, None] = {}
    tree = with_saved_nodes(tree, folder, faults, warnings)
    part, tree, more = _validated(tree)
    faults += more
    if part is None:
        raise ScenarioError(faults)
    builder = Builder(part, tree, folder, shorts, warnings)
    scenario = builder.build(name, seed)
    names = list(part.variants) or [AS_WRITTEN]
    claims = tuple(expectations(part, tree, builder.declared, names, name))
    # A name may be unknown only because its declaration was left out as faulty.
    found = builder.declared.mistakes.faults
    faults += [f for f in found if not (faults and f.about_a_name)]
    if faults:
        raise ScenarioError(faults)
    return replace(scenario, expectations=claims)


def _validated(
    tree: Mapping,
) -> tuple[ScenarioPart | None, Mapping, list[Fault]]:
    """Type a scenario by the schema, leaving out what is faulty.

    The rest is checked all the same, so that one run shows all mistakes. Returns the
    part (None if nothing can be made of it), the tree it was made of, the faults.
    """
    faults: list[Fault] = []
    for _ in range(MAX_PRUNINGS):
        try:
            return ScenarioPart.model_validate(untyped(tree)), tree, faults
        except ValidationError as error:
            if not faults:
                faults = validation_faults(tree, error)
            places = {
                (existing(tree, d["loc"]), d["type"] == "missing", d["loc"][-1])
                for d in error.errors(include_url=False)
            }
            for path, missing, last in sorted(places, key=str, reverse=True):
                tree = _without(tree, path, str(last), missing=missing)
    return None, tree, faults


def _without(
    tree: Mapping, path: tuple[int | str, ...], last: str, *, missing: bool
) -> Mapping:
    """Leave out what is faulty; what the whole scenario needs gets a stand-in."""
    if path or not missing:
        return prune(tree, path)
    stand_in = Scalar(text=STAND_INS.get(last, ""), plain=False, place=tree.place)
    return replace(tree, items={**tree.items, last: stand_in})


def summary(path: Path) -> tuple[str, str]:
    """Return a scenario's title and question without checking the rest."""
    tree = _one_document(read_text(path), path)
    texts = []
    for key in ("title", "question"):
        value = tree.items.get(key)
        texts.append(value.text.strip() if isinstance(value, Scalar) else "")
    return texts[0], texts[1]


def starter() -> str:
    """Return the commented scenario that ``python -m sim new`` writes."""
    return STARTER.read_text(encoding="utf-8")
