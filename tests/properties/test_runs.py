"""Laws of every run, tried on random small worlds."""

from hypothesis import given, settings

from sim.analysis.explain import chain, is_outside_act
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.rows import NONE
from sim.record.shapes import SHAPES
from sim.scenario import model
from tests.properties.strategies import scenarios

few = settings(max_examples=60)


@few
@given(scenarios())
def test_every_chain_ends_in_an_outside_act(scenario: model.Scenario) -> None:
    """Every row goes back to something from outside, and times never rise."""
    log, _ = simulate(scenario)

    for number in range(len(log)):
        rows = chain(log, number)
        times = [row.time_us for row in rows]
        assert is_outside_act(rows[-1]), (rows[0], rows[-1])
        assert times == sorted(times, reverse=True)


@few
@given(scenarios())
def test_every_digest_in_service_has_a_chain(scenario: model.Scenario) -> None:
    """What runs goes back to a push or to how the node was baked."""
    log, _ = simulate(scenario)

    for row in log.rows(Kind.STARTED):
        path = chain(log, row.row)
        origins = {Kind.TAG_PUSHED, Kind.PRE_PULLED}
        meant = [r for r in path if r.kind in origins]
        assert meant, path
        assert meant[0].digest == row.digest


@few
@given(scenarios())
def test_rows_say_what_their_kind_promises(scenario: model.Scenario) -> None:
    """A row fills no column that its kind does not name; time never goes back."""
    log, _ = simulate(scenario)

    last = 0
    for number in range(len(log)):
        row = log[number]
        assert row.time_us >= last
        last = row.time_us
        shape = SHAPES[row.kind]
        names = ("node", "object", "pod", "container", "image", "digest")
        filled = {n for n in (*names, "reason", "text") if getattr(row, n)}
        assert filled <= {*shape.columns, "reason"}, row
        assert not (shape.outside and row.cause != NONE), row


@few
@given(scenarios())
def test_policies_keep_their_word(scenario: model.Scenario) -> None:
    """Never causes no transfer; Always starts nothing without asking the registry."""
    log, _ = simulate(scenario)
    deployment = scenario.objects[0]
    assert isinstance(deployment, model.Deployment)
    policy = deployment.template.spec.containers[0].image_pull_policy

    kinds = {log[n].kind for n in range(len(log))}
    if policy == "Never":
        assert not kinds & {Kind.PULLING, Kind.REQUEST, Kind.IMAGE_STORED}
    if policy == "Always":
        for row in log.rows(Kind.STARTED):
            assert any(r.kind is Kind.PULLED for r in chain(log, row.row))


@few
@given(scenarios())
def test_a_pod_does_one_thing_at_a_time(scenario: model.Scenario) -> None:
    """A container runs at most once at a time, and never while it waits."""
    log, meta = simulate(scenario)

    tables = derive(log, meta)

    for _, spans in tables.service.groupby(["pod", "container"]):
        starts = list(spans["start_us"])[1:]
        ends = list(spans["end_us"])[:-1]
        assert all(s >= e for s, e in zip(starts, ends, strict=True))
