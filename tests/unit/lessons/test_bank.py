"""A lesson's file is checked: every mistake is told with its place."""

from textwrap import dedent

import pytest

from sim.errors import ScenarioError
from sim.lessons.bank import parse_lesson

LESSON = dedent("""\
    minutes: 10
    scenario: hello.yaml
    objectives: {read: [q1]}
    cluster: [kubectl get pods]
    questions:
      q1:
        variant: as written
        at: 3m
        chart: node-images
        why: deployment/hello
        right: a
        options:
          a: {check: [{workload: deployment/hello, builds: {v1: 3}}]}
          b: {code: M1, check: [{workload: deployment/hello, builds: {}}]}
    """)


def test_a_lesson_is_read() -> None:
    """Numbers, names and codes come through; the right option has no code."""
    lesson = parse_lesson(7, LESSON, "lesson_7.yaml")

    assert (lesson.name, lesson.minutes, lesson.scenario.name) == (
        "lesson_7",
        10,
        "hello.yaml",
    )
    assert lesson.questions["q1"].at_us == 180_000_000
    codes = {n: o.code for n, o in lesson.questions["q1"].options.items()}
    assert codes == {"a": "", "b": "M1"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minutes: 10", "minutes: 99", "l.yaml:1:10: minutes: "),
        ("right: a", "right: z", "no option 'z'; there are: a, b"),
        ("read: [q1]", "read: [q4]", "3:21: no question 'q4'; there are: q1"),
        ("code: M1, ", "", "a wrong option has a code, and the right one has none"),
        ("code: M1", "code: M99", "questions.q1.options.b.code"),
        ("chart:", "chrat:", "unknown key 'chrat' (did you mean 'chart'?)"),
        ("minutes: 10\n", "", "this file needs the key 'minutes'"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, message: str) -> None:
    """As in a scenario: file, line, column, what was found, what is allowed."""
    with pytest.raises(ScenarioError) as told:
        parse_lesson(7, LESSON.replace(old, new), "l.yaml")

    assert message in str(told.value)


@pytest.mark.parametrize("text", ["", f"{LESSON}---\n{LESSON}"])
def test_a_lesson_is_one_document(text: str) -> None:
    """An empty file is none, and a second document is one too many."""
    with pytest.raises(ScenarioError, match="a lesson is one document"):
        parse_lesson(7, text, "l.yaml")
