"""One mutant against the tests: who noticed it, if anybody.

Each trial runs in a copy of the project, so the working tree is never touched.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic

from tests.mutation.mutants import RULES, Mutant

COPIED = ("pyproject.toml", "sim", "tests", "scenarios")
FIRST_LIMIT_S = 600.0
PATIENCE = 10
NOBODY = ""
SUITES = ("tests/unit/rules", "tests/conformance/test_cases.py")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/[a-z]+)", re.MULTILINE)


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
        killer = _killer(first, SUITES, FIRST_LIMIT_S)
        if killer != NOBODY:
            raise RuntimeError(f"{killer}: fails before anything is changed")
        copies.put(first)
        # A busy machine is slow with everything: what takes so much longer hangs.
        limit_s = PATIENCE * (monotonic() - began_s)
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(lambda one: _try(copies, one, limit_s), mutants)


def _copy(root: Path, copy: Path) -> Path:
    for name in COPIED:
        path = root / name
        into = shutil.copytree if path.is_dir() else shutil.copy
        copy.mkdir(exist_ok=True)
        into(path, copy / name)
    return copy


def _try(copies: "SimpleQueue[Path]", mutant: Mutant, limit_s: float) -> Verdict:
    copy = copies.get()
    path = copy / RULES / mutant.module
    original = path.read_text(encoding="utf-8")
    try:
        _write(path, mutant.code)
        own = f"tests/unit/rules/test_{mutant.module}"
        killer = _killer(copy, [own], limit_s) if (copy / own).exists() else NOBODY
        return Verdict(mutant=mutant, killer=killer or _killer(copy, SUITES, limit_s))
    finally:
        _write(path, original)
        copies.put(copy)


def _write(path: Path, code: str) -> None:
    # Python takes compiled code for current if size and second are: make them differ.
    second = path.stat().st_mtime + 2
    path.write_text(code, encoding="utf-8")
    os.utime(path, (second, second))


def _killer(copy: Path, suites: Sequence[str], limit_s: float) -> str:
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *suites]
    # Compiled code is kept between the trials, whatever the caller does with its own.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "time limit"
    if done.returncode == 0:
        return NOBODY
    found = _FAILED.search(done.stdout)
    return found[1] if found else "import"
