"""The API server: which kubelet hears of a pod."""

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.objects import Node, Phase, Pod, PodStatus
from sim.cluster.streams import Streams
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.scenario.model import Container, PodSpec, PodTemplate


class Agent:
    """A kubelet that notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def pod_added(self, pod: Pod) -> None:
        self.heard.append(f"added {pod.name}")

    def pod_deleted(self, pod: Pod) -> None:
        self.heard.append(f"deleted {pod.name}")

    def pod_changed(self, pod: Pod) -> None:
        self.heard.append(f"changed {pod.name}")


class Cluster:
    """An API server with no controller."""

    def __init__(self) -> None:
        env = Clock()
        self.log = EventLog(lambda: env.now)
        self.api = APIServer(env, self.log, Streams(1))

    def join(self, name: str) -> Agent:
        agent, number = Agent(), self.log.names.id(name)
        node = Node(name=name, labels={}, max_pods=9, id=number, joined_row=NONE)
        self.api.register_node(node, agent)
        return agent

    def pod(self, node: str, name: str = "p") -> Pod:
        spec = PodSpec(containers=(Container(name="c", image="i"),), node_name=node)
        template = PodTemplate(labels={}, annotations={}, spec=spec)
        made = self.api.create_pod("default", name, template, cause=NONE)
        assert made is not None
        return made

    def node_of_last_row(self) -> int:
        return self.log.columns["node"][-1]


def test_a_pod_waits_for_the_node_that_it_names() -> None:
    """Its kubelet hears of it when it joins."""
    cluster = Cluster()
    early = cluster.pod("late")
    assert early.home is None

    agent = cluster.join("late")
    cluster.api.delete_pod(early, NONE)

    assert agent.heard == ["added p", "deleted p"]


def test_a_pod_whose_node_never_joined_vanishes_at_once() -> None:
    """There is no kubelet that could confirm its end."""
    cluster = Cluster()
    pod = cluster.pod("never")

    cluster.api.delete_pod(pod, NONE)

    assert pod.gone


def test_a_deleted_node_keeps_its_pods_but_not_its_name() -> None:
    """What is written of them then names no node."""
    cluster = Cluster()
    agent = cluster.join("n")
    pod = cluster.pod("n")

    cluster.api.nodes.delete("n")
    cluster.api.update_pod_status(pod, PodStatus(phase=Phase.RUNNING), NONE)
    cluster.api.set_pod_image(pod, {"c": "j"}, NONE)

    assert cluster.node_of_last_row() == NONE
    assert agent.heard == ["added p", "changed p"]


def test_a_node_that_joins_again_has_the_pods_of_its_name() -> None:
    """Its kubelet is another one."""
    cluster = Cluster()
    old = cluster.join("n")
    pod = cluster.pod("n")
    cluster.api.nodes.delete("n")
    new = cluster.join("n")

    cluster.api.update_pod_status(pod, PodStatus(phase=Phase.RUNNING), NONE)
    cluster.api.delete_pod(pod, NONE)

    assert pod.home is cluster.api.nodes["n"]
    assert (old.heard, new.heard) == (["added p"], ["deleted p"])


def test_pods_that_run_are_counted_until_they_are_gone() -> None:
    """Be it that they end or that they are removed while they run."""
    cluster = Cluster()
    cluster.join("n")
    pods = [cluster.pod("n", f"p{number}") for number in range(4)]
    for pod in pods:
        cluster.api.update_pod_status(pod, PodStatus(phase=Phase.RUNNING), NONE)
    counts = [cluster.api.pods_running]

    cluster.api.update_pod_status(pods[0], PodStatus(phase=Phase.FAILED), NONE)
    counts.append(cluster.api.pods_running)
    for pod in pods[:2]:
        cluster.api.remove_pod(pod, NONE)
        counts.append(cluster.api.pods_running)

    assert counts == [4, 3, 3, 2]
