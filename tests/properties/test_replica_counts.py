"""A rolling update stays within its surge and its unavailability."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.scenario import model
from tests.properties.strategies import scenarios

few = settings(max_examples=60)
UPDATES = (model.Push, model.RolloutRestart, model.RegistryDown, model.DeleteSecret)


@st.composite
def rollouts(draw: st.DrawFn) -> tuple[model.Scenario, model.Deployment]:
    """A world in which one Deployment of fixed size is updated, and nothing dies."""
    scenario = draw(scenarios(acts=UPDATES))
    deployment, *others = scenario.objects
    assert isinstance(deployment, model.Deployment)
    deployment = replace(
        deployment,
        replicas=draw(st.integers(1, 6)),
        max_surge=draw(st.integers(0, 3)),
        max_unavailable=draw(st.integers(0, 3)),
    )
    return replace(scenario, objects=(deployment, *others)), deployment


@few
@given(rollouts())
def test_pods_stay_within_surge_and_unavailability(
    drawn: tuple[model.Scenario, model.Deployment],
) -> None:
    """Never more pods than may surge; no pod that serves goes below the minimum.

    If neither may be, one pod may be unavailable: the update could not begin.
    """
    scenario, deployment = drawn
    surge, unavailable = int(deployment.max_surge), int(deployment.max_unavailable)
    minimum = deployment.replicas - (unavailable or int(not surge))

    log, _ = simulate(scenario)

    pods: set[str] = set()
    ready: set[str] = set()
    for row in log.rows(Kind.POD_CREATED, Kind.POD_DELETED, Kind.POD_READY):
        if row.kind is Kind.POD_CREATED:
            pods.add(row.pod)
        elif row.kind is Kind.POD_DELETED:
            pods.discard(row.pod)
            assert row.pod not in ready or len(ready) > minimum
            ready.discard(row.pod)
        elif row.amount and row.pod in pods:
            ready.add(row.pod)
        else:
            ready.discard(row.pod)
        assert len(pods) <= deployment.replicas + surge
