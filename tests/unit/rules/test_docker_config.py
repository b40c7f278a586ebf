"""Docker configs: what is read, what is written, and how faults are told."""

import pytest

from sim.rules.docker_config import (
    CACHE_US,
    DockerConfigError,
    Entry,
    NodeDockerConfig,
    docker_config_json,
    parse_config_json,
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"auths": x}', "invalid character 'x' looking for beginning of value"),
        ('{"auths": tRue}', "invalid character 'R' in literal true (expecting 'r')"),
        ('{"auths": tr', "unexpected end of JSON input"),
        ("{} x", "invalid character 'x' after top-level value"),
        ('{"a": 1 x', "invalid character 'x' after object key:value pair"),
        ("{x", "invalid character 'x' looking for beginning of object key string"),
        (
            '{"auths": {"a": 1}}',
            (
                "json: cannot unmarshal number into "
                "Go value of type credentialprovider.dockerConfigEntryWithAuth"
            ),
        ),
    ],
)
def test_a_fault_is_told_as_go_tells_it(text: str, told: str) -> None:
    """The first character that does not fit is named, and what it stands in for."""
    with pytest.raises(DockerConfigError) as caught:
        parse_config_json(text)

    assert str(caught.value) == told


def test_kubectl_writes_compact_json() -> None:
    """In the order that kubectl has; an email only if there is one."""
    assert docker_config_json("reg.test", "ada", "x") == (
        '{"auths":{"reg.test":{"username":"ada","password":"x","auth":"YWRhOng="}}}'
    )
    assert '"email":"a@b","auth"' in docker_config_json("reg.test", "ada", "x", "a@b")


def test_the_nodes_file_is_read_again_after_five_minutes() -> None:
    """Until then the kubelet does not see what changed."""
    text = "{}"
    config = NodeDockerConfig(lambda: [("config.json", text)])
    config.entries(7)
    text = '{"auths":{"reg.test":{"username":"ada","password":"x"}}}'

    just_before = config.entries(CACHE_US + 6)
    then = config.entries(CACHE_US + 7)

    assert just_before == []
    assert then == [("reg.test", Entry(username="ada", password="x"))]  # noqa: S106
