"""Find the runtime's constants: ``python -m tests.conformance.fit`` prints them.

For each runtime and storage a plain search walks from the constants as they are, one
at a time, by steps of a twentieth, as long as the rows of that pair come clearly
nearer; it has no other input and no chance. What it prints is put into
``sim/rules/runtime_profile.py`` by hand.
"""

import sys
from collections.abc import Sequence
from dataclasses import fields, replace

from sim.rules.runtime_profile import PROFILES, Containerd, RuntimeProfile, Storage
from tests.conformance.adapters import ADAPTERS
from tests.conformance.adapters.measured_bench import VERSIONS
from tests.conformance.harness import SHIPPED, Case, Step, read_folder
from tests.conformance.measured import Compared
from tests.conformance.validation import Within, params_of

STEP = 0.05
GAIN = 0.05  # a step has to be worth it: most constants are known roughly at best
ROUNDS = 4
TIMED = ("measured_single", "measured_tags", "measured_concurrent")
COUNTED = ("bytes", "blob_gets", "manifest_gets")
Pair = tuple[Containerd, Storage]


def pair_of(case: Case) -> Pair:
    """Return the runtime and storage that a row was measured with."""
    storage = Storage(params_of(case.data).get("fs", "memory"))
    return VERSIONS[case.data["runtime"]], storage


def rows() -> dict[Pair, list[Case]]:
    """Return the rows that show times, by runtime and storage."""
    found: dict[Pair, list[Case]] = {pair: [] for pair in PROFILES}
    for case in read_folder(SHIPPED):
        if case.kind in TIMED and case.data["quantity"] not in COUNTED:
            found[pair_of(case)].append(case)
    return found


def distance(pair: Pair, profile: RuntimeProfile, cases: Sequence[Case]) -> float:
    """Return how far the rows are from these constants: bands to the fourth power.

    The power makes the worst rows count most. A range has no nearer and farther.
    """
    before = PROFILES[pair]
    PROFILES[pair] = profile
    try:
        compared = [
            Compared(
                case=case,
                steps=[
                    s for s in ADAPTERS[case.kind](case.data) if isinstance(s, Step)
                ],
            )
            for case in cases
        ]
    finally:
        PROFILES[pair] = before
    return sum(
        one.used**4
        for one in compared
        if not any(isinstance(step.theirs, Within) for step in one.steps)
    )


def neighbours(profile: RuntimeProfile) -> list[RuntimeProfile]:
    """Return the constants with each of them a step less and a step more."""
    return [
        replace(profile, **{field.name: _rounded(getattr(profile, field.name) * way)})
        for field in fields(profile)
        for way in (1 - STEP, 1 + STEP)
    ]


def _rounded(value: float) -> int:
    digits = len(str(int(value)))
    return int(round(value, min(0, 3 - digits)))


def fit(pair: Pair, cases: Sequence[Case], rounds: int = ROUNDS) -> RuntimeProfile:
    """Return the constants that the search ends at."""
    best = PROFILES[pair]
    least = distance(pair, best, cases)
    for _ in range(rounds):
        before = least
        for other in neighbours(best):
            far = distance(pair, other, cases)
            if far < least - max(GAIN * least, GAIN):
                best, least = other, far
        if least == before:
            break
    return best


def main() -> None:
    """Print the constants of each runtime and storage, and what they changed."""
    for pair, cases in rows().items():
        found = fit(pair, cases)
        before = distance(pair, PROFILES[pair], cases)
        after = distance(pair, found, cases)
        print(f"{pair[0]}, {pair[1]}: {len(cases)} rows, {before:.3f} -> {after:.3f}")
        for field in fields(found):
            print(f"    {field.name}={getattr(found, field.name):_},")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
