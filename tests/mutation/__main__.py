"""Mutation testing of the rules: ``python -m tests.mutation`` writes the report anew.

Needs the extra ``mutation``. Exit code 1 when too many mutants live, or when one of
them lives without a reason in ``reasons.yaml``.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.mutation.mutants import RULES, draw
from tests.mutation.trial import NOBODY, Verdict, try_all

HERE = Path(__file__).parent
REPORT = HERE / "REPORT.md"
REASONS = HERE / "reasons.yaml"
SEED = 20260
NUMBER = 300
LEAST_PERCENT = 90

HEAD = """\
# Mutation report

Written by `python -m tests.mutation`: {number} of the changes that mutmut would make \
to `sim/rules`, drawn with the seed {seed}, are tried one by one, with the unit tests \
of the rules and the recorded cases that enter the changed function.

- {killed} of {number} are noticed: {percent:.1f} %; at least {least} % must be.
- Noticed first by: {killers}.

## Live

Each is named with what it changes, and why nothing notices.
"""


def render(verdicts: Sequence[Verdict], reasons: Mapping[str, str]) -> str:
    """Return the report."""
    killers = Counter(one.killer for one in verdicts if one.killer != NOBODY)
    killed = killers.total()
    head = HEAD.format(
        seed=SEED,
        number=len(verdicts),
        killed=killed,
        percent=100 * killed / len(verdicts),
        least=LEAST_PERCENT,
        killers=", ".join(f"`{name}` {n}" for name, n in sorted(killers.items())),
    )
    return head + "".join(_entry(one, reasons) for one in _live(verdicts))


def _live(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [one for one in verdicts if one.killer == NOBODY]


def _entry(verdict: Verdict, reasons: Mapping[str, str]) -> str:
    mutant = verdict.mutant
    change = mutant.key.removeprefix(mutant.module).strip()
    reason = reasons.get(mutant.key, "no reason yet")
    return f"\n- `{RULES}/{mutant.module}:{mutant.line}` {reason}\n  `{change}`\n"


def main() -> int:
    """Draw, try, and write the report; say how it went by the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--workers", type=int, default=2, help="trials at a time")
    workers = parser.parse_args().workers
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8")) or {}

    mutants = draw(Path(), SEED, NUMBER)
    verdicts = []
    for verdict in try_all(Path(), mutants, workers):
        verdicts.append(verdict)
        print(verdict.killer or "LIVE", verdict.mutant.key, flush=True)

    REPORT.write_text(render(verdicts, reasons), encoding="utf-8")
    live = _live(verdicts)
    unexplained = [one for one in live if one.mutant.key not in reasons]
    too_many = 100 * len(live) > (100 - LEAST_PERCENT) * len(verdicts)
    return int(too_many or bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
