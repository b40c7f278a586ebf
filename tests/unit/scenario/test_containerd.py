"""Where a node's containerd asks for images, and what a hosts.toml cannot say."""

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.rules.runtime_profile import Containerd, Storage
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

HEAD = """
title: t
until: 30m
images:
  - {name: r.example/web, builds: {v1: {layers: {a: 10MB}}}, tags: {v1: v1}}
registries: {m.example: {cacheOf: r.example}, other.example: {}}
"""


def load(tmp_path: Path, containerd: str) -> model.ContainerdConfiguration:
    path = tmp_path / "s.yaml"
    path.write_text(f"{HEAD}nodes: [{{name: n, containerd: {{{containerd}}}}}]\n")
    return load_scenario(path).variants[0].node_groups[0].containerd


def test_mirrors_come_in_order_and_the_server_last(tmp_path: Path) -> None:
    """A scheme may be named; without capabilities a mirror has both."""
    config = load(
        tmp_path,
        'hosts: {r.example: {host: {"http://m.example": {capabilities: [pull]}, '
        "other.example: {}}}}",
    )

    assert config.hosts["r.example"] == (
        model.RegistryHost(host="m.example", scheme="http", capabilities=("pull",)),
        model.RegistryHost(host="other.example"),
        model.RegistryHost(host="r.example"),
    )


def test_a_server_may_be_another(tmp_path: Path) -> None:
    """Then the registry itself is never asked."""
    config = load(tmp_path, 'hosts: {r.example: {server: "https://m.example"}}')

    assert config.hosts["r.example"] == (model.RegistryHost(host="m.example"),)


def test_the_fields_of_config_toml(tmp_path: Path) -> None:
    """What is not said is containerd's default."""
    told = load(
        tmp_path,
        'version: "1.6", storage: memory, max_concurrent_downloads: 6, '
        "image_pull_progress_timeout: 1m",
    )

    assert load(tmp_path, "") == model.ContainerdConfiguration()
    assert told == model.ContainerdConfiguration(
        version=Containerd.V1_6,
        storage=Storage.MEMORY,
        max_concurrent_downloads=6,
        image_pull_progress_timeout_us=MINUTE,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hosts: {r.exampel: {}}", "did you mean 'r.example'"),
        ("hosts: {r.example: {server: s.example}}", "no registry 's.example'"),
        ("hosts: {r.example: {host: {n.example: {}}}}", "no registry 'n.example'"),
        ('hosts: {r.example: {host: {"ftp://m.example": {}}}}', "expected https://"),
        (
            "hosts: {r.example: {host: {m.example: {capabilities: [resolv]}}}}",
            "did you mean 'resolve'",
        ),
        (
            "hosts: {r.example: {host: {m.example: {capabilities: []}}}}",
            "never asked",
        ),
        (
            (
                "hosts: {r.example: {host: {m.example: {}}}, "
                "m.example: {host: {r.example: {}}}}"
            ),
            "r.example and m.example are mirrors of each other",
        ),
        ("max_concurrent_downloads: 0", "greater than or equal to 1"),
        ('version: "1.2"', "'1.2'"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, message: str) -> None:
    """With a place, and what is allowed."""
    with pytest.raises(ScenarioError, match=r"s\.yaml:\d+:\d+") as raised:
        load(tmp_path, text)

    assert message in str(raised.value)


def test_a_registry_may_be_listed_as_its_own_host(tmp_path: Path) -> None:
    """It is asked twice, as containerd does."""
    config = load(tmp_path, "hosts: {r.example: {host: {r.example: {}}}}")

    assert [one.host for one in config.hosts["r.example"]] == ["r.example"] * 2
