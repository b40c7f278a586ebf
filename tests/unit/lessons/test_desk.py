"""Predict first, then reveal; and clear words for whatever is typed wrong."""

from collections.abc import Callable

import pytest

from sim.errors import NotPredictedError, PullsimError, UnknownNameError
from sim.lessons.cards import Picture
from sim.lessons.desk import VOTES, Desk, open_lesson


def desk(votes: str = "", language: str = "en") -> Desk:
    return Desk(1, language, {VOTES: votes})


def test_an_answer_needs_a_prediction() -> None:
    """``reveal`` refuses until there is a vote, and says so."""
    lesson = desk()

    with pytest.raises(NotPredictedError, match="q1: predict first"):
        lesson.reveal("q1")

    lesson.predict("q1", "a")
    assert "q1: c is right. You said a." in str(lesson.reveal("q1"))


def test_an_empty_prediction_asks_for_one_and_notes_none() -> None:
    """A cell that was run as it stands is no vote."""
    lesson = desk()

    shown = str(lesson.predict("q1", ""))

    assert "type one of a, b, c, d" in shown
    with pytest.raises(NotPredictedError):
        lesson.reveal("q1")


def test_people_may_vote_again_until_the_reveal() -> None:
    """Both votes are kept; after the answer they stand."""
    lesson = desk()
    lesson.predict("q1", "b")
    lesson.predict("q1", "c")

    first = str(lesson.reveal("q1"))
    lesson_says = str(lesson.predict("q1", "a"))

    assert "c is right, as you said (b → c)" in first
    assert "the vote stands" in lesson_says
    assert "(b → c)" in str(lesson.reveal("q1"))


@pytest.mark.parametrize(
    ("votes", "result"),
    [("right", "as you said (c)"), ("q1=a q2=c", "You said a."), ("q1=d", "said d.")],
)
def test_the_environment_votes_where_nobody_does(votes: str, result: str) -> None:
    """A test runs a notebook as it stands: every prediction in it is empty."""
    lesson = desk(votes)

    lesson.predict("q1", "")

    assert result in str(lesson.reveal("q1"))


def test_an_environment_without_a_vote_for_a_question_is_none() -> None:
    """Only the questions that are named are voted on."""
    lesson = desk("q1=a nonsense")

    assert "type one of" in str(lesson.predict("q2", ""))


def test_the_answer_shows_the_belief_the_chart_and_the_causes() -> None:
    """A wrong vote meets the belief behind it; the chain ends at the push."""
    lesson = desk()
    lesson.predict("q1", "b")

    card = lesson.reveal("q1")

    words = str(card)
    assert "(M1)" in words
    assert "✓ c" in words
    assert "✗ b" in words
    assert "came to mean v2 on late-1" in words
    pictures = [part for part in card.parts if isinstance(part, Picture)]
    assert [picture.png[:4] for picture in pictures] == [b"\x89PNG"]
    assert "<img" in card._repr_html_()


def test_the_votes_tell_what_somebody_believed() -> None:
    """First and last vote of each question; a wrong one has its belief's code."""
    lesson = desk()
    lesson.predict("q1", "b")
    lesson.predict("q1", "c")
    lesson.predict("q2", "c")

    shown = str(lesson.votes())

    assert "✓ q1  b (M1) → c" in shown
    assert "✗ q2  c (M1)" in shown
    assert "– q3" in shown


def test_the_chart_of_an_answer_ends_where_the_question_asks() -> None:
    """What comes later is the next question's answer."""
    lesson = desk("right")
    lesson.predict("q1")
    lesson.predict("q2")

    early, late = lesson.reveal("q1"), lesson.reveal("q2")

    assert "up to 14m" in str(early)
    assert "up to 24m" in str(late)
    assert "20m" not in str(early)


def test_the_scenario_is_shown_without_its_answers() -> None:
    """Neither expectations nor comments on variants are in the learner's view."""
    shown = str(desk().scenario())

    assert "timeline:" in shown
    assert "expect" not in shown
    assert "variants" not in shown


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda d: d.ask("q9"), "no question 'q9'; there are: q1, q2, q3"),
        (lambda d: d.predict("q1", "e"), "no option 'e'; there are: a, b, c, d"),
        (lambda d: d.chart("pulls"), "no chart 'pulls'"),
        (lambda d: d.chart("node-images", "Alway"), "did you mean 'Always'"),
        (lambda d: d.why("deployment/wbe"), "did you mean 'web'"),
        (lambda d: d.why("deployment/web", at="soon"), "soon"),
        (lambda d: d.change("nodes.worker.cuont=3"), "did you mean 'count'"),
    ],
)
def test_what_is_typed_wrong_is_told(
    act: Callable[[Desk], object], message: str
) -> None:
    """No traceback: every error is one that a notebook shows as its message."""
    with pytest.raises(PullsimError) as told:
        act(desk())

    assert message in str(told.value)
    assert told.value._render_traceback_() == str(told.value).splitlines()


@pytest.mark.parametrize(("number", "language"), [(99, "en"), (1, "fr")])
def test_only_what_exists_can_be_opened(number: int, language: str) -> None:
    """Lessons and languages are listed."""
    with pytest.raises(UnknownNameError, match="there are: "):
        open_lesson(number, language)


def test_a_change_is_drawn_below_the_run_as_it_was() -> None:
    """The picture compares; the instructor's notes and key points have words."""
    lesson = desk(language="ko")

    assert "timeline.1.at=4m" in str(lesson.change("timeline.1.at=4m"))
    assert "node-images" in str(lesson.chart("node-images"))
    assert "v1" in str(lesson.why("deployment/web", at="9m", variant="Always"))
    assert len(str(lesson.instructor_notes())) > 50
    assert "kubectl" in str(lesson.key_points())
    assert "1과" in str(lesson.overview())
    assert "<table>" in lesson.ask("q1")._repr_html_()
    assert repr(lesson.ask("q1")) == str(lesson.ask("q1"))
