"""The question bank that ships: each option held against the simulator."""

import re
from string import Formatter

import pytest

from sim.lessons.bank import CODES, read_lesson
from sim.lessons.bank import lesson_numbers as numbers
from sim.lessons.desk import LANGUAGES
from sim.lessons.runs import Runs
from sim.lessons.texts import text, texts, texts_below
from sim.report.charts import CHARTS

OPTIONS = [
    (number, question, option)
    for number in numbers()
    for question, asked in read_lesson(number).questions.items()
    for option in asked.options
]
ENGLISH_VERBS = {"Predict", "Explain", "Compare", "Estimate", "Derive", "Locate"}
ENGLISH_VERBS |= {"Read", "Choose"}
KOREAN_VERBS = tuple(
    f"{verb}다."
    for verb in ("예측한", "설명한", "비교한", "추정한", "도출한", "찾아낸", "읽어 낸")
)
WORDS = ("belief", "truth")
# What a learner types or reads in a cluster: it is the same in every language.
QUOTED = re.compile(r"`[^`]+`")


@pytest.mark.parametrize(("number", "question", "option"), OPTIONS)
def test_the_right_option_holds_and_no_other(
    number: int, question: str, option: str
) -> None:
    """A distractor that comes true in the simulator is no distractor."""
    lesson = read_lesson(number)
    asked = lesson.questions[question]

    verdicts = Runs(lesson.scenario, "en").verdicts(asked, asked.options[option])

    holds = all(verdict.holds for verdict in verdicts)
    assert holds == (option == asked.right), [v.found for v in verdicts]


@pytest.mark.parametrize("number", numbers())
def test_a_lesson_has_its_front_matter(number: int) -> None:
    """Time, scenario, questions, codes that are aimed at, and every text."""
    lesson = read_lesson(number)
    codes = {o.code for q in lesson.questions.values() for o in q.options.values()}
    exercised = {name for asked in lesson.objectives.values() for name in asked}

    assert lesson.scenario.is_file()
    assert {asked.chart for asked in lesson.questions.values()} <= set(CHARTS)
    assert len(lesson.questions) >= 2
    assert set(lesson.misconceptions) <= codes
    assert number == 0 or lesson.misconceptions
    assert exercised == set(lesson.questions)
    assert all(lesson.objectives.values())
    assert all(command.startswith("kubectl ") for command in lesson.cluster)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", numbers())
def test_a_lesson_has_all_its_words(number: int, language: str) -> None:
    """Title, questions, objectives, notes, key points; each question and option."""
    lesson = read_lesson(number)
    wanted = {f"{lesson.name}.title"}
    wanted |= {f"{lesson.name}.objectives.{goal}" for goal in lesson.objectives}
    for name, asked in lesson.questions.items():
        wanted |= {f"{lesson.name}.{name}.{what}" for what in ("ask", "because")}
        wanted |= {f"{lesson.name}.{name}.options.{o}" for o in asked.options}
    lists = ("questions", "key_points", "instructor_notes")
    there = {name for name in texts(language) if name.startswith(f"{lesson.name}.")}

    assert {n for n in there if n.split(".")[1] not in lists} == wanted
    assert all(len(texts_below(language, f"{lesson.name}.{n}")) >= 2 for n in lists)


@pytest.mark.parametrize("number", numbers())
def test_an_objective_begins_with_a_verb_that_can_be_measured(number: int) -> None:
    """Korean sentences end with theirs."""
    name = read_lesson(number).name
    english = texts_below("en", f"{name}.objectives")
    korean = texts_below("ko", f"{name}.objectives")

    assert {goal.split()[0] for goal in english} <= ENGLISH_VERBS
    assert all(goal.endswith(KOREAN_VERBS) for goal in korean)


def test_the_languages_have_the_same_texts() -> None:
    """No text is missing in either language, and none is empty."""
    english, korean = (texts(language) for language in LANGUAGES)

    assert set(english) == set(korean)
    assert all(english.values())
    assert all(korean.values())


@pytest.mark.parametrize("name", sorted(texts("en")))
def test_a_text_says_the_same_in_both_languages(name: str) -> None:
    """The same parameters, the same quoted words, and Hangul in Korean."""
    english, korean = (texts(language)[name] for language in LANGUAGES)

    if name.startswith("interface."):
        assert parameters(english) == parameters(korean)
    assert set(QUOTED.findall(english)) == set(QUOTED.findall(korean))
    assert re.search("[가-힣]", korean)
    assert not re.search("[가-힣]", english)


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_code_has_a_belief_and_what_happens() -> None:
    """The codes of the bank are the catalogue's."""
    names = [name for name in texts("en") if name.startswith("misconceptions.")]

    assert names == [f"misconceptions.{c}.{w}" for c in CODES for w in WORDS]
    assert text("en", "misconceptions.M1.truth").startswith("Nothing polls")
