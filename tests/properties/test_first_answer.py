"""A pull that needs no process until its first answer writes what any pull does."""

from dataclasses import replace
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.scenario import model
from sim.units import MILLISECOND, SECOND
from tests.properties.strategies import HOST, scenarios

MIRROR = "mirror.example"
MEANWHILE_US = 100 * MILLISECOND


@st.composite
def worlds(draw: st.DrawFn) -> model.Scenario:
    """A random world with a mirror that may be a cache, and tokens."""
    scenario = draw(scenarios())
    (registry,) = scenario.registries
    cache = model.Cache(of=HOST) if draw(st.booleans()) else None
    mirror = model.Registry(host=MIRROR, latency_us=3_000, cache=cache)
    asked_for = draw(st.booleans())
    registry = replace(registry, token_service=draw(st.booleans()))
    entries = (model.RegistryHost(host=MIRROR), model.RegistryHost(host=HOST))
    containerd = model.ContainerdConfiguration(
        hosts={HOST: entries} if asked_for else {}
    )
    groups = (replace(one, containerd=containerd) for one in scenario.node_groups)
    return replace(
        scenario,
        registries=(registry, mirror),
        node_groups=tuple(groups),
    )


def cells(log: EventLog) -> dict[str, bytes]:
    """Return a whole record, as bytes."""
    columns = {name: column.tobytes() for name, column in log.columns.items()}
    return {**columns, "names": "\0".join(log.names.texts).encode()}


def troubles(pull: Row) -> st.SearchStrategy[model.Action]:
    """Let its machine die, or a registry be down, while a pull is under way."""
    moments = st.integers(pull.time_us, pull.time_us + MEANWHILE_US)
    deaths = st.builds(model.NodeDies, at_us=moments, node=st.just(pull.node))
    hosts = st.sampled_from([HOST, MIRROR])
    outages = st.builds(
        lambda at, span, host: model.RegistryDown(
            at_us=at, host=host, up_at_us=at + span
        ),
        moments,
        st.integers(1, MEANWHILE_US),
        hosts,
    )
    silences = st.builds(
        lambda at, span, host: model.RegistryDown(
            at_us=at, host=host, up_at_us=at + span, silent=True
        ),
        moments,
        st.integers(1, 40 * SECOND),
        hosts,
    )
    return deaths | outages | silences


def check(scenario: model.Scenario) -> EventLog:
    """Run with processes where they are needed, and everywhere; return the record."""
    log, _ = simulate(scenario)
    with patch("sim.cluster.runtime.pull_request.asked_first", return_value=None):
        plain, _ = simulate(scenario)

    assert cells(log) == cells(plain)
    return log


@settings(max_examples=100)
@given(worlds(), st.data())
def test_a_pull_without_a_process_is_a_pull(
    scenario: model.Scenario, data: st.DataObject
) -> None:
    """Byte for byte, also when something happens to it at any moment."""
    pulls = list(check(scenario).rows(Kind.PULL_STARTED))
    if pulls:
        pull = data.draw(st.sampled_from(pulls))
        acts = (data.draw(troubles(pull)), *scenario.timeline)
        check(replace(scenario, timeline=acts))
