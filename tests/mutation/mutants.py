"""The mutants of ``sim/rules``, and the sample that is tried.

The ways of changing code are mutmut's; which places they are put to, and which of the
changes are drawn, is decided here. Annotations and decorators stay as they are.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import libcst as cst
from mutmut.mutation.mutators import mutation_operators

RULES = Path("sim/rules")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One change of one module; ``key`` names it and outlives edits elsewhere."""

    key: str
    module: str
    line: int
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    key: str
    path: Path
    tree: cst.Module
    old: cst.CSTNode
    new: cst.CSTNode

    def mutant(self) -> Mutant | None:
        """Return the changed module; None if it is no Python any more."""
        changed = self.tree.deep_replace(self.old, self.new)
        assert isinstance(changed, cst.Module)
        code = changed.code
        try:
            compile(code, self.path.name, "exec")
        except SyntaxError:
            return None
        pairs = zip(self.tree.code.split("\n"), code.split("\n"), strict=False)
        same = [before == after for before, after in pairs]
        line = same.index(False) + 1
        return Mutant(key=self.key, module=self.path.name, line=line, code=code)


def draw(root: Path, seed: int, number: int) -> list[Mutant]:
    """Return ``number`` mutants, in the order of modules and lines.

    Every change has a place in a line that seed and key alone decide, and the first
    ones are taken: a new rule displaces few of the others.
    """
    ranked = sorted(_changes(root), key=lambda change: _rank(seed, change.key))
    mutants = (change.mutant() for change in ranked)
    drawn = [one for one, _ in zip(filter(None, mutants), range(number), strict=False)]
    return sorted(drawn, key=lambda mutant: (mutant.module, mutant.line, mutant.key))


def _rank(seed: int, key: str) -> str:
    return blake2b(f"{seed}:{key}".encode()).hexdigest()


def _changes(root: Path) -> Iterator[_Change]:
    for path in sorted((root / RULES).glob("*.py")):
        # A parsed tree shares some of its nodes; a clone's are all its own.
        tree = cst.parse_module(path.read_text(encoding="utf-8")).deep_clone()
        seen: Counter[str] = Counter()
        for place, node in _nodes(tree, ""):
            for new in _replacements(node):
                before, after = (_text(tree, one) for one in (node, new))
                key = f"{path.name} {place}: {before} → {after}"
                seen[key] += 1
                nth = f" ({seen[key]})" if seen[key] > 1 else ""
                yield _Change(key=key + nth, path=path, tree=tree, old=node, new=new)


def _nodes(node: cst.CSTNode, place: str) -> Iterator[tuple[str, cst.CSTNode]]:
    """Yield the nodes that may be changed, each with the definition it stands in."""
    if isinstance(node, cst.Annotation | cst.Decorator):
        return
    yield place, node
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        place = f"{place}.{node.name.value}".removeprefix(".")
    for child in node.children:
        yield from _nodes(child, place)


def _replacements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)


def _text(tree: cst.Module, node: cst.CSTNode) -> str:
    return " ".join(str(tree.code_for_node(node)).split())
