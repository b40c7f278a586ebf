"""``docker login``: what it leaves in ``~/.docker/config.json``, and its errors.

Source: docker/cli cli/command/registry/login.go, cli/config/configfile/file.go and
registry/auth.go (ConvertToHostname).
"""

import base64
import json

HUB = "docker.io"
HUB_KEY = "https://index.docker.io/v1/"


class DockerLoginError(ValueError):
    """The login failed; the text is docker's."""


def login_key(server: str) -> str:
    """Return the key under which a login is kept: a host, but for Docker Hub."""
    return HUB_KEY if login_host(server) == HUB else login_host(server)


def login_host(server: str) -> str:
    """Return the registry that a login asks."""
    host = server.removeprefix("http://").removeprefix("https://").partition("/")[0]
    return HUB if host in ("", HUB, "index.docker.io") else host


def with_login(config: str | None, server: str, username: str, password: str) -> str:
    """Return a config file with one more login; ``config`` None = there was no file.

    Raises ``DockerLoginError`` if the file that is there is no JSON object.
    """
    try:
        content = json.loads(config or "{}")
    except ValueError as error:
        raise DockerLoginError(f"Error saving credentials: {error}") from error
    auths = content.get("auths", {}) if isinstance(content, dict) else None
    if not isinstance(auths, dict):
        raise DockerLoginError("Error saving credentials: the file is no docker config")
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    merged = auths | {login_key(server): {"auth": auth}}
    return json.dumps({**content, "auths": merged}, indent="\t")


def refused(host: str) -> DockerLoginError:
    """The registry refused user name or password."""
    return DockerLoginError(
        f"Error response from daemon: login attempt to https://{host}/v2/ failed "
        "with status: 401 Unauthorized"
    )


def unreachable(host: str) -> DockerLoginError:
    """Nothing listens at the registry's address."""
    address = host if ":" in host else f"{host}:443"
    return DockerLoginError(
        f'Error response from daemon: Get "https://{host}/v2/": dial tcp {address}: '
        "connect: connection refused"
    )
