"""A registry's answers to one resolve, and the error that containerd makes of them.

Texts are containerd 2.1's, from where the version's own first words end.

Source: containerd core/remotes/docker (resolver.go, authorizer.go, auth/fetch.go) and
core/remotes/errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from sim.rules.reference import Reference

DOCKER_HUB = "docker.io"
_HOSTS = {DOCKER_HUB: "registry-1.docker.io"}
_DENIED = "pull access denied, repository does not exist or may require authorization: "
_FAILED = "authorization failed"


class Asked(StrEnum):
    """What a request was about."""

    MANIFEST = "manifest"
    TOKEN = "token"  # noqa: S105 - a kind of request


class Challenge(StrEnum):
    """The scheme of the WWW-Authenticate header, if there was one."""

    NONE = ""
    BASIC = "basic"
    BEARER = "bearer"


class GrpcCode(StrEnum):
    """Codes of failed pulls."""

    UNKNOWN = "Unknown"
    NOT_FOUND = "NotFound"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer; ``challenge_error`` is the challenge's own ``error``."""

    asked: Asked
    status: int
    challenge: Challenge = Challenge.NONE
    challenge_error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a name was not resolved: the end of the text, and the gRPC code."""

    text: str
    code: GrpcCode = GrpcCode.UNKNOWN


def manifest_url(reference: Reference) -> str:
    """Return the address of the manifest that a reference names."""
    host = _HOSTS.get(reference.domain, reference.domain)
    what = reference.digest or reference.tag
    return f"https://{host}/v2/{reference.path}/manifests/{what}"


def resolve_failure(
    reference: Reference,
    answers: Sequence[Answer],
    *,
    credentials: bool,
    token_url: str = "",
) -> Failure:
    """Return the error of a resolve that ended in failure after these answers.

    ``credentials`` tells whether the pull had some. The last answer decides.
    """
    last = answers[-1]
    status = f"{last.status} {HTTPStatus(last.status).phrase}"
    if last.asked is Asked.TOKEN:
        token = "oauth token" if credentials else "anonymous token"
        return Failure(
            text=f"failed to authorize: failed to fetch {token}: "
            f"unexpected status from GET request to {token_url}: {status}"
        )
    if last.status == HTTPStatus.NOT_FOUND:
        return Failure(text=f"{reference}: not found", code=GrpcCode.NOT_FOUND)
    if last.status == HTTPStatus.UNAUTHORIZED:
        refused = _refused(last, credentials=credentials)
        if refused:
            return Failure(text=_DENIED + refused)
    url = manifest_url(reference)
    return Failure(text=f"unexpected status from HEAD request to {url}: {status}")


def _refused(last: Answer, *, credentials: bool) -> str:
    """Return what the authorizer says of a 401, or nothing if it merely gave up."""
    if last.challenge is Challenge.BEARER and last.challenge_error:
        return f"server message: {last.challenge_error}: {_FAILED}"
    if last.challenge is Challenge.BASIC and not credentials:
        return f"{_FAILED}: no basic auth credentials"
    return ""
