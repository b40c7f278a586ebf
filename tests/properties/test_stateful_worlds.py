"""Laws of StatefulSets in random small worlds: what the record may never show."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.explain import chain, is_outside_act
from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.scenario import model
from tests.properties.strategies import scenarios

NAME = "default/statefulset/web"
few = settings(max_examples=60)

Action = model.Scale | model.RolloutRestart | model.Crash


@st.composite
def stateful(draw: st.DrawFn) -> model.Scenario:
    """A random world with a StatefulSet in its Deployment's place."""
    scenario = draw(scenarios())
    deployment = scenario.objects[0]
    assert isinstance(deployment, model.Deployment)
    made = model.StatefulSet(
        namespace="default",
        name="web",
        replicas=deployment.replicas,
        template=deployment.template,
        pod_management=draw(st.sampled_from(["OrderedReady", "Parallel"])),
        partition=draw(st.sampled_from([0, 0, 1])),
        min_ready_us=draw(st.sampled_from([0, 5_000_000])),
    )
    timeline = tuple(
        replace(act, kind="statefulset") if isinstance(act, Action) else act
        for act in scenario.timeline
    )
    objects = (made, *scenario.objects[1:])
    return replace(scenario, objects=objects, timeline=timeline)


def set_of(scenario: model.Scenario) -> model.StatefulSet:
    made = scenario.objects[0]
    assert isinstance(made, model.StatefulSet)
    return made


class Pods:
    """The pods of the set as the record shows them, by ordinal."""

    def __init__(self) -> None:
        self.ready: dict[int, bool] = {}
        self.leaving: set[int] = set()

    def take(self, row: Row) -> None:
        ordinal = int(row.pod.rpartition("-")[2])
        match row.kind:
            case Kind.POD_CREATED:
                self.ready[ordinal] = False
            case Kind.POD_READY:
                self.ready[ordinal] = bool(row.amount)
            case Kind.POD_DELETED:
                self.leaving.add(ordinal)
            case _:
                del self.ready[ordinal]
                self.leaving.discard(ordinal)

    def away(self, replicas: int) -> list[int]:
        """Ordinals that are missing, not ready or being deleted."""
        wanted = range(replicas)
        return [n for n in wanted if not self.ready.get(n) or n in self.leaving]


def changes(log: EventLog) -> Iterator[tuple[Row, Pods]]:
    """Yield every change of a pod with what was there before it."""
    kinds = (Kind.POD_CREATED, Kind.POD_READY, Kind.POD_DELETED, Kind.POD_GONE)
    pods = Pods()
    for row in log.rows(*kinds):
        yield row, pods
        pods.take(row)


@few
@given(stateful())
def test_an_ordinal_has_one_pod_at_most(scenario: model.Scenario) -> None:
    """A pod is made again only when the one of its name is gone."""
    log, meta = simulate(scenario)

    made = 0
    for row, pods in changes(log):
        if row.kind is Kind.POD_CREATED:
            assert int(row.pod.rpartition("-")[2]) not in pods.ready
            made += 1

    assert len(derive(log, meta).pods) == made


@few
@given(stateful())
def test_in_order_a_pod_is_made_behind_ready_ones(scenario: model.Scenario) -> None:
    """Under OrderedReady ordinals grow without gaps."""
    ordered = set_of(scenario).pod_management == "OrderedReady"
    log, _ = simulate(scenario)

    for row, pods in changes(log):
        if row.kind is Kind.POD_CREATED and ordered:
            assert not pods.away(int(row.pod.rpartition("-")[2]))


@few
@given(stateful())
def test_an_update_takes_a_ready_pod_only_when_all_are(
    scenario: model.Scenario,
) -> None:
    """In order, one pod at a time is away because of an update."""
    made = set_of(scenario)
    scales = [act for act in scenario.timeline if isinstance(act, model.Scale)]
    sizes = {act.at_us: act.replicas for act in scales}
    log, _ = simulate(scenario)

    for row, pods in changes(log):
        before = [n for at, n in sorted(sizes.items()) if at <= row.time_us]
        replicas = before[-1] if before else made.replicas
        ordinal = int(row.pod.rpartition("-")[2])
        by_the_set = row.kind is Kind.POD_DELETED and row.text
        # Two sizes of one instant: which of them a row is due to is not told.
        clear = row.time_us not in sizes
        if by_the_set and clear and ordinal < replicas and pods.ready[ordinal]:
            assert ordinal >= made.partition
            if made.pod_management == "OrderedReady":
                assert not pods.away(replicas)


@few
@given(stateful())
def test_every_row_goes_back_to_an_outside_act(scenario: model.Scenario) -> None:
    """A pod's creation and deletion too, through any number of predecessors."""
    log, _ = simulate(scenario)

    for row in log.rows(Kind.POD_CREATED, Kind.POD_DELETED, object=NAME):
        assert is_outside_act(chain(log, row.row)[-1]), row
