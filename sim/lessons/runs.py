"""The runs behind a lesson: each variant once, and every option held against them."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.analysis.expectations import Verdict, judge
from sim.analysis.tables import Tables, derive
from sim.errors import UnknownNameError, did_you_mean
from sim.lessons.bank import Option, Question
from sim.report.charts import CHARTS, draw_one
from sim.runner import VariantRun, run_file
from sim.scenario.loader import load_scenario


class Runs:
    """A scenario's runs, for questions about them, in one language."""

    def __init__(self, scenario: Path, language: str) -> None:
        self._scenario = scenario
        self._language = language

    def variant(self, name: str) -> VariantRun:
        """Return the run of a variant; raises ``UnknownNameError``."""
        runs = {run.name: run for run in _run(self._scenario, self._language, ())}
        if name not in runs:
            known = ", ".join(repr(variant) for variant in runs)
            near = did_you_mean(name, runs)
            raise UnknownNameError(f"no variant {name!r}{near}; there are: {known}")
        return runs[name]

    def changed(self, sets: Sequence[str]) -> VariantRun:
        """Return the first variant's run with some paths changed; ``ScenarioError``."""
        return _run(self._scenario, self._language, tuple(sets))[0]

    def verdicts(self, question: Question, option: Option) -> list[Verdict]:
        """Hold an option's claims against the run that its question is about."""
        run = self.variant(question.variant)
        file = load_scenario(self._scenario, expect=option.check)
        asked = next(s for s in file.variants if s.variant == question.variant)
        return judge(run.tables, run.meta, asked.expectations, self._language)

    def chart(
        self,
        name: str,
        runs: Sequence[tuple[str, VariantRun]],
        until_us: int | None = None,
    ) -> bytes:
        """Return a chart of some runs, each under its heading, as PNG.

        ``until_us`` leaves out what comes later, which may be the next question's
        answer.
        """
        if name not in CHARTS:
            near = did_you_mean(name, CHARTS)
            known = ", ".join(CHARTS)
            raise UnknownNameError(f"no chart {name!r}{near}; there are: {known}")
        drawn = [(heading, *self._seen(run, until_us)) for heading, run in runs]
        return draw_one(name, drawn, language=self._language)

    def _seen(
        self, run: VariantRun, until_us: int | None
    ) -> tuple[Tables, dict[str, Any]]:
        if until_us is None:
            return run.tables, run.meta
        meta = {**run.meta, "until_us": until_us}
        return derive(run.log.until(until_us), meta, self._language), meta


@lru_cache(maxsize=64)
def _run(
    scenario: Path, language: str, sets: tuple[str, ...]
) -> tuple[VariantRun, ...]:
    return run_file(load_scenario(scenario, sets=sets), language).variants
