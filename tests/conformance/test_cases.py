"""Every recorded case passes through the real rules and classes."""

import pytest

from tests.conformance import report
from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, Case, read_folder
from tests.conformance.judge import by_kind, judge


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of every kind that the chosen folder holds."""
    cases = by_kind(read_folder(metafunc.config.getoption("cases")))
    metafunc.parametrize(("kind", "cases"), list(cases.items()), ids=list(cases))


def test_kind(kind: str, cases: list[Case], request: pytest.FixtureRequest) -> None:
    """A kind agrees with what Kubernetes' own code answered; the report says so."""
    adapter = ADAPTERS.get(kind)
    assert adapter is not None, f"no adapter for the kind {kind!r}"

    outcome = judge(kind, adapter, cases)

    assert outcome.passed, str(outcome)
    if request.config.getoption("cases") == SHIPPED:
        assert report.row(outcome) in report.written().splitlines(), (
            "the report is stale: python -m tests.conformance.report"
        )
