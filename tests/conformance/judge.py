"""Judge the cases of a kind: how many agree, and where the others differ first."""

import traceback
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.harness import Adapter, Case, Step, Tally, run

# The real controllers race: a file of rollouts passes when nearly all of its traces
# fit one of their recorded outcomes.
RACING = {
    "deployment_rollout": 0.02,
    "statefulset_rollout": 0.02,
    "daemonset_rollout": 0.02,
}
# How much of what a kind tallies may stray.
ASTRAY = 0.01
NOTHING = Tally("", 0, 0)
SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of the cases of one kind; ``differing`` = id -> first difference.

    ``astray`` sums the tallies of all cases up.
    """

    kind: str
    total: int
    differing: Mapping[str, Step]
    astray: Tally = NOTHING

    @property
    def agreeing(self) -> int:
        """How many cases agree in every step."""
        return self.total - len(self.differing)

    @property
    def passed(self) -> bool:
        """Whether as many agree as must: all, unless upstream itself races."""
        few = len(self.differing) <= self.total * RACING.get(self.kind, 0)
        return few and self.astray.astray <= self.astray.of * ASTRAY

    def __str__(self) -> str:
        lines = [f"{len(self.differing)} of {self.total} cases of {self.kind} differ"]
        for case, step in list(self.differing.items())[:SHOWN]:
            lines += [
                f"{case}: {step.where}",
                f"  ours   {step.ours!r}",
                f"  theirs {step.theirs!r}",
            ]
        if self.astray.astray:
            where, astray, of = self.astray
            lines.append(f"{astray} of {of} {where}")
        return "\n".join(lines)


def by_kind(cases: Iterable[Case]) -> dict[str, list[Case]]:
    """Return the cases of every kind, kinds sorted."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        found[case.kind].append(case)
    return dict(sorted(found.items()))


def judge(kind: str, adapter: Adapter, cases: Sequence[Case]) -> Outcome:
    """Run all cases of a kind."""
    differing = {}
    astray = NOTHING
    for case in cases:
        step, tallies = _run(adapter, case)
        if step is not None:
            differing[case.id] = step
        for tally in tallies:
            astray = Tally(
                tally.where, astray.astray + tally.astray, astray.of + tally.of
            )
    return Outcome(kind=kind, total=len(cases), differing=differing, astray=astray)


def _run(adapter: Adapter, case: Case) -> tuple[Step | None, list[Tally]]:
    """Run one case; one that cannot be run to its end differs, like any other."""
    try:
        return run(adapter, case)
    except Exception as error:  # noqa: BLE001 - the other cases are still to be judged
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"stopped at {Path(last.filename).name}:{last.lineno}"
        return Step(where, error, "the end of the case"), []
