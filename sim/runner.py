"""Run every variant of a scenario and leave one complete run folder.

A folder holds ``scenario.yaml`` (as read), ``run.json``, ``charts/``,
``report.html`` and, for each variant, ``variants/NAME/`` with ``record.zip``,
``events.jsonl`` and ``tables/``. It is written beside its place under a hidden name and
moved there in one step: it is complete or absent, also after a kill.
"""

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

from sim.analysis.catalogue import say
from sim.analysis.compact import leaves_looks_out, unfolded
from sim.analysis.expectations import Verdict, judge
from sim.analysis.tables import Tables, derive
from sim.errors import RunFolderError
from sim.record.files import save_record
from sim.record.log import EventLog
from sim.report.export import save_jsonl, save_tables
from sim.report.progress import stage
from sim.run_folder import FACTS, PAGE, RECORD, RUNS, next_free, slug
from sim.scenario.loader import ScenarioFile
from sim.simulation import Record, simulate_file

LIBRARIES = ("simpy", "pydantic", "PyYAML", "numpy", "pandas", "matplotlib")


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantRun:
    """One variant's run: its record, and what was derived and judged from it.

    ``record`` is what the simulation wrote; ``log`` is that in full, which may take
    a few warnings more in ``meta``.
    """

    name: str
    record: EventLog
    log: EventLog
    meta: dict[str, Any]
    tables: Tables
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A scenario with all its variants run."""

    file: ScenarioFile
    variants: tuple[VariantRun, ...]

    @property
    def holds(self) -> bool:
        """Whether every expectation holds."""
        return all(v.holds for run in self.variants for v in run.verdicts)


def run_file(
    file: ScenarioFile, language: str = "en", terminal: TextIO | None = None
) -> Run:
    """Simulate every variant and judge its expectations.

    Where ``terminal`` is one, it shows how far a long run has come.
    """
    return judged(file, simulate_file(file, terminal), language, terminal)


def judged(
    file: ScenarioFile,
    records: Sequence[Record],
    language: str,
    terminal: TextIO | None = None,
) -> Run:
    """Return the run that these records are of: tables derived, expectations judged."""
    runs = []
    for scenario, (record, facts) in zip(file.variants, records, strict=True):
        with stage(terminal, "making tables"):
            log, meta = _read(record, facts, language)
            tables = derive(log, meta, language)
            verdicts = tuple(judge(tables, meta, scenario.expectations, language))
        runs.append(
            VariantRun(
                name=scenario.variant,
                record=record,
                log=log,
                meta=meta,
                tables=tables,
                verdicts=verdicts,
            )
        )
    return Run(file=file, variants=tuple(runs))


def _read(record: EventLog, meta: dict[str, Any], language: str) -> Record:
    """Return the full record, with a warning if that leaves something out."""
    if leaves_looks_out(record):
        warning = say(language, "looks_left_out")
        meta = {**meta, "warnings": [*meta["warnings"], warning]}
    return unfolded(record, meta), meta


def save_run(
    run: Run,
    out: Path | None,
    *,
    formats: Sequence[str],
    language: str,
    terminal: TextIO | None = None,
) -> Path:
    """Write the run folder and return its path; no formats = no charts, no page.

    Where ``terminal`` is one, it shows what takes long.

    Raises ``RunFolderError`` when the place is taken by something that is not a run,
    or cannot be written.
    """
    target = out or next_free(RUNS, run.file.path.stem)
    _refuse_foreign(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{target.name}."
        partial = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        try:
            _write(run, partial, formats, language, terminal)
            _move(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise RunFolderError(f"{target}: cannot be written ({error})") from error
    return target


def _write(
    run: Run,
    folder: Path,
    formats: Sequence[str],
    language: str,
    terminal: TextIO | None,
) -> None:
    (folder / "scenario.yaml").write_text(run.file.text, encoding="utf-8")
    for variant in run.variants:
        place = folder / "variants" / slug(variant.name)
        place.mkdir(parents=True)
        with stage(terminal, "writing the record"):
            save_record(place / RECORD, variant.record, variant.meta)
            save_jsonl(place / "events.jsonl", variant.log)
        with stage(terminal, "writing tables"):
            save_tables(variant.tables, place / "tables")
    facts = facts_of(run)
    if formats:
        with stage(terminal, "drawing charts"):
            _draw(run, folder / "charts", formats, language)
        with stage(terminal, "making the page"):
            _write_page(run, facts, folder / PAGE, language)
    text = json.dumps(facts, ensure_ascii=False, indent=2)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")


def _draw(run: Run, folder: Path, formats: Sequence[str], language: str) -> None:
    from sim.report.charts import draw_all  # noqa: PLC0415 - matplotlib is slow

    drawn = [(v.name, v.tables, v.meta) for v in run.variants]
    draw_all(drawn, folder, formats=formats, language=language)


def _write_page(run: Run, facts: dict[str, Any], path: Path, language: str) -> None:
    from sim.page.variant import Variant  # noqa: PLC0415 - only drawing needs it
    from sim.run_page import page_of  # noqa: PLC0415

    variants = [
        Variant(name=v.name, log=v.log, meta=v.meta, tables=v.tables)
        for v in run.variants
    ]
    path.write_text(page_of(facts, variants, language), encoding="utf-8")


def facts_of(run: Run) -> dict[str, Any]:
    """Return what ``run.json`` says of a run."""
    first = run.file.variants[0]
    return {
        "title": run.file.title,
        "question": run.file.question,
        "scenario": run.file.path.name,
        "sha256": sha256(run.file.text.encode()).hexdigest(),
        "seed": first.seed,
        "command": _command(run.file, first.seed),
        "pullsim": metadata.version("pullsim"),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "variants": [
            {
                "name": scenario.variant,
                "folder": f"variants/{slug(scenario.variant)}",
                "kubernetes": scenario.kubernetes,
                "rows": len(variant.log),
                "defaulted": list(scenario.defaulted),
                "warnings": list(variant.meta["warnings"]),
                "expectations": [
                    {"text": v.text, "holds": v.holds, "found": v.found}
                    for v in variant.verdicts
                ],
            }
            for scenario, variant in zip(run.file.variants, run.variants, strict=True)
        ],
    }


def _command(file: ScenarioFile, seed: int) -> str:
    """Return the command that repeats a run; an absolute path tells of its user."""
    path = file.path.name if file.path.is_absolute() else file.path.as_posix()
    sets = (word for one in file.sets for word in ("--set", one))
    return shlex.join(["python", "-m", "sim", path, "--seed", str(seed), *sets])


def _refuse_foreign(target: Path) -> None:
    if not target.exists():
        return
    empty = target.is_dir() and not any(target.iterdir())
    if not empty and not (target / FACTS).is_file():
        raise RunFolderError(f"{target}: exists and is not a run folder; left alone")


def _move(partial: Path, target: Path) -> None:
    """Put the finished folder in place; an older run there is replaced whole."""
    partial.chmod(0o755)
    if not target.exists():
        partial.rename(target)
        return
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    target.rename(old)
    partial.rename(target)
    shutil.rmtree(old)
