"""The index of who goes first, where a workload has several sets."""

from sim.cluster.controllers.deletion_index import DeletionIndex
from sim.cluster.objects import Phase, Pod, PodStatus
from sim.scenario.model import PodSpec
from sim.units import SECOND


def pod(name: str, replica_set: str, node: str, ready_s: int) -> Pod:
    """A ready pod; UIDs go with the names."""
    made = Pod(
        namespace="default",
        name=name,
        uid=name,
        spec=PodSpec(containers=()),
        labels={},
        owner="default/deployment/web",
        replica_set=replica_set,
        created_us=0,
    )
    made.node = node
    made.status = PodStatus(phase=Phase.RUNNING, ready=True)
    made.ready_us = ready_s * SECOND
    return made


def test_a_set_that_begins_to_shrink_late_has_all_its_pods() -> None:
    """Also those that came, and left a node, before it shrank."""
    old = [pod("a", "old", "n", 1), pod("b", "old", "m", 2)]
    index = DeletionIndex(lambda us: us // SECOND, old)
    new = [pod("c", "new", "n", 3), pod("d", "new", "m", 4), pod("e", "new", "m", 5)]
    for one in new:
        index.note(one, active=True)

    assert [index.on_node(name) for name in "nmx"] == [2, 3, 0]
    assert index.take("old", 2, 9) == [old[1], old[0]]
    for one in old:
        index.note(one, active=False)
    assert [index.on_node(name) for name in "nm"] == [1, 2]

    assert index.take("new", 9, 9) == [new[2], new[1], new[0]]


def test_a_pod_counts_where_it_is_and_once_it_is_ready() -> None:
    """It is created on no node, and may turn unready again."""
    one = pod("a", "web", "", 1)
    ready = one.status
    one.status = PodStatus()
    index = DeletionIndex(lambda us: us // SECOND, [one])
    assert index.take("web", 1, 9) == []

    one.node, one.status = "n", ready
    index.note(one, active=True)
    one.node = "m"
    index.note(one, active=True)
    assert [index.on_node(name) for name in ("", "n", "m")] == [0, 0, 1]
    one.status = PodStatus()
    index.note(one, active=True)
    assert index.take("web", 1, 9) == []

    one.status = ready
    index.note(one, active=True)
    assert index.take("web", 1, 9) == [one]
    assert index.take("web", 1, 9) == []
