"""The question bank: one file a lesson, with a check in the simulator for each option.

The files hold no words (``texts`` has them): numbers, names, codes and checks. A check
is a list of claims as under a scenario's ``expect``, about the question's variant. An
option holds when all its claims do; a test asks that of every option.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from sim.errors import Fault, Place, ScenarioError, UnknownNameError
from sim.scenario.faults import Step, place_of, validation_faults
from sim.scenario.reader import (
    Mapping,
    Tree,
    fail,
    read_documents,
    read_text,
    untyped,
)
from sim.scenario.schema.part import Part
from sim.scenario.schema.values import Duration

FOLDER = Path(__file__).with_name("bank")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
CODES = tuple(f"M{number}" for number in range(1, 17))
Code = Annotated[str, Field(pattern=r"^M([1-9]|1[0-6])$")]


class OptionPart(Part):
    """One option: the misconception that makes people choose it, and its check."""

    code: Code | None = None
    check: list[Any] = Field(min_length=1)


class QuestionPart(Part):
    """One question about one variant of the lesson's scenario."""

    variant: str
    beside: list[str] = Field(default_factory=list)
    at: Duration
    chart: str
    why: str
    right: str
    options: dict[str, OptionPart] = Field(min_length=2)


class LessonPart(Part):
    """What a lesson is made of, besides its words."""

    minutes: Annotated[int, Field(ge=1, le=60)]
    scenario: str
    misconceptions: list[Code] = Field(default_factory=list)
    objectives: dict[str, list[str]] = Field(min_length=1)
    cluster: list[str] = Field(min_length=1)
    questions: dict[str, QuestionPart] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One option; ``code`` is empty for the right one."""

    name: str
    code: str
    check: Tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question: about a variant, at a moment; shown with others beside it.

    ``chart`` names a chart of ``report.charts``, ``why`` what ``explain`` explains.
    """

    name: str
    variant: str
    beside: tuple[str, ...]
    at_us: int
    chart: str
    why: str
    right: str
    options: dict[str, Option]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """One lesson; ``objectives`` name the questions that exercise them.

    ``cluster`` are commands that show the same on a real cluster.
    """

    number: int
    minutes: int
    scenario: Path
    misconceptions: tuple[str, ...]
    objectives: dict[str, tuple[str, ...]]
    cluster: tuple[str, ...]
    questions: dict[str, Question]

    @property
    def name(self) -> str:
        """The name under which the lesson's words are kept."""
        return f"lesson_{self.number}"


def lesson_numbers() -> list[int]:
    """Return the numbers of all lessons."""
    paths = FOLDER.glob("lesson_*.yaml")
    return sorted(int(path.stem.partition("_")[2]) for path in paths)


def read_lesson(number: int) -> Lesson:
    """Read a lesson; raises ``ScenarioError`` with all mistakes of its file."""
    path = FOLDER / f"lesson_{number}.yaml"
    if not path.is_file():
        known = ", ".join(str(n) for n in lesson_numbers())
        raise UnknownNameError(f"no lesson {number}; there are: {known}")
    return parse_lesson(number, read_text(path), str(path))


def parse_lesson(number: int, written: str, file: str) -> Lesson:
    """Return the lesson that a text describes; raises ``ScenarioError``."""
    documents = read_documents(written, file)
    if len(documents) != 1:
        place = Place(file=file)
        raise fail(place, f"a lesson is one document, found {len(documents)}")
    tree = documents[0]
    try:
        part = LessonPart.model_validate(untyped(tree))
    except ValidationError as error:
        raise ScenarioError(validation_faults(tree, error, LessonPart)) from error
    faults = list(_faults(part, tree))
    if faults:
        raise ScenarioError(faults)
    return Lesson(
        number=number,
        minutes=part.minutes,
        scenario=SCENARIOS / part.scenario,
        misconceptions=tuple(part.misconceptions),
        objectives={name: tuple(asked) for name, asked in part.objectives.items()},
        cluster=tuple(part.cluster),
        questions={
            name: _question(name, question, _below(tree, "questions", name))
            for name, question in part.questions.items()
        },
    )


def _question(name: str, part: QuestionPart, tree: Tree) -> Question:
    return Question(
        name=name,
        variant=part.variant,
        beside=tuple(part.beside),
        at_us=int(part.at),
        chart=part.chart,
        why=part.why,
        right=part.right,
        options={
            option: Option(
                name=option,
                code=made.code or "",
                check=_below(tree, "options", option, "check"),
            )
            for option, made in part.options.items()
        },
    )


def _below(tree: Tree, *keys: str) -> Tree:
    for key in keys:
        assert isinstance(tree, Mapping)  # noqa: S101 - the schema has checked it
        tree = tree.items[key]
    return tree


def _faults(part: LessonPart, tree: Tree) -> Iterator[Fault]:
    for goal, names in part.objectives.items():
        for number, name in enumerate(names):
            path = ("objectives", goal, number)
            yield from _known(name, list(part.questions), "question", tree, path)
    for name, question in part.questions.items():
        yield from _question_faults(question, tree, ("questions", name))


def _question_faults(
    part: QuestionPart, tree: Tree, path: tuple[Step, ...]
) -> Iterator[Fault]:
    options = list(part.options)
    yield from _known(part.right, options, "option", tree, (*path, "right"))
    for name, option in part.options.items():
        if (option.code is None) != (name == part.right):
            place = place_of(tree, (*path, "options", name), key=True)
            text = "a wrong option has a code, and the right one has none"
            yield Fault(place=place, message=text)


def _known(
    name: str, known: Sequence[str], what: str, tree: Tree, path: tuple[Step, ...]
) -> Iterator[Fault]:
    if name not in known:
        text = f"no {what} {name!r}; there are: {', '.join(known)}"
        yield Fault(place=place_of(tree, path), message=text)
