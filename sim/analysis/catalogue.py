"""Sentences for people, by id, in English and Korean.

Messages are data (``catalogue/en.json``, ``catalogue/ko.json``): an id, and a text
with named parameters. Kubernetes' own words (kinds, fields, reasons, event texts) are
not translated. A test compares the ids and parameters of the languages.
"""

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ko")
_FOLDER = Path(__file__).with_name("catalogue")


@cache
def messages(language: str) -> dict[str, str]:
    """Return all messages of a language."""
    text = (_FOLDER / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


def say(language: str, message: str, **parameters: object) -> str:
    """Return one message with its parameters filled in."""
    return messages(language)[message].format(**parameters)


def shown(name: str) -> str:
    """Return a name as people say it: the namespace ``default`` goes unsaid."""
    return name.removeprefix("default/")
