"""Read recorded cases and hold our answers against theirs.

A case is one vector (a small input and one expected result) or one golden trace
(a longer sequence printed by Kubernetes' own code). An *adapter* turns the case's
words into calls of our classes and yields steps; it acts before it looks at what
was recorded. This module only reads, compares and reports.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.conformance.validation import name_of, read_tables

SHIPPED = Path(__file__).parent / "cases"


class Step(NamedTuple):
    """One thing to compare: where in the case, our answer, the recorded answer."""

    where: str
    ours: object
    theirs: object


class Tally(NamedTuple):
    """What may stray, within limits that hold for all cases of a kind together."""

    where: str
    astray: int
    of: int


Adapter = Callable[[dict[str, Any]], Iterator[Step | Tally]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One vector or trace: its id, its kind, the file it came from, its data."""

    id: str
    kind: str
    file: str
    data: dict[str, Any]


class OneOf:
    """Where upstream's order is arbitrary: any of several answers is right."""

    def __init__(self, *answers: object) -> None:
        self.answers = answers

    def __eq__(self, other: object) -> bool:
        return any(other == answer for answer in self.answers)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return " or ".join(repr(answer) for answer in self.answers)


class Part:
    """Of a text only a part is stated, or its ``end``."""

    def __init__(self, text: str, *, end: bool = False) -> None:
        self.text = text
        self.end = end

    def __eq__(self, other: object) -> bool:
        whole = str(other)
        return whole.endswith(self.text) if self.end else self.text in whole

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"…{self.text}" if self.end else f"…{self.text}…"


def read_folder(folder: Path) -> Iterator[Case]:
    """Yield all cases of ``vectors/*.yaml``, ``golden/*.jsonl[.gz]`` and tables.

    The kind of a golden trace is the name of its file. Tables of measurements are in
    ``validation`` or in the folder itself. Raises ``ValueError`` for a
    folder without files, and for a file that cannot be read: a case that is lost is
    a failure.
    """
    paths = [*_files(folder / "vectors"), *_files(folder / "golden")]
    tables = _tables(folder)
    if not paths and not tables:
        raise ValueError(f"{folder}: no vectors/*.yaml and no golden/*.jsonl[.gz]")
    yield from tables
    for path in paths:
        try:
            yield from _read(path)
        except (OSError, EOFError, LookupError, TypeError, yaml.YAMLError) as error:
            raise ValueError(f"{path}: cannot be read: {error!r}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _tables(folder: Path) -> list[Case]:
    inside = folder / "validation"
    return [
        Case(id=name_of(row), kind=kind, file=path.name, data=row)
        for path, kind, row in read_tables(inside if inside.is_dir() else folder)
    ]


def _files(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.name != "README.md"]


def _read(path: Path) -> Iterator[Case]:
    if path.suffix == ".yaml":
        with path.open(encoding="utf-8") as stream:
            suite = yaml.load(stream, Loader=_FAST_LOADER)  # noqa: S506 - a SafeLoader
        for vector in suite["vectors"]:
            yield Case(
                id=vector["id"], kind=vector["kind"], file=path.name, data=vector
            )
        return
    kind = path.name.removesuffix(".gz").removesuffix(".jsonl")
    if kind in (path.name, path.stem) and not path.name.endswith(".jsonl"):
        raise ValueError("expected *.yaml, *.jsonl or *.jsonl.gz")
    for line in _lines(path):
        trace = json.loads(line)
        yield Case(id=trace["id"], kind=kind, file=path.name, data=trace)


def first_difference(adapter: Adapter, case: Case) -> Step | None:
    """Run one case; return the first step that differs, or None when all agree."""
    return run(adapter, case)[0]


def run(adapter: Adapter, case: Case) -> tuple[Step | None, list[Tally]]:
    """Run one case up to the first step that differs; return it and what strayed."""
    tallies = []
    for step in adapter(case.data):
        if isinstance(step, Tally):
            tallies.append(step)
        elif step.ours != step.theirs:
            return step, tallies
    return None, tallies


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        yield from (line for line in stream if line.strip())


_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
