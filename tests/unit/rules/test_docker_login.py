"""docker login adds one entry to a config file, under the key that docker uses."""

import json

import pytest

from sim.rules import docker_login
from sim.rules.docker_config import parse_config_json


@pytest.mark.parametrize(
    ("server", "key"),
    [
        ("registry.example:5000", "registry.example:5000"),
        ("https://registry.example/v2/", "registry.example"),
        ("docker.io", "https://index.docker.io/v1/"),
        ("https://index.docker.io/v1/", "https://index.docker.io/v1/"),
        ("", "https://index.docker.io/v1/"),
    ],
)
def test_a_login_is_kept_under_its_host(server: str, key: str) -> None:
    """Docker Hub alone is kept under a URL."""
    assert docker_login.login_key(server) == key


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("http://registry.example:5000/v1/", "registry.example:5000"),
        ("https://registry.example", "registry.example"),
        ("registry.example/team", "registry.example"),
    ],
)
def test_a_login_asks_the_host_alone(server: str, host: str) -> None:
    """Scheme and path are left out."""
    assert docker_login.login_host(server) == host


def test_other_logins_and_settings_stay() -> None:
    """The same host is written anew; a kubelet can read the file."""
    first = docker_login.with_login('{"credsStore": ""}', "a.example", "u", "old")

    second = docker_login.with_login(first, "a.example", "u", "p:q")
    third = docker_login.with_login(second, "b.example", "v", "r")

    assert json.loads(third)["credsStore"] == ""
    found = {key: entry.password for key, entry in parse_config_json(third)}
    assert found == {"a.example": "p:q", "b.example": "r"}


@pytest.mark.parametrize("broken", ["not json", "[]", '{"auths": 1}'])
def test_a_file_that_is_no_config_is_not_overwritten(broken: str) -> None:
    """Docker gives up."""
    with pytest.raises(docker_login.DockerLoginError, match="Error saving"):
        docker_login.with_login(broken, "a.example", "u", "p")


def test_errors_name_the_registry() -> None:
    """In docker's words."""
    assert "https://r.example/v2/ failed with status: 401" in str(
        docker_login.refused("r.example")
    )
    assert "dial tcp r.example:443: connect" in str(
        docker_login.unreachable("r.example")
    )
    assert "dial tcp r.example:5000:" in str(docker_login.unreachable("r.example:5000"))
