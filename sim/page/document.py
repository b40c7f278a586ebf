"""All data of a page: the run's facts, its variants, and how they differ."""

from collections.abc import Sequence
from typing import Any
from unicodedata import bidirectional

from sim.analysis.compare import compare, first_difference
from sim.page.builds import Builds, reason_looks
from sim.page.texts import page_texts
from sim.page.variant import Variant, VariantData

FORMAT = 1
_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def document(
    facts: dict[str, Any],
    variants: Sequence[Variant],
    *,
    language: str,
    show_answer: bool = False,
) -> dict[str, Any]:
    """Return the data of a page; ``facts`` are those of ``run.json``."""
    builds = Builds([variant.meta for variant in variants])
    for variant in variants:  # numbered as in the charts: by who serves first
        for digest in variant.tables.service["digest"].unique():
            builds.number(str(digest))
    data = [VariantData(variant, builds, language).data() for variant in variants]
    for one, known in zip(data, facts["variants"], strict=True):
        one |= {k: known[k] for k in ("defaulted", "warnings", "expectations")}
    first = variants[0]
    for one, variant in zip(data, variants, strict=True):
        pair = [(v.name, v.tables, v.meta) for v in (first, variant)]
        alone = variant is first
        one["differs_us"] = None if alone else first_difference(pair[0], pair[1])
    reasons = [wait[5] for one in data for wait in one["waiting"]]
    whole = {
        "format": FORMAT,
        "language": language,
        "show_answer": show_answer,
        **{k: facts[k] for k in ("title", "question", "scenario", "sha256", "seed")},
        "command": facts.get("command", ""),
        "versions": {"pullsim": facts["pullsim"], **facts["libraries"]},
        "builds": builds.table(),
        "reasons": reason_looks(reasons),
        "compare": _comparison(variants, language),
        "variants": data,
        "texts": page_texts(language),
    }
    safe: dict[str, Any] = visible(whole)
    return safe


def _comparison(variants: Sequence[Variant], language: str) -> dict[str, Any]:
    table = compare([(v.name, v.tables, v.meta) for v in variants], language)
    rows = [[str(index), *map(str, values)] for index, *values in table.itertuples()]
    return {"columns": [str(column) for column in table.columns], "rows": rows}


def visible(value: Any) -> Any:
    """Return data in which characters that turn the direction of text are spelled out.

    A name may not make the words around it read backwards.
    """
    if isinstance(value, str):
        if value.isascii():
            return value
        return "".join(
            f"\\u{ord(c):04x}" if bidirectional(c) in _TURNING else c for c in value
        )
    if isinstance(value, list | tuple):
        return [visible(one) for one in value]
    if isinstance(value, dict):
        return {visible(key): visible(one) for key, one in value.items()}
    return value
