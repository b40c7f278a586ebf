"""Where the scheduler puts a pod, and what it says when it can put it nowhere."""

from sim.cluster.clock import Clock
from sim.cluster.control_plane.api_server import APIServer
from sim.cluster.control_plane.scheduler import Scheduler
from sim.cluster.objects import Node, Pod
from sim.cluster.streams import Streams
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.scenario.model import Container, PodSpec, PodTemplate


class Agent:
    """A kubelet that does nothing."""

    def pod_added(self, pod: Pod) -> None: ...

    def pod_deleted(self, pod: Pod) -> None: ...

    def pod_changed(self, pod: Pod) -> None: ...


class Cluster:
    """An API server and a scheduler."""

    def __init__(self) -> None:
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        streams = Streams(1)
        self.api = APIServer(self.env, self.log, streams)
        Scheduler(self.env, self.log, self.api, streams.stream("scheduler", "ties"))

    def join(self, name: str, *, disk: str = "ssd", places: int = 9) -> Node:
        number = self.log.names.id(name)
        labels = {"disk": disk}
        node = Node(
            name=name, labels=labels, max_pods=places, id=number, joined_row=NONE
        )
        self.api.register_node(node, Agent())
        return node

    def pod(self, name: str) -> Pod:
        spec = PodSpec(
            containers=(Container(name="c", image="i"),), node_selector={"disk": "ssd"}
        )
        template = PodTemplate(labels={}, annotations={}, spec=spec)
        made = self.api.create_pod("default", name, template, cause=NONE)
        assert made is not None
        self.env.run()
        return made

    def told(self) -> list[str]:
        return [row.text for row in self.log.rows(Kind.FAILED_SCHEDULING)]


def test_a_cluster_without_nodes_has_words_of_its_own() -> None:
    """No count of reasons: there is nobody to have one."""
    cluster = Cluster()

    cluster.pod("p")

    assert cluster.told() == ["no nodes available to schedule pods"]


def test_each_node_that_does_not_fit_says_why() -> None:
    """One reason a node, and how many have it; the first that applies."""
    cluster = Cluster()
    cluster.join("full", places=0)
    for name in ("hard-1", "hard-2"):
        cluster.join(name, disk="hard")
    cluster.join("closed")
    cluster.api.nodes.cordon("closed", NONE)
    cluster.api.nodes.set_ready(cluster.join("silent"), ready=False)

    cluster.pod("p")

    (told,) = cluster.told()
    assert told == (
        "0/5 nodes are available: 1 Too many pods, "
        "1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, "
        "1 node(s) were unschedulable, "
        "2 node(s) didn't match Pod's node affinity/selector."
    )
