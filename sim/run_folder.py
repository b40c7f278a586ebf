"""Run folders: where they are, what their parts are called, reading them back."""

import json
import re
from pathlib import Path
from typing import Any

from sim.analysis.compact import unfolded
from sim.errors import RunFolderError, did_you_mean
from sim.record.files import load_record
from sim.record.log import EventLog

RUNS = Path("runs")
RECORD = "record.zip"
FACTS = "run.json"
PAGE = "report.html"


def slug(name: str) -> str:
    """Return a folder name for a variant: lower case, words joined by ``-``."""
    return re.sub(r"[^\w.]+", "-", name.lower()).strip("-.") or "variant"


def next_free(parent: Path, stem: str) -> Path:
    """Return the first path ``stem-NNN`` in a folder that nothing has taken."""
    number = 1
    while (parent / f"{stem}-{number:03}").exists():
        number += 1
    return parent / f"{stem}-{number:03}"


def load_facts(folder: Path) -> dict[str, Any]:
    """Return what ``run.json`` says of a run.

    Raises ``RunFolderError`` when the folder is no run.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if all(v["name"] and v["folder"] for v in facts["variants"]):
            return facts
        raise KeyError("variants")  # noqa: TRY301 - told as any other fault
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(f"{folder}: not a run folder ({error})") from error


def load_variant(folder: Path, name: str | None) -> tuple[EventLog, dict[str, Any]]:
    """Return the full record of one variant of a run (None = the first).

    Raises ``RunFolderError`` when the folder is no run or has no such variant.
    """
    facts = load_facts(folder)
    variants = {v["name"]: v["folder"] for v in facts["variants"]}
    chosen = name or next(iter(variants))
    if chosen not in variants:
        known = ", ".join(repr(variant) for variant in variants)
        near = did_you_mean(chosen, variants)
        raise RunFolderError(f"{folder}: no variant {chosen!r}{near}; it has {known}")
    log, meta = load_record(folder / variants[chosen] / RECORD)
    return unfolded(log, meta), meta
