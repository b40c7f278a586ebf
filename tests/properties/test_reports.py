"""Reports speak only of what the record holds."""

import re
from pathlib import Path

from hypothesis import given, settings

from sim.analysis.explain import explain
from sim.analysis.tables import derive, owners
from sim.cluster.world import simulate
from sim.report.terminal import summary
from sim.scenario import model
from tests.properties.strategies import scenarios

POD = re.compile(r"\bweb-[0-9a-z]+-[0-9a-z]{5}\b")


@settings(max_examples=25)
@given(scenarios())
def test_no_report_names_a_pod_that_the_record_does_not(
    scenario: model.Scenario,
) -> None:
    """Tables, summary and explanations: every pod in them was created in the run."""
    log, meta = simulate(scenario)
    tables = derive(log, meta)
    known = {name.partition("/")[2] for name in tables.pods["pod"]}

    variant = (scenario.variant, log, meta, tables, ())
    told = [summary([variant], Path("run"), charts=False, language="en")]
    told += [explain(log, meta, name.partition("/")[2]) for name in owners(tables)]
    told += [explain(log, meta, f"pod/{name}") for name in sorted(known)]
    told += [
        getattr(tables, table).to_csv() for table in type(tables).__dataclass_fields__
    ]

    named = set(POD.findall("\n".join(told)))
    assert named == known
    assert known == {row.pod.partition("/")[2] for row in log.rows() if row.pod}
