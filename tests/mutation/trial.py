"""One mutant against the tests: who noticed it, if anybody.

Each trial runs in a copy of the project, so the working tree is never touched. Only
tests that enter the changed function are run, as a first run without any change told;
a change outside of functions is tried with all, but for the slowest kind of recorded
cases if that enters nothing of the module. So a trial may miss who notices, and never
the other way round.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic

from coverage import CoverageData

from tests.mutation.mutants import RULES, Mutant

COPIED = ("pyproject.toml", "sim", "tests", "scenarios")
FIRST_LIMIT_S = 600.0
PATIENCE = 10
NOBODY = ""
SUITES = ("tests/unit/rules", "tests/conformance/test_cases.py")
# Takes as long as all other kinds together: last.
SLOWEST = "tests/conformance/test_cases.py::test_kind[pod_timeline]"
_SKIP = f"--deselect={SLOWEST}"
SOUND, USAGE = 0, 4
"""pytest's exit codes: all passed; a test that was asked for does not exist."""
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/[a-z]+)", re.MULTILINE)

Contexts = Mapping[str, Mapping[int, Sequence[str]]]
"""Of each rule's module: the tests that run a line; empty = while it is imported."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What came of a mutant; ``killer`` is a folder of tests, or empty."""

    mutant: Mutant
    killer: str


def try_all(root: Path, mutants: Sequence[Mutant], workers: int) -> Iterator[Verdict]:
    """Yield a verdict for each mutant, in order; ``workers`` run at a time.

    Raises ``RuntimeError`` if the tests fail without any change.
    """
    with TemporaryDirectory(prefix="mutation-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(workers):
            copies.put(_copy(root, Path(folder) / str(number)))
        first = copies.get()
        began_s = monotonic()
        contexts = _contexts(first)
        copies.put(first)
        # A busy machine is slow with everything: what takes so much longer hangs.
        limit_s = PATIENCE * (monotonic() - began_s)
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(
                lambda one: _try(copies, one, contexts, limit_s), mutants
            )


def _copy(root: Path, copy: Path) -> Path:
    for name in COPIED:
        path = root / name
        into = shutil.copytree if path.is_dir() else shutil.copy
        copy.mkdir(exist_ok=True)
        into(path, copy / name)
    return copy


def _contexts(copy: Path) -> Contexts:
    """Run everything once; return which test ran which line."""
    watch = ["-p", "pytest_cov", f"--cov={RULES}", "--cov-context=test"]
    done = _run(copy, [*watch, "--cov-report=", *SUITES], FIRST_LIMIT_S)
    if done.returncode != SOUND:
        raise RuntimeError(f"fails before anything is changed:\n{done.stdout}")
    data = CoverageData(basename=str(copy / ".coverage"))
    data.read()
    return {
        Path(path).name: data.contexts_by_lineno(path) for path in data.measured_files()
    }


def _try(
    copies: "SimpleQueue[Path]", mutant: Mutant, contexts: Contexts, limit_s: float
) -> Verdict:
    copy = copies.get()
    path = copy / RULES / mutant.module
    original = path.read_text(encoding="utf-8")
    tests = tests_of(mutant, original, contexts.get(mutant.module, {}))
    try:
        _write(path, mutant.code)
        return Verdict(mutant=mutant, killer=_killer(copy, tests, limit_s))
    finally:
        _write(path, original)
        copies.put(copy)


def tests_of(
    mutant: Mutant, source: str, lines: Mapping[int, Sequence[str]]
) -> Sequence[str]:
    """Return the tests that may notice, the module's own first."""
    found: dict[str, None] = {}
    for number in _body_around(ast.parse(source), mutant.line):
        for context in lines.get(number, ()):
            found[context.rpartition("|")[0]] = None
    own = f"tests/unit/rules/test_{mutant.module}"
    if not found or "" in found:
        entered = {one.rpartition("|")[0] for some in lines.values() for one in some}
        skipped = () if SLOWEST in entered or not entered - {""} else (_SKIP,)
        return (own, *SUITES, *skipped)
    return sorted(
        found, key=lambda test: (test == SLOWEST, not test.startswith(own), test)
    )


def _body_around(tree: ast.Module, line: int) -> range:
    """Return the lines of the outermost function body around a line, if any."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
            if line in body:
                return body
    return range(0)


def _write(path: Path, code: str) -> None:
    # Python takes compiled code for current if size and second are: make them differ.
    second = path.stat().st_mtime + 2
    path.write_text(code, encoding="utf-8")
    os.utime(path, (second, second))


def _killer(copy: Path, tests: Sequence[str], limit_s: float) -> str:
    there = [one for one in tests if "::" in one or (copy / one).exists()]
    try:
        done = _run(copy, there, limit_s)
        if done.returncode == USAGE:  # tests are named after what the rule says
            done = _run(copy, SUITES, limit_s)
    except subprocess.TimeoutExpired:
        return "time limit"
    if done.returncode == SOUND:
        return NOBODY
    found = _FAILED.search(done.stdout)
    return found[1] if found else "import"


def _run(
    copy: Path, arguments: Sequence[str], limit_s: float
) -> subprocess.CompletedProcess[str]:
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        # Compiled code is kept between the trials, whatever the caller does.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
