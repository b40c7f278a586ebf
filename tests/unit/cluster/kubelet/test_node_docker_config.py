"""The docker configs of a node: a change is noticed late."""

from sim.cluster.clock import Clock
from sim.cluster.kubelet.node_docker_config import NodeDockerConfig
from sim.rules.docker_config_files import CACHE_US
from sim.units import SECOND

MAIN = "/var/lib/kubelet/config.json"
OTHER = "/.dockercfg"


def config(user: str) -> str:
    return f'{{"auths": {{"r.io": {{"username": "{user}", "password": "p"}}}}}}'


class Node:
    """A node with one file, written by row 5, and its clock."""

    def __init__(self) -> None:
        self.env = Clock()
        self.config = NodeDockerConfig(self.env, {MAIN: config("ada")}, row=5)

    def at(self, at_us: int) -> tuple[list[str], int]:
        """The users known at that time, and the row they are due to."""
        if at_us > self.env.now:
            self.env.run(until=at_us)
        entries = self.config.entries()
        return [entry.username for _, entry in entries], self.config.row


def test_a_written_file_is_noticed_after_five_minutes() -> None:
    """The row stays that of the content which is known."""
    node = Node()
    first = node.at(SECOND)
    node.config.write(MAIN, config("bob"), 9)

    late = node.at(SECOND + CACHE_US - 1)

    assert first == late == (["ada"], 5)
    assert node.at(SECOND + CACHE_US) == (["bob"], 9)


def test_what_is_not_there_is_remembered_as_well() -> None:
    """The row is that of the removal."""
    node = Node()
    node.config.remove(MAIN, 9)

    first = node.at(SECOND)
    node.config.write(MAIN, config("ada"), 11)

    assert first == node.at(CACHE_US) == ([], 9)
    assert node.at(SECOND + CACHE_US) == (["ada"], 11)


def test_the_next_file_takes_the_place_of_one_removed() -> None:
    """The search goes on."""
    node = Node()
    node.config.write(OTHER, '{"r.io": {"username": "eve", "password": "p"}}', 8)
    node.config.remove(MAIN, 9)

    assert node.at(0) == (["eve"], 8)


def test_a_node_without_files_has_no_row() -> None:
    """Nobody wrote or removed anything."""
    bare = NodeDockerConfig(Clock(), {})

    assert (bare.entries(), bare.row) == ([], -1)
