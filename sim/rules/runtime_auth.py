"""What containerd makes of the credentials that the kubelet sends with a pull.

Source: containerd internal/cri/server/images/image_pull.go, ParseAuth, and
core/remotes/docker/authorizer.go, AddResponses.
"""

import re

from sim.rules.go_base64 import GoBase64Error, decode_base64
from sim.rules.registry_url import RegistryURLError, parse_url
from sim.value import value

_SCHEME = re.compile(r"[A-Za-z][-A-Za-z0-9+.]*:")


class AuthConfigError(ValueError):
    """containerd cannot read an auth config."""


@value
class AuthConfig:
    """The CRI's AuthConfig; empty = not set. The kubelet never fills the address."""

    username: str = ""
    password: str = ""
    auth: str = ""
    identity_token: str = ""
    server_address: str = ""


@value
class Login:
    """User name and secret that a host is offered; an empty user marks a token."""

    username: str = ""
    secret: str = ""

    @property
    def basic(self) -> bool:
        """Whether basic authentication can be tried with it."""
        return bool(self.username and self.secret)


def parse_auth(auth: AuthConfig | None, host: str) -> Login:
    """Return what one host is offered; raises ``AuthConfigError``.

    A server address that is another host's hides everything from this one.
    """
    if auth is None:
        return Login()
    if auth.server_address and _host_of(auth.server_address) != host:
        return Login()
    if auth.username:
        return Login(username=auth.username, secret=auth.password)
    if auth.identity_token:
        return Login(secret=auth.identity_token)
    return _decoded(auth.auth) if auth.auth else Login()


def _decoded(text: str) -> Login:
    try:
        plain = decode_base64(text, padded=True)
    except GoBase64Error as error:
        raise AuthConfigError(str(error)) from error
    user, colon, password = plain.decode("utf-8", "replace").partition(":")
    if not colon:
        raise AuthConfigError(f'invalid decoded auth: "{user}"')
    return Login(username=user, secret=password.strip("\0"))


def _host_of(address: str) -> str:
    """Return host and port of a URL; a text without ``//`` has none."""
    scheme = _SCHEME.match(address)
    rest = address[scheme.end() :] if scheme else address
    if rest.startswith("//"):
        try:
            return parse_url(rest[2:]).authority
        except RegistryURLError as error:
            raise AuthConfigError(f"parse server address: {error}") from error
    if not scheme and ":" in rest.partition("/")[0]:
        raise AuthConfigError(
            f'parse server address: parse "{address}": '
            "first path segment in URL cannot contain colon"
        )
    return ""
