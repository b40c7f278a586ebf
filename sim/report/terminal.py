"""What a run prints: the question, the answer, what holds, where things are."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.analysis.answer import answer
from sim.analysis.catalogue import say
from sim.analysis.compare import compare, format_table
from sim.analysis.expectations import Verdict
from sim.analysis.tables import Tables, owners
from sim.record.log import EventLog

WIDTH = 92
NOTES = 12
VariantFacts = tuple[str, EventLog, dict[str, Any], Tables, tuple[Verdict, ...]]


def summary(
    variants: list[VariantFacts], folder: Path, *, charts: bool, language: str
) -> str:
    """Return the text that a run ends with."""
    lines = [*_question(variants[0], language)]
    lines += _answers(variants, language)
    lines += _expectations(variants, language)
    lines += _comparison(variants, language)
    lines += _notes(variants, language)
    lines += _files(variants, folder, charts=charts, language=language)
    return "\n".join(lines)


def _heading(language: str, name: str) -> str:
    return f"\n{say(language, f'terminal_{name}')}"


def _question(variant: VariantFacts, language: str) -> Iterator[str]:
    meta = variant[2]
    yield str(meta["title"])
    if meta["question"]:
        yield _heading(language, "question")
        yield _wrapped(str(meta["question"]), "  ")


def _wrapped(text: str, indent: str, first: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _answers(variants: list[VariantFacts], language: str) -> Iterator[str]:
    name, log, meta, tables, _ = variants[0]
    several = f" ({name})" if len(variants) > 1 else ""
    yield _heading(language, "answer") + several
    for line in answer(log, meta, tables, language):
        yield _wrapped(line, "    ", "  ")


def _expectations(variants: list[VariantFacts], language: str) -> Iterator[str]:
    verdicts = [verdict for variant in variants for verdict in variant[4]]
    if not verdicts:
        return
    yield _heading(language, "expectations")
    holds, fails = say(language, "terminal_holds"), say(language, "terminal_fails")
    width = max(len(holds), len(fails))
    for verdict in verdicts:
        mark = (holds if verdict.holds else fails).ljust(width)
        about = f"[{verdict.variant}] " if len(variants) > 1 else ""
        yield f"  {mark}  {about}{verdict.text}"
        if not verdict.holds:
            found = say(language, "terminal_found", found=verdict.found)
            yield f"  {' ' * width}  {found}  ({verdict.place})"


def _comparison(variants: list[VariantFacts], language: str) -> Iterator[str]:
    if len(variants) > 1:
        yield _heading(language, "compare")
        table = compare([(v[0], v[3], v[2]) for v in variants], language)
        yield textwrap.indent(format_table(table), "  ")


def _notes(variants: list[VariantFacts], language: str) -> Iterator[str]:
    for key in ("defaulted", "warnings"):
        notes = list(dict.fromkeys(str(n) for v in variants[:1] for n in v[2][key]))
        if notes:
            heading = "defaults" if key == "defaulted" else key
            yield _heading(language, heading)
            for note in notes[:NOTES]:
                yield _wrapped(note, "    ", "  ")
        if len(notes) > NOTES:
            yield "  " + say(language, "terminal_more", count=len(notes) - NOTES)


def _files(
    variants: list[VariantFacts], folder: Path, *, charts: bool, language: str
) -> Iterator[str]:
    yield _heading(language, "files")
    yield f"  {folder}"
    if charts:
        yield f"  {folder / 'charts'}  ({say(language, 'terminal_charts')})"
        yield f"  {folder / 'report.html'}  ({say(language, 'terminal_page')})"
    names = owners(variants[0][3])
    if names:
        namespace, _, rest = names[0].partition("/")
        kind, _, name = rest.rpartition("/")
        target = f"{kind or 'pod'}/{name}"
        if namespace != "default":
            target = f"{kind or 'pod'}/{namespace}/{name}"
        yield "  " + say(language, "terminal_why", folder=folder, target=target)
