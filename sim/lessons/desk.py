"""A learner's desk: predict first, then reveal.

``ask`` shows a question, ``predict`` notes a vote, ``reveal`` shows the answer with a
chart and the causes, and refuses while there is no vote. Votes stay in memory. Where
nobody votes (a test), ``PULLSIM_PREDICTIONS`` does: ``right``, or ``q1=a q2=c``.
"""

import os
from collections.abc import Mapping

from sim.analysis.explain import explain
from sim.errors import NotPredictedError, PullsimError, UnknownNameError
from sim.lessons.bank import Question, read_lesson
from sim.lessons.cards import Card, Code, Heading, Listing, Paragraph, Picture
from sim.lessons.runs import Runs
from sim.lessons.texts import text, texts_below
from sim.rules.durations import parse_go_duration
from sim.runner import VariantRun
from sim.units import format_time

VOTES = "PULLSIM_PREDICTIONS"
LANGUAGES = ("en", "ko")


def open_lesson(number: int, language: str = "en") -> "Desk":
    """Return a desk for a lesson; raises ``UnknownNameError``."""
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise UnknownNameError(f"no language {language!r}; there are: {known}")
    return Desk(number, language, os.environ)


class Desk:
    """One lesson in one language, with one learner's votes."""

    def __init__(
        self, number: int, language: str, environment: Mapping[str, str]
    ) -> None:
        self._lesson = read_lesson(number)
        self._language = language
        self._runs = Runs(self._lesson.scenario, language)
        self._votes: dict[str, list[str]] = {}
        self._revealed: set[str] = set()
        self._voted_elsewhere = environment.get(VOTES, "")

    # --- before the run ---

    def overview(self) -> Card:
        """Show the lesson's title, time, questions and objectives."""
        name = self._lesson.name
        head = self._say("lesson", title=self._own("title"), n=self._lesson.number)
        rows = [("?", t) for t in texts_below(self._language, f"{name}.questions")]
        goals = texts_below(self._language, f"{name}.objectives")
        return Card(
            parts=(
                Heading(text=head),
                Paragraph(text=self._say("minutes", minutes=self._lesson.minutes)),
                Listing(rows=tuple(rows)),
                Paragraph(text=self._say("objectives")),
                Listing(rows=tuple(("•", goal) for goal in goals)),
            )
        )

    def ask(self, question: str) -> Card:
        """Show a question and its options."""
        asked = self._question(question)
        rows = [(o, self._own(question, "options", o)) for o in asked.options]
        return Card(
            parts=(
                Heading(text=f"{question}. {self._own(question, 'ask')}"),
                Listing(rows=tuple(rows)),
            )
        )

    def predict(self, question: str, option: str = "") -> Card:
        """Note a vote; an empty one asks for one. After the reveal, votes stand."""
        asked = self._question(question)
        option = option or self._vote_elsewhere(asked)
        letters = ", ".join(asked.options)
        if not option:
            return self._card("vote", question=question, options=letters)
        if option not in asked.options:
            raise UnknownNameError(
                self._say("no_option", option=option, options=letters)
            )
        if question in self._revealed:
            return self._card("too_late", question=question)
        self._votes.setdefault(question, []).append(option)
        return self._card("noted", question=question, option=option)

    def _vote_elsewhere(self, question: Question) -> str:
        if self._voted_elsewhere == "right":
            return question.right
        votes = dict(w.split("=", 1) for w in self._voted_elsewhere.split() if "=" in w)
        return votes.get(question.name, "")

    # --- after the vote ---

    def reveal(self, question: str) -> Card:
        """Show the answer, a chart and the causes.

        Raises ``NotPredictedError`` while the question has no vote.
        """
        asked = self._question(question)
        votes = self._votes.get(question)
        if not votes:
            raise NotPredictedError(self._say("predict_first", question=question))
        self._revealed.add(question)
        run = self._runs.variant(asked.variant)
        names = [asked.variant, *asked.beside]
        runs = [(name, self._runs.variant(name)) for name in names]
        at = format_time(asked.at_us)
        alt = self._say("chart", chart=asked.chart, variants=", ".join(names), at=at)
        return Card(
            parts=(
                Heading(text=self._result(asked, votes)),
                Listing(rows=tuple(self._judged(asked))),
                *self._belief(asked, votes[-1]),
                Paragraph(text=self._own(question, "because")),
                Picture(png=self._runs.chart(asked.chart, runs, asked.at_us), alt=alt),
                Paragraph(text=self._say("chain", at=at)),
                Code(text=self._explain(run, asked.why, asked.at_us)),
            )
        )

    def _result(self, asked: Question, votes: list[str]) -> str:
        right, said = asked.right, " → ".join(votes)
        message = "right" if votes[-1] == right else "wrong"
        return self._say(message, question=asked.name, right=right, said=said)

    def _judged(self, asked: Question) -> list[tuple[str, str]]:
        """Return each option with its mark, and what the run says instead."""
        rows = []
        for name, option in asked.options.items():
            verdicts = self._runs.verdicts(asked, option)
            holds = all(verdict.holds for verdict in verdicts)
            words = self._own(asked.name, "options", name)
            wrong = next((v.found for v in verdicts if not v.holds), "")
            found = "" if holds else f" — {self._say('in_the_run', found=wrong)}"
            rows.append((f"{'✓' if holds else '✗'} {name}", words + found))
        return rows

    def _belief(self, asked: Question, vote: str) -> list[Paragraph]:
        code = asked.options[vote].code
        if not code:
            return []
        belief = text(self._language, f"misconceptions.{code}.belief")
        truth = text(self._language, f"misconceptions.{code}.truth")
        return [
            Paragraph(text=self._say("belief", code=code, belief=belief, truth=truth))
        ]

    # --- look around ---

    def scenario(self) -> Card:
        """Show the scenario's file down to its variants: the rest tells answers."""
        written = self._lesson.scenario.read_text(encoding="utf-8")
        return Card(parts=(Code(text=written.partition("\nvariants:")[0]),))

    def why(self, target: str, at: str = "", variant: str = "") -> Card:
        """Show why ``pod/NAME`` or ``deployment/NAME`` is as it is at a moment."""
        run = self._runs.variant(variant) if variant else self._runs.changed(())
        at_us = _moment(at) if at else int(run.meta["until_us"])
        return Card(parts=(Code(text=self._explain(run, target, at_us)),))

    def change(self, *sets: str, chart: str = "builds-in-service") -> Card:
        """Run the scenario with other values (``path=value``), beside as it was."""
        words = "; ".join(sets)
        before, after = self._runs.changed(()), self._runs.changed(sets)
        png = self._runs.chart(chart, [(before.name, before), (words, after)])
        return Card(parts=(Picture(png=png, alt=self._say("changed", sets=words)),))

    def chart(self, name: str, *variants: str) -> Card:
        """Show a chart of some variants (the first one if none is named)."""
        first = self._runs.changed(())
        runs = [(v, self._runs.variant(v)) for v in variants or (first.name,)]
        png = self._runs.chart(name, runs)
        return Card(parts=(Picture(png=png, alt=name),))

    def key_points(self) -> Card:
        """Show what to keep, and how to see it on a real cluster."""
        points = texts_below(self._language, f"{self._lesson.name}.key_points")
        return Card(
            parts=(
                Heading(text=self._say("key_points")),
                Listing(rows=tuple(("•", point) for point in points)),
                Heading(text=self._say("cluster")),
                Code(text="\n".join(self._lesson.cluster)),
            )
        )

    def votes(self) -> Card:
        """Show all votes so far, with the code of each belief behind a wrong one."""
        rows = []
        for name, asked in self._lesson.questions.items():
            votes = self._votes.get(name, [])
            codes = [asked.options[vote].code for vote in votes]
            words = [
                f"{v} ({c})" if c else v for v, c in zip(votes, codes, strict=True)
            ]
            mark = "✓" if votes[-1:] == [asked.right] else "✗" if votes else "–"
            rows.append((f"{mark} {name}", " → ".join(words)))
        head = Heading(text=self._say("votes"))
        return Card(parts=(head, Listing(rows=tuple(rows))))

    def instructor_notes(self) -> Card:
        """Show what the instructor should know; no notebook calls this."""
        notes = texts_below(self._language, f"{self._lesson.name}.instructor_notes")
        return Card(parts=(Listing(rows=tuple(("•", note) for note in notes)),))

    def _explain(self, run: VariantRun, target: str, at_us: int) -> str:
        return explain(run.log, run.meta, target, language=self._language, at_us=at_us)

    def _question(self, name: str) -> Question:
        known = self._lesson.questions
        if name not in known:
            listed = ", ".join(known)
            raise UnknownNameError(f"no question {name!r}; there are: {listed}")
        return known[name]

    def _say(self, message: str, /, **parameters: object) -> str:
        return text(self._language, f"interface.{message}", **parameters)

    def _own(self, *path: str) -> str:
        return text(self._language, ".".join((self._lesson.name, *path)))

    def _card(self, message: str, **parameters: object) -> Card:
        return Card(parts=(Paragraph(text=self._say(message, **parameters)),))


def _moment(words: str) -> int:
    try:
        return parse_go_duration(words)
    except ValueError as error:
        raise PullsimError(f"at={words!r}: {error}") from error
