"""What is left out is worth nothing: looks of idle workers, sorts of large sets."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.controllers import replica_set
from sim.cluster.controllers.deletion_index import DeletionIndex
from sim.cluster.kubelet import sync_loop
from sim.cluster.objects import Phase, Pod, PodStatus
from sim.cluster.world import World
from sim.record.log import EventLog
from sim.rules.deletion_order import Candidate, first_to_go
from sim.scenario.loader import load_scenario
from sim.scenario.model import PodSpec
from sim.units import SECOND
from tests.perf.cases import small_sets

FOLDER = Path(__file__).parents[2] / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def record(name: str, seed: int, monkeypatch: pytest.MonkeyPatch, shortest: int) -> str:
    """The whole record of a shipped scenario's first variant, as text."""
    monkeypatch.setattr(sync_loop, "SHORTEST_IDLE_US", shortest)
    file = load_scenario(FOLDER / f"{name}.yaml", sets=small_sets(name), seed=seed)
    world = World(file.variants[0])
    world.run()
    return repr(list(world.log.rows()))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_loop_that_idles_writes_the_record_of_one_that_never_does(
    name: str, seed: int
) -> None:
    """Every row, and so every draw: the plain loop simulates each look."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        plain = record(name, seed, monkeypatch, shortest=2**62)
        idling = record(name, seed, monkeypatch, shortest=5 * SECOND)

    assert idling == plain


def test_a_healthy_pod_costs_no_event_while_nothing_happens() -> None:
    """An hour more of healthy pods is not one event more."""

    def events(until: str) -> int:
        sets = [f"until={until}", "nodes.node.count=3"]
        file = load_scenario(FOLDER / "image_wave.yaml", sets=sets)
        world = World(file.variants[0])
        world.run()
        return world.env.events

    assert events("80m") == events("20m")


def pod(number: int, node: str, ready_s: int, uid: int) -> Pod:
    """A ready pod of one set."""
    made = Pod(
        namespace="default",
        name=f"web-{number}",
        uid=f"{uid:08}",
        spec=PodSpec(containers=()),
        labels={},
        owner="default/deployment/web",
        replica_set="web",
        created_us=0,
        id=number,
    )
    made.node = node
    made.status = PodStatus(phase=Phase.RUNNING, ready=True)
    made.ready_us = ready_s * SECOND
    return made


def seconds(time_us: int) -> int:
    """Whole seconds."""
    return time_us // SECOND


def sorted_first(pods: list[Pod], now_s: int) -> list[str]:
    """The plain way: all pods, sorted."""
    on = [p.node for p in pods]
    found = first_to_go(
        [
            Candidate(
                name=p.full_name,
                uid=p.uid,
                on_node=on.count(p.node),
                ready_s=seconds(p.ready_us or 0),
            )
            for p in pods
        ],
        now_s,
    )
    return [one.name for one in found]


@settings(max_examples=200, deadline=None)
@given(
    nodes=st.lists(st.sampled_from("abcd"), min_size=1, max_size=14),
    data=st.data(),
)
def test_the_index_takes_who_a_sort_puts_first(nodes: list[str], data: object) -> None:
    """Where no two pods turned ready in one second; also while pods go and come."""
    draw = data.draw  # type: ignore[attr-defined]
    count = len(nodes)
    ready = draw(st.permutations(range(1, 100)))
    uids = draw(st.permutations(range(count)))
    pods = [pod(n, nodes[n], ready[n], uids[n]) for n in range(count)]
    index = DeletionIndex(seconds, pods)
    left = list(pods)

    while left:
        size = draw(st.integers(1, len(left)))
        expected = sorted_first(left, 200)[:size]
        taken = index.take("web", size, 200)
        assert [p.full_name for p in taken] == expected
        for one in taken:
            index.note(one, active=False)
            left.remove(one)


def test_a_large_set_rolls_whichever_way_pods_are_chosen() -> None:
    """With and without the index, a rollout ends with the same numbers."""

    def final(many: int) -> tuple[int, int]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(replica_set, "MANY_PODS", many)
            sets = small_sets("large_cluster")
            file = load_scenario(FOLDER / "large_cluster.yaml", sets=sets)
            world = World(file.variants[0])
            world.run()
        return len(world.api.pods), world.pods_running

    assert final(10) == final(10_000) == (300, 300)


def test_a_record_that_grows_can_be_read_meanwhile() -> None:
    """Rows wait packed, and reading puts them into their columns first."""
    log = EventLog(lambda: 7)
    from sim.record.kinds import Kind  # noqa: PLC0415

    for number in range(10):
        log.append(Kind.STARTED, amount=number - 5, span=2**40, pod=number)
        assert log.columns["amount"][-1] == number - 5
    assert list(log.columns["span"]) == [2**40] * 10
    assert list(log.columns["pod"]) == list(range(10))
    assert len(log) == 10
