"""A law that was tried to be broken: a fault less never makes the last pod later.

It holds where one outage is all that goes wrong. It does not hold between outages:
one may keep a pod away from the next.
"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.scenario import model
from sim.units import MILLISECOND, SECOND
from tests.properties.strategies import (
    HOST,
    REFERENCE,
    UNTIL_US,
    deployment,
    image,
    scenarios,
)

# Where more happens, a kubelet's relists read more, and each begins a second after the
# end of the one before: some milliseconds later, and so does what it learns by them.
RELISTS_US = 100 * MILLISECOND

Span = tuple[int, int]
spans = st.tuples(st.integers(0, 30_000), st.integers(1, 60_000))
"""Begin and length of an outage, in milliseconds."""


def with_outages(scenario: model.Scenario, *outages: Span) -> model.Scenario:
    """Return a scenario in which only this happens."""
    timeline = tuple(
        model.RegistryDown(
            at_us=start * MILLISECOND,
            host=HOST,
            up_at_us=(start + length) * MILLISECOND,
        )
        for start, length in outages
    )
    return replace(scenario, timeline=timeline)


def last_ready_us(scenario: model.Scenario) -> int:
    """When the last of the pods turned ready; the end of the run if one never did."""
    log, _ = simulate(scenario)
    pods = [row.pod for row in log.rows(Kind.POD_CREATED)]
    ready = {row.pod: row.time_us for row in log.rows(Kind.POD_READY) if row.amount}
    return max(ready.get(pod, UNTIL_US) for pod in pods)


@settings(max_examples=120)
@given(scenarios(acts=()), spans)
def test_without_its_only_fault_the_last_pod_is_never_later(
    scenario: model.Scenario, outage: Span
) -> None:
    """A pull that fails waits for its back-off, whatever it was spared meanwhile."""
    later = last_ready_us(with_outages(scenario, outage))

    assert last_ready_us(scenario) <= later + RELISTS_US


def one_pod() -> model.Scenario:
    """One pod on one node that needs some three seconds for its image."""
    return model.Scenario(
        title="one pod",
        question="",
        kubernetes="1.36",
        seed=4,
        until_us=UNTIL_US,
        variant="as written",
        images=(image(),),
        registries=(
            model.Registry(host=HOST, latency_us=20_000, bandwidth=12_500_000),
        ),
        node_groups=(model.NodeGroup(name="worker", names=("worker-1",)),),
        admission=(),
        objects=(deployment(2, REFERENCE, "", ()),),
        timeline=(),
        expectations=(),
    )


def test_between_two_faults_the_law_does_not_hold() -> None:
    """With the second outage alone, the pods are ready later than with both.

    Refused at once, a pod is still waiting while the second outage passes; without
    the first, it is in the middle of its pull and begins anew.
    """
    first, second = (0, 2_000), (3_500, 500)

    both, alone = (
        last_ready_us(with_outages(one_pod(), *outages))
        for outages in ((first, second), (second,))
    )

    assert alone > both + SECOND


@settings(max_examples=60)
@given(scenarios(acts=()), spans, st.integers(0, 60_000), st.integers(1, 60_000))
def test_outages_that_overlap_are_one_long_outage(
    scenario: model.Scenario, first: Span, later: int, length: int
) -> None:
    """Each lasts until its own end, whether it ends inside the other or after it."""
    start, first_length = first
    begin = start + later % first_length
    end = max(start + first_length, begin + length)

    apart, together = (
        last_ready_us(with_outages(scenario, *outages))
        for outages in ((first, (begin, length)), ((start, end - start),))
    )

    assert apart == together
