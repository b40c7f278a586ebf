"""The page of a run: made with the run, or again from its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.errors import RunFolderError
from sim.page.document import document
from sim.page.html import render
from sim.page.variant import Variant, variant_of
from sim.run_folder import PAGE, load_facts, load_variant


def page_of(
    facts: dict[str, Any],
    variants: Sequence[Variant],
    language: str,
    *,
    show_answer: bool = False,
) -> str:
    """Return the HTML of a run's page."""
    data = document(facts, variants, language=language, show_answer=show_answer)
    return render(data)


def write_page(folder: Path, language: str, *, show_answer: bool = False) -> Path:
    """Write the page of a finished run into its folder and return its path.

    Raises ``RunFolderError`` when the folder is no run or cannot be written.
    """
    facts = load_facts(folder)
    names = [known["name"] for known in facts["variants"]]
    records = [(name, *load_variant(folder, name)) for name in names]
    variants = [variant_of(*record, language) for record in records]
    page = page_of(facts, variants, language, show_answer=show_answer)
    try:
        (folder / PAGE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{folder / PAGE}: cannot be written ({error})") from error
    return folder / PAGE
