"""Commands on a node's shell: one action for every node that they run on."""

import pytest

from sim.scenario import model
from sim.scenario.commands import node_shell
from sim.scenario.commands.command_line import CommandError

GROUPS = {"w": ("w-1", "w-2")}


def parse(line: str, on: str = "w-1") -> list[model.NodeCommand]:
    return node_shell.parse(line, 3, on, lambda name: GROUPS.get(name, (name,)))


def test_a_login_hides_the_password_in_the_record() -> None:
    """Without a host it is Docker Hub's."""
    (action,) = parse("docker login -u u -p p")

    assert action == model.DockerLogin(
        at_us=3,
        command="docker login -u u -p ***",
        node="w-1",
        server="https://index.docker.io/v1/",
        username="u",
        password="p",  # noqa: S106 - of this test alone
    )


def test_a_group_runs_it_on_every_node() -> None:
    """One action a node."""
    actions = parse("crictl rmi r.example/web:v1", on="w")

    assert [action.node for action in actions] == ["w-1", "w-2"]


def test_a_copy_goes_from_root_s_home_to_every_node_of_a_group() -> None:
    """A user name in front of the target is of no account."""
    (action,) = parse("scp ~/.docker/config.json root@w:/var/lib/kubelet/config.json")

    assert isinstance(action, model.CopyFile)
    assert action.path == "/root/.docker/config.json"
    assert action.to_nodes == ("w-1", "w-2")
    assert action.to_path == "/var/lib/kubelet/config.json"


def test_a_pull_may_bring_its_own_credentials() -> None:
    """As --creds has them; a colon may be in the password."""
    (plain,) = parse("crictl pull r.example/web:v1")
    (own,) = parse("crictl pull --creds u:p:q r.example/web:v1")

    assert isinstance(plain, model.CrictlPull)
    assert isinstance(own, model.CrictlPull)
    assert (plain.username, plain.image) == ("", "r.example/web:v1")
    assert (own.username, own.password) == ("u", "p:q")
    assert own.command == "crictl pull --creds u:*** r.example/web:v1"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("docker run x", "known are: docker login"),
        ("docker login -u u", "-p/--password"),
        ("scp a b", "expected NODE:PATH"),
        ("scp /a :/b", "expected NODE:PATH"),
        ("scp a w-1:/b", "begins with / or ~/"),
        ("scp /a w-1:b", "begins with / or ~/"),
        ("crictl pull", "image"),
        ("crictl pull --creds u r.example/web", "USER:PASSWORD"),
        ("crictl rmi a b", "unrecognized arguments: b"),
    ],
)
def test_wrong_lines_show_a_right_one(line: str, message: str) -> None:
    """What is wrong, and what is expected."""
    with pytest.raises(CommandError, match=message):
        parse(line)
