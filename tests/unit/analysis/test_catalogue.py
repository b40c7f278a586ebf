"""The catalogues speak of every kind, in both languages, with the same parameters."""

from string import Formatter

import pytest

from sim.analysis.catalogue import LANGUAGES, messages
from sim.record.kinds import Kind
from sim.report.findings import TEXTS


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_languages_have_the_same_messages() -> None:
    """No sentence is missing in either language."""
    english, korean = (set(messages(language)) for language in LANGUAGES)

    assert english == korean


@pytest.mark.parametrize("name", sorted(messages("en")))
def test_a_message_has_the_same_parameters_in_both_languages(name: str) -> None:
    """A translation neither loses nor invents a fact."""
    english, korean = (messages(language)[name] for language in LANGUAGES)

    assert parameters(english) == parameters(korean)


def test_every_kind_of_row_has_a_sentence() -> None:
    """Whatever is recorded can be said."""
    assert {kind.name.lower() for kind in Kind} <= set(messages("en"))


def test_the_charts_speak_both_languages() -> None:
    """The charts' own texts agree in ids and parameters."""
    english, korean = TEXTS["en"], TEXTS["ko"]

    assert set(english) == set(korean)
    assert all(parameters(english[n]) == parameters(korean[n]) for n in english)
