"""One world with one thing changed: paths into a scenario, and other values there.

A path joins keys by dots; members of a list are meant by their name (or their
``metadata.name``) or by their number. Keys may contain dots themselves, as hosts do:
the longest key that fits is taken.
"""

from dataclasses import replace

from sim.errors import Place, ScenarioError, did_you_mean
from sim.scenario.reader import (
    Mapping,
    Scalar,
    Sequence,
    Tree,
    fail,
    read_documents,
)
from sim.scenario.secrets import HIDDEN, may_hold_one, speaks_of_logins


def apply_all(tree: Mapping, changes: Mapping) -> Mapping:
    """Return a scenario with every path of ``changes`` set to its value."""
    for path, value in changes.items.items():
        tree = change(tree, path, value, changes.keys[path])
    return tree


def apply_sets(tree: Mapping, sets: list[str] | tuple[str, ...]) -> Mapping:
    """Return a scenario changed by ``path=value`` words of the command line."""
    for word in sets:
        path, equals, text = word.partition("=")
        secret = may_hold_one(path) or speaks_of_logins(text)
        place = Place(file=f"--set {path}={HIDDEN}" if secret else f"--set {word}")
        if not equals or not path:
            raise fail(place, "expected PATH=VALUE, as in nodes.worker.count=12")
        documents = _documents(text, path, place)
        value = documents[0] if documents else Scalar(text="", plain=True, place=place)
        tree = change(tree, path, _at(value, place), place)
    return tree


def _documents(text: str, path: str, place: Place) -> list[Tree]:
    """Return the value of a word; no secret is shown that is not even YAML."""
    try:
        return read_documents(text, f"--set {path}") if text else []
    except ScenarioError:
        if place.file.endswith(HIDDEN):
            raise fail(place, "not valid YAML") from None
        raise


def _at(tree: Tree, place: Place) -> Tree:
    """Let a whole value stand where its word stands."""
    if isinstance(tree, Scalar):
        return replace(tree, place=place)
    if isinstance(tree, Sequence):
        return replace(tree, place=place, items=[_at(i, place) for i in tree.items])
    items = {key: _at(value, place) for key, value in tree.items.items()}
    return replace(tree, place=place, items=items, keys=dict.fromkeys(items, place))


def change(tree: Mapping, path: str, value: Tree, place: Place) -> Mapping:
    """Return a scenario with one path set; raises ``ScenarioError``."""
    changed = _set(tree, path, value, place, done="")
    assert isinstance(changed, Mapping)  # noqa: S101 - the root stays what it is
    return changed


def _set(tree: Tree, path: str, value: Tree, place: Place, *, done: str) -> Tree:
    if isinstance(tree, Mapping):
        return _set_key(tree, path, value, place, done=done)
    if isinstance(tree, Sequence):
        number, rest = _member(tree, path, place, done=done)
        items = list(tree.items)
        items[number] = (
            _set(items[number], rest, value, place, done=path) if rest else value
        )
        return replace(tree, items=items)
    raise fail(place, f"no path {path!r} here: {done!r} is neither a map nor a list")


def _set_key(
    tree: Mapping, path: str, value: Tree, place: Place, *, done: str
) -> Mapping:
    fitting = [
        k for k in tree.items if path == k or path.startswith((f"{k}.", f"{k}["))
    ]
    if fitting:
        key = max(fitting, key=len)
        rest = path[len(key) :].removeprefix(".")
        inner = _set(tree.items[key], rest, value, place, done=key) if rest else value
    elif "." in path and not done.startswith("registries"):
        known = list(tree.items)
        first = path.partition(".")[0]
        raise fail(
            place,
            f"no {first!r} in {done or 'the scenario'}{did_you_mean(first, known)}; "
            f"there are: {', '.join(known)}",
        )
    else:
        key, inner = path, value
    keys = {key: place, **tree.keys}
    return replace(tree, items={**tree.items, key: inner}, keys=keys)


def _member(tree: Sequence, path: str, place: Place, *, done: str) -> tuple[int, str]:
    """Find the list member that a path begins with."""
    names = [_name(item) for item in tree.items]
    text = path
    if text.startswith("["):
        number, _, rest = text[1:].partition("]")
        text = number + rest
    fitting = [n for n in names if n and (text == n or text.startswith(f"{n}."))]
    if fitting:
        name = max(fitting, key=len)
        return names.index(name), text[len(name) :].removeprefix(".")
    first, _, rest = text.partition(".")
    if first.isdecimal() and int(first) < len(tree.items):
        return int(first), rest
    known = [name for name in names if name]
    listed = ", ".join(known) or f"0 to {len(tree.items) - 1}"
    raise fail(
        place,
        f"no {first!r} in {done}{did_you_mean(first, known)}; there are: {listed}",
    )


def existing(tree: Tree, path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the steps of a path that a scenario has, as deep as they go.

    The schema's paths also name which of several accepted forms it tried.
    """
    steps: list[int | str] = []
    for step in path:
        if isinstance(tree, Mapping) and str(step) in tree.items:
            tree = tree.items[str(step)]
        elif (
            isinstance(tree, Sequence)
            and isinstance(step, int)
            and step < len(tree.items)
        ):
            tree = tree.items[step]
        else:
            continue
        steps.append(step)
    return tuple(steps)


def prune(tree: Mapping, path: tuple[int | str, ...]) -> Mapping:
    """Return a scenario without what stands at an existing path."""
    pruned = _pruned(tree, path) if path else tree
    assert isinstance(pruned, Mapping)  # noqa: S101 - the root stays what it is
    return pruned


def _pruned(tree: Tree, path: tuple[int | str, ...]) -> Tree | None:
    """Return a tree without a path; None if it is the path's own end."""
    if not path or isinstance(tree, Scalar):
        return None
    step, rest = path[0], path[1:]
    if isinstance(tree, Mapping):
        if str(step) not in tree.items:
            return tree
        inner = _pruned(tree.items[str(step)], rest)
        items = {k: v for k, v in tree.items.items() if k != str(step)}
        if inner is not None:
            items = {**tree.items, str(step): inner}
        return replace(tree, items=items)
    if not isinstance(step, int) or step >= len(tree.items):
        return tree
    inner = _pruned(tree.items[step], rest)
    members = list(tree.items)
    members[step : step + 1] = [] if inner is None else [inner]
    return replace(tree, items=members)


def _name(tree: Tree) -> str:
    if not isinstance(tree, Mapping):
        return ""
    inner = tree.items.get("metadata")
    if "name" not in tree.items and isinstance(inner, Mapping):
        tree = inner
    name = tree.items.get("name")
    return name.text if isinstance(name, Scalar) else ""
