"""A registry's answers: whether containerd asks again, and the error it makes of them.

Source: containerd core/remotes/docker (resolver.go, fetcher.go, authorizer.go,
auth/fetch.go) and core/remotes/errors; 1.6 has them below remotes/docker.
"""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from http import HTTPStatus

from sim.rules.reference import Reference
from sim.rules.runtime_profile import Containerd
from sim.value import value

MOST_REQUESTS = 6  # for one thing at one host, all tries together
INSUFFICIENT_SCOPE = "insufficient_scope"
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
    FAILED_PRECONDITION = "FailedPrecondition"
    CANCELED = "Canceled"


@value
class Answer:
    """One answer; ``challenge_error`` is the challenge's own ``error``."""

    asked: Asked
    status: int
    challenge: Challenge = Challenge.NONE
    challenge_error: str = ""


class Grade(IntEnum):
    """How far a failed request got."""

    NO_ANSWER = 0  # or no authorization
    NOT_FOUND = 1
    STATUS = 2


@value
class Failure:
    """Why something did not come from one host: the end of the text, and the code."""

    text: str
    code: GrpcCode = GrpcCode.UNKNOWN
    grade: Grade = Grade.NO_ANSWER


def not_found(text: str) -> Failure:
    """Return the failure of what a host does not have."""
    return Failure(text=text, code=GrpcCode.NOT_FOUND, grade=Grade.NOT_FOUND)


def host_address(host: str) -> str:
    """Return the host that requests for a registry's name go to."""
    return _HOSTS.get(host, host)


def manifest_url(reference: Reference) -> str:
    """Return the address of the manifest that a reference names."""
    what = reference.digest or reference.tag
    address = host_address(reference.domain)
    return f"https://{address}/v2/{reference.path}/manifests/{what}"


def url_host(url: str) -> str:
    """Return host and port of an address."""
    return url.partition("://")[2].partition("/")[0]


def asks_again(
    answers: Sequence[Answer],
    *,
    credentials: bool,
    last_host: bool,
    version: Containerd,
) -> bool:
    """Return whether the same thing is asked of the same host once more.

    ``answers`` are all so far. 429 is repeated at once, whatever Retry-After says.
    """
    last = answers[-1].status
    if len(answers) >= MOST_REQUESTS:
        return False
    if last == HTTPStatus.UNAUTHORIZED:
        return _authorizes(answers, credentials=credentials)
    if last in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS):
        return True
    if version is Containerd.V1_6 or last not in (500, 503, 504):
        return False
    return last_host and (len(answers) == 1 or answers[-2].status != last)


def _authorizes(answers: Sequence[Answer], *, credentials: bool) -> bool:
    """Whether a 401 can be answered: by the password, or by a first token."""
    last = answers[-1]
    if last.challenge is Challenge.BASIC:
        return credentials
    if last.challenge is Challenge.NONE:
        return False
    return not last.challenge_error or len(answers) == 1


def resolve_failure(
    reference: Reference,
    answers: Sequence[Answer],
    *,
    credentials: bool,
    token_url: str = "",
    url: str = "",
    version: Containerd = Containerd.V2_1,
) -> Failure:
    """Return the error of a resolve that ended in failure after these answers.

    ``credentials`` tells whether the pull had some. The last answer decides. ``url``
    is that of the manifest, unless the reference says it all.
    """
    last = answers[-1]
    if last.asked is Asked.TOKEN:
        text = token_failure(
            last.status, credentials=credentials, url=token_url, version=version
        )
        return Failure(text=text)
    if last.status == HTTPStatus.NOT_FOUND:
        return not_found(f"{reference}: not found")
    if last.status == HTTPStatus.UNAUTHORIZED:
        refused = _refused(last, credentials=credentials, version=version)
        if refused:
            return Failure(text=_DENIED + refused)
    if version is Containerd.V1_6:
        host = url_host(url or manifest_url(reference))
        what = f"[manifests {reference.digest or reference.tag}]"
        return Failure(
            text=f"pulling from host {host} failed with status code {what}: "
            f"{status_line(last.status)}",
            grade=Grade.STATUS,
        )
    url = url or manifest_url(reference)
    return Failure(
        text=f"unexpected status from HEAD request to {url}: "
        f"{status_line(last.status)}",
        grade=Grade.STATUS,
    )


def token_failure(
    status: int, *, credentials: bool, url: str, version: Containerd
) -> str:
    """Return the error of a token service that gave none."""
    token = "oauth token" if credentials else "anonymous token"
    failed = f"failed to authorize: failed to fetch {token}: unexpected status"
    if version is Containerd.V2_1:
        failed += f" from GET request to {url}"
    return f"{failed}: {status_line(status)}"


def status_line(status: int) -> str:
    """Return a status as HTTP prints it."""
    return f"{status} {HTTPStatus(status).phrase}"


def _refused(last: Answer, *, credentials: bool, version: Containerd) -> str:
    """Return what the authorizer says of a 401, or nothing if it merely gave up."""
    if last.challenge is Challenge.BEARER and last.challenge_error:
        return f"server message: {last.challenge_error}: {_FAILED}"
    silent = version is Containerd.V1_6
    if last.challenge is Challenge.BASIC and not credentials and not silent:
        return f"{_FAILED}: no basic auth credentials"
    return ""


def gravest(failures: Sequence[Failure], version: Containerd) -> int:
    """Return the number of the failure that is reported of several hosts'.

    2.1 takes the first of the most advanced ones, 1.6 the first that is not a 404.
    """
    grades = [failure.grade for failure in failures]
    if version is Containerd.V2_1:
        return grades.index(max(grades))
    others = [n for n, grade in enumerate(grades) if grade is not Grade.NOT_FOUND]
    return others[0] if others else 0
