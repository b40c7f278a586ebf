"""The lessons' words by id, in English and Korean.

A file of ``texts/LANGUAGE/`` is a tree; an id joins the file's name and the keys on
the way by dots, as in ``lesson_1.q1.ask``. Words in backticks are Kubernetes' own and
are not translated; a test compares ids, parameters and backticked words.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sim.scenario.reader import Mapping, Scalar, Tree, read_documents, read_text

FOLDER = Path(__file__).with_name("texts")


@cache
def texts(language: str) -> dict[str, str]:
    """Return all texts of a language by id; raises ``ScenarioError``."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.yaml")):
        for tree in read_documents(read_text(path), str(path)):
            found |= _leaves(tree, path.stem)
    return found


def text(language: str, name: str, /, **parameters: object) -> str:
    """Return one text with its parameters filled in."""
    found = texts(language)[name]
    return found.format(**parameters) if parameters else found


def texts_below(language: str, name: str) -> list[str]:
    """Return the texts whose ids lie below an id, in the order of the file."""
    return [t for n, t in texts(language).items() if n.startswith(f"{name}.")]


def _leaves(tree: Tree, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Scalar):
        yield name, tree.text.strip()
        return
    members = (
        tree.items.items()
        if isinstance(tree, Mapping)
        else ((str(number), item) for number, item in enumerate(tree.items))
    )
    for key, item in members:
        yield from _leaves(item, f"{name}.{key}")
