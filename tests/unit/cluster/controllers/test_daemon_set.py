"""The DaemonSet controller on small clusters with a stand-in for the kubelets."""

from dataclasses import replace
from typing import Any

import pytest

from sim.cluster.controllers.daemon_set_state import DaemonSetState
from sim.cluster.controllers.refusals import RefusedError
from sim.cluster.objects import Node, Phase, Pod, PodStatus
from sim.record.kinds import Kind
from sim.scenario.model import ServiceAccount
from sim.units import SECOND
from tests.conformance.adapters.daemon_sets import NAME, Rollout

CONFIG: dict[str, Any] = {
    "image": "v1",
    "max_surge": 0,
    "max_unavailable": 1,
    "min_ready_s": 0,
    "never_ready_on": {},
    "nodes": 3,
    "ready_ms": {"v1": 1000, "v2": 1000, "v3": 1000},
    "start_subsecond_ms": 0,
    "strategy": "RollingUpdate",
    "term_ms": 1000,
    "term_not_ready_ms": 100,
}


class Cluster(Rollout):
    """A replay without a recording."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(CONFIG | changes, 1)

    @property
    def set(self) -> DaemonSetState:
        return self.controller.sets[NAME]

    def wait(self, seconds: float) -> None:
        self.run(self.env.now + round(seconds * SECOND))
        self.env.run(self.env.now + 1)

    def images(self) -> list[str]:
        return sorted(p.spec.containers[0].image for p in self.api.pods.values())

    def pod_on(self, node: str) -> Pod:
        (pod,) = self.api.nodes[node].pods
        return pod

    def set_image(self, images: dict[str, str], cause: int) -> None:
        namespace, kind, name = NAME.split("/")
        self.api.set_image(namespace, kind, name, images, cause)

    def respec(self, **changes: Any) -> None:
        self.controller.apply(replace(self.set.spec, **changes), -1)

    def set_node_selector(self, selector: dict[str, str]) -> None:
        template = self.set.spec.template
        spec = replace(template.spec, node_selector=selector)
        self.controller.set_template(NAME, replace(template, spec=spec), -1)


def test_a_broken_image_stops_after_one_node() -> None:
    """With the defaults; two old pods stay for ever."""
    cluster = Cluster(ready_ms={"v1": 1000, "v2": None})
    cluster.wait(5)

    cluster.set_image({"*": "v2"}, -1)
    cluster.wait(600)

    assert cluster.images() == ["v1", "v1", "v2"]
    assert cluster.set.status.unavailable == 1


def test_a_node_that_joins_gets_a_pod_because_it_joined() -> None:
    """The row of the pod names the row of the node."""
    cluster = Cluster()
    cluster.wait(5)
    joined = cluster.log.append(Kind.NODE_JOINED)

    node = Node(name="late", labels={}, max_pods=9, id=0, joined_row=joined)
    cluster.api.register_node(node, cluster.kubelet)
    cluster.wait(5)

    created = cluster.log[cluster.pod_on("late").created_row]
    assert created.cause == joined
    assert cluster.set.status.desired == 4


def test_labels_decide_which_nodes_are_eligible() -> None:
    """A template that asks for a label takes pods off all other nodes."""
    cluster = Cluster()
    cluster.wait(5)
    node = Node(name="gpu", labels={"gpu": "yes"}, max_pods=9, id=0, joined_row=-1)
    cluster.api.register_node(node, cluster.kubelet)

    cluster.set_node_selector({"gpu": "yes"})
    cluster.wait(60)

    assert [pod.node for pod in cluster.api.pods.values()] == ["gpu"]
    assert cluster.set.status.desired == 1


def test_on_delete_waits_for_somebody_to_delete() -> None:
    """Only the node whose pod was deleted gets the new template."""
    cluster = Cluster(strategy="OnDelete", max_surge=1)
    cluster.wait(5)

    cluster.set_image({"*": "v2"}, -1)
    cluster.wait(60)
    assert cluster.images() == ["v1"] * 3
    cluster.api.delete_pod(cluster.pod_on("node-1"), -1)
    cluster.wait(60)

    assert cluster.images() == ["v1", "v1", "v2"]


def end(cluster: Cluster, phase: Phase) -> None:
    pod = next(pod for pod in on_first_node(cluster) if not pod.terminating)
    cluster.api.update_pod_status(pod, PodStatus(phase=phase), -1)


def on_first_node(cluster: Cluster) -> list[Pod]:
    return list(cluster.api.nodes["node-0"].pods)


def test_failed_pods_are_replaced_at_a_slowing_pace() -> None:
    """At once, then after 1 s, 2 s, 4 s; each deletion names the failure."""
    cluster = Cluster(ready_ms={"v1": None}, term_not_ready_ms=1)
    cluster.wait(1)
    times = []
    for _ in range(4):
        end(cluster, Phase.FAILED)
        before = cluster.env.now
        while not any(pod.terminating for pod in on_first_node(cluster)):
            cluster.env.step()
        times.append((cluster.env.now - before) // SECOND)
        cluster.wait(0.1)

    rows = list(cluster.log.rows(Kind.FAILED_DAEMON_POD))
    deleted = list(cluster.log.rows(Kind.POD_DELETED))
    assert times == [0, 1, 2, 4]
    assert [row.cause for row in deleted] == [row.row for row in rows]


def test_succeeded_pods_are_replaced_at_once() -> None:
    """As upstream: a daemon should never end."""
    cluster = Cluster()
    cluster.wait(5)

    end(cluster, Phase.SUCCEEDED)
    cluster.wait(5)

    assert len(list(cluster.log.rows(Kind.SUCCEEDED_DAEMON_POD))) == 1
    assert cluster.set.status.ready == 3


def test_refused_pods_are_tried_again_until_they_are_admitted() -> None:
    """The first refusal ends the batch; the account comes, and so do the pods."""
    cluster = Cluster()
    template = cluster.set.spec.template
    spec = replace(template.spec, service_account="bot")
    cluster.controller.set_template(NAME, replace(template, spec=spec), -1)
    cluster.wait(1)
    refused = len(list(cluster.log.rows(Kind.ADMISSION_DENIED)))
    assert 5 < refused < 10
    assert not cluster.api.pods

    cluster.api.apply(ServiceAccount(namespace="default", name="bot"), -1)
    cluster.wait(60)

    assert cluster.set.status.ready == 3


def test_no_more_than_250_pods_are_made_in_one_pass() -> None:
    """The rest follow in the next, in the same instant."""
    cluster = Cluster(nodes=600)

    cluster.wait(5)

    assert cluster.set.status.ready == 600


def test_undo_returns_to_the_revision_before() -> None:
    """Its number becomes the highest."""
    cluster = Cluster()
    cluster.wait(5)
    cluster.set_image({"c": "v2"}, -1)
    cluster.wait(30)
    assert cluster.controller.rollout_history(NAME) == [1, 2]

    assert cluster.controller.rollout_undo(NAME, -1)
    cluster.wait(30)

    assert cluster.images() == ["v1"] * 3
    assert cluster.controller.rollout_history(NAME) == [2, 3]
    assert not cluster.controller.rollout_undo(NAME, -1, 3)
    assert cluster.controller.rollout_undo(NAME, -1, 2)


def test_undo_is_refused_in_kubectl_s_words() -> None:
    """Without a revision before, or without the one asked for."""
    cluster = Cluster()
    cluster.wait(5)

    with pytest.raises(RefusedError, match="error: no last revision to roll back to"):
        cluster.controller.rollout_undo(NAME, -1)
    with pytest.raises(RefusedError, match="unable to find specified revision 7"):
        cluster.controller.rollout_undo(NAME, -1, 7)


def test_old_revisions_are_forgotten_unless_pods_have_them() -> None:
    """Beyond the limit, lowest number first."""
    cluster = Cluster(strategy="OnDelete")
    cluster.respec(revision_history_limit=1)
    cluster.wait(5)
    for image in ("v2", "v3", "v4"):
        cluster.set_image({"*": image}, -1)
        cluster.wait(5)

    # Pods have revision 1; 4 is the current one.
    assert cluster.controller.rollout_history(NAME) == [1, 4]


def test_restart_replaces_every_pod() -> None:
    """The template has a new annotation, so it is another revision."""
    cluster = Cluster()
    cluster.wait(5)
    before = set(cluster.api.pods)

    cluster.controller.rollout_restart(NAME, -1)
    cluster.wait(30)

    assert not before & set(cluster.api.pods)
    assert cluster.set.status.updated == 3


def test_a_daemon_set_has_no_replicas() -> None:
    """``kubectl scale`` refuses before it comes to this."""
    with pytest.raises(ValueError, match="no replicas"):
        Cluster().controller.scale(NAME, 2, -1)


def test_surging_waits_while_an_old_pod_names_a_node_that_is_gone() -> None:
    """Each try fails, later and later, until the pod has vanished."""
    cluster = Cluster(max_surge=1, max_unavailable=0, term_ms=60_000)
    cluster.wait(5)
    cluster.api.nodes.delete("node-0")

    cluster.set_image({"*": "v2"}, -1)
    cluster.wait(10)
    assert cluster.images() == ["v1"] * 3
    lost = [pod for pod in cluster.api.pods.values() if pod.node == "node-0"]
    cluster.api.remove_pod(lost[0], -1)
    cluster.wait(200)

    assert cluster.set.status.updated == cluster.set.status.desired == 2


def test_every_row_of_an_update_goes_back_to_the_act() -> None:
    """Pods are created and deleted for a reason, and the chain ends at the command."""
    cluster = Cluster()
    cluster.wait(5)
    command = cluster.log.append(Kind.KUBECTL)

    cluster.set_image({"*": "v2"}, command)
    cluster.wait(30)

    kinds = (Kind.POD_CREATED, Kind.POD_DELETED)
    rows = [row for row in cluster.log.rows(*kinds) if row.row > command]
    assert len(rows) == 6
    for row in rows:
        cause = row.cause
        while cause > command:
            cause = cluster.log[cause].cause
        assert cause == command, row
