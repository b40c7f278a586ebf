"""The page's words: the same in every language, and none that nobody says."""

import re
from pathlib import Path
from string import Formatter

import pytest

from sim.analysis.catalogue import LANGUAGES
from sim.page import texts
from sim.page.html import MODULES
from sim.page.texts import page_texts

FOLDER = Path(texts.__file__).parent
SAID = re.compile(r'\b(?:t|list)\(\s*"(\w+)"')
NAMED = re.compile(r'"(\w+)"')


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def source() -> str:
    return "\n".join((FOLDER / f"{m}.js").read_text("utf-8") for m in MODULES)


def test_the_languages_have_the_same_texts() -> None:
    """No text is missing in either language."""
    english, korean = (set(page_texts(language)) for language in LANGUAGES)

    assert english == korean


@pytest.mark.parametrize("name", sorted(page_texts("en")))
def test_a_text_has_the_same_parameters_in_both_languages(name: str) -> None:
    """A translation neither loses nor invents a fact."""
    english, korean = (page_texts(language)[name] for language in LANGUAGES)

    assert parameters(english) == parameters(korean)


def test_whatever_the_page_says_is_in_the_catalogue() -> None:
    """Every id that the script asks for exists."""
    assert set(SAID.findall(source())) <= set(page_texts("en"))


def test_every_text_is_said_somewhere() -> None:
    """A text whose id stands nowhere in the script is dead."""
    views = ("service", "pods", "images", "traffic", "variants")
    made = {f"{view}_hint" for view in views} | {"noscript"}
    made |= {name for name in page_texts("en") if name.startswith("thinned_")}

    assert set(page_texts("en")) - set(NAMED.findall(source())) - made == set()
