"""What the API server refuses in a pull secret."""

import pytest

from sim.rules.docker_config import CONFIG_JSON_TYPE, DOCKERCFG_TYPE
from sim.rules.secret_validation import validate_secret


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (CONFIG_JSON_TYPE, {}, "data[.dockerconfigjson]: Required value"),
        (
            DOCKERCFG_TYPE,
            {".dockercfg": "[]"},
            (
                'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: '
                "cannot unmarshal array into Go value of type map[string]interface {}"
            ),
        ),
        (
            DOCKERCFG_TYPE,
            {".dockercfg": ""},
            (
                'data[.dockercfg]: Invalid value: "<secret contents redacted>": '
                "unexpected end of JSON input"
            ),
        ),
    ],
)
def test_a_secret_without_a_json_object_is_refused(
    kind: str, data: dict[str, str], text: str
) -> None:
    """Its contents are not printed."""
    assert str(validate_secret(kind, data)) == text


def test_nothing_deeper_is_looked_at() -> None:
    """A bad auth passes, and so does any other type."""
    bad = {".dockerconfigjson": '{"auths": {"r.io": {"auth": "pants"}}}'}

    assert validate_secret(CONFIG_JSON_TYPE, bad) is None
    assert validate_secret("Opaque", {}) is None
