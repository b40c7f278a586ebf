"""Every recorded case passes through the real rules and classes."""

from collections import defaultdict

import pytest

from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import Case, first_difference, read_folder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of every kind that the chosen folder holds."""
    cases: dict[str, list[Case]] = defaultdict(list)
    for case in read_folder(metafunc.config.getoption("cases")):
        cases[case.kind].append(case)
    metafunc.parametrize("kind", sorted(cases))
    metafunc.cls.cases = cases


# The real controllers race: a file of rollouts passes when nearly all of its traces
# fit one of their recorded outcomes.
RACING = {"deployment_rollout": 0.02}


class TestCases:
    """One test a kind; a failure names the case, the step, ours and theirs."""

    cases: dict[str, list[Case]]

    def test_kind(self, kind: str) -> None:
        """All cases of a kind agree with what Kubernetes' own code answered."""
        adapter = ADAPTERS.get(kind)
        assert adapter is not None, f"no adapter for the kind {kind!r}"
        wrong = []
        for case in self.cases[kind]:
            step = first_difference(adapter, case)
            if step is not None:
                wrong.append(
                    f"{case.id}: {step.where}\n  ours   {step.ours!r}\n"
                    f"  theirs {step.theirs!r}"
                )
        shown = "\n".join(wrong[:5])
        total = len(self.cases[kind])
        allowed = int(total * RACING.get(kind, 0))
        assert len(wrong) <= allowed, f"{len(wrong)} of {total} differ\n{shown}"
