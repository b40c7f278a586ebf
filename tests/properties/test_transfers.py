"""What crosses the network is what was missing, once."""

from collections import Counter

from hypothesis import given, settings

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario import model
from tests.properties.strategies import ALL_ACTS, scenarios

few = settings(max_examples=40)
FAULTS = (model.RegistryDown, model.NodeDies)
SOUND = tuple(act for act in ALL_ACTS if act not in FAULTS)
Layers = dict[str, int]
"""Digest of a layer -> its bytes."""


def layers(scenario: model.Scenario, log: EventLog, kind: Kind, node: str) -> Layers:
    """Return the layers of all builds that a node's rows of one kind name."""
    builds = {b.digest: b for image in scenario.images for b in image.builds.values()}
    named = {row.digest for row in log.rows(kind, node=node)}
    return {
        layer.digest: layer.size_bytes
        for digest in sorted(named)
        for layer in builds[digest].layers
    }


@few
@given(scenarios(acts=SOUND))
def test_without_faults_the_missing_bytes_are_received(
    scenario: model.Scenario,
) -> None:
    """Each layer that a node lacks comes whole and once, and no other comes.

    What the run's end cuts was asked for, but is not stored yet.
    """
    log, _ = simulate(scenario)

    for node in (name for group in scenario.node_groups for name in group.names):
        had = layers(scenario, log, Kind.PRE_PULLED, node)
        asked_for = layers(scenario, log, Kind.RESOLVED, node)
        stored = layers(scenario, log, Kind.IMAGE_STORED, node)
        blobs = [
            (row.digest, row.amount)
            for row in log.rows(Kind.REQUEST, node=node)
            if row.text == "GET blob 200"
        ]
        received = dict(blobs)
        assert max(Counter(digest for digest, _ in blobs).values(), default=1) == 1
        assert received.items() <= asked_for.items()
        assert not received.keys() & had.keys()
        assert stored.keys() <= received.keys() | had.keys()
