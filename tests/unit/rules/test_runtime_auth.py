"""What containerd makes of an auth config."""

from base64 import b64encode

import pytest

from sim.rules.runtime_auth import AuthConfig, AuthConfigError, Login, parse_auth

ADA = Login(username="ada", secret="x")  # noqa: S106 - of this test alone
FULL = {"username": "ada", "password": "x"}
HOST = "r.io:5000"


def auth(**members: str) -> AuthConfig:
    return AuthConfig(**members)


@pytest.mark.parametrize(
    ("config", "login"),
    [
        (None, Login()),
        (auth(), Login()),
        (auth(**FULL), ADA),
        (auth(**FULL, server_address="https://r.io:5000/v1/"), ADA),
        (auth(**FULL, server_address="//r.io:5000"), ADA),
        (auth(**FULL, server_address="https://r.io"), Login()),
        (auth(**FULL, server_address="r.io"), Login()),
        (auth(**FULL, server_address="r.io:5000"), Login()),
        (auth(**FULL, server_address="team/a:1"), Login()),
        (auth(username="ada"), Login(username="ada")),
        (auth(identity_token="t", auth="YTpi"), Login(secret="t")),  # noqa: S106
        (auth(auth="YWRhOng="), ADA),
        (auth(auth="YWRh\nOng="), ADA),
        (auth(auth=b64encode(b"ada:x\0").decode()), ADA),
    ],
)
def test_a_host_is_offered_what_is_for_it(
    config: AuthConfig | None, login: Login
) -> None:
    """User name first, then a token, then the encoded pair."""
    assert parse_auth(config, HOST) == login


@pytest.mark.parametrize(
    ("config", "error"),
    [
        (auth(auth="YWRhOng"), "illegal base64 data"),
        (auth(auth="YWRh"), 'invalid decoded auth: "ada"'),
        (auth(server_address="https://r.io:x"), "invalid port"),
        (auth(server_address="127.0.0.1:5000"), "first path segment"),
    ],
)
def test_what_cannot_be_read_is_an_error(config: AuthConfig, error: str) -> None:
    """Of the pair, or of the address."""
    with pytest.raises(AuthConfigError, match=error):
        parse_auth(config, HOST)


@pytest.mark.parametrize(
    ("login", "basic"),
    [
        (ADA, True),
        (Login(username="ada"), False),
        (Login(secret="x"), False),  # noqa: S106
        (Login(), False),
    ],
)
def test_basic_authentication_needs_both(login: Login, basic: bool) -> None:
    """Half a login is as none."""
    assert login.basic is basic
