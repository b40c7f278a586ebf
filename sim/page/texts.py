"""The page's own words, by id, in English and Korean (``texts/LANGUAGE.json``).

What is said of a run comes from ``sim.analysis``; here are buttons, headings and hints.
"""

import json
from functools import cache
from pathlib import Path

from sim.analysis.catalogue import messages

_FOLDER = Path(__file__).with_name("texts")
# What the page must say exactly as ``python -m sim explain`` does.
SHARED = (
    "explain_container_new",
    "explain_unscheduled",
    "explain_pod_exists",
    "terminal_holds",
    "terminal_fails",
    "terminal_found",
)


@cache
def page_texts(language: str) -> dict[str, str]:
    """Return all texts of the page in a language."""
    text = (_FOLDER / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded | {name: messages(language)[name] for name in SHARED}
