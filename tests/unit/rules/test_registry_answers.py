"""What containerd says of a registry's answers."""

import pytest

from sim.rules.reference import docker_reference
from sim.rules.registry_answers import (
    Answer,
    Asked,
    Challenge,
    Failure,
    GrpcCode,
    manifest_url,
    not_found,
    resolve_failure,
)
from sim.rules.runtime_errors import (
    connection_refused,
    cri_client_text,
    no_platform,
    resolve_failed,
)

APP = docker_reference("r.io/team/app:v1")
URL = "https://r.io/v2/team/app/manifests/v1"
TOKEN_URL = "https://r.io/token"  # noqa: S105 - an address
DENIED = "pull access denied, repository does not exist or may require authorization"
BASIC = Answer(asked=Asked.MANIFEST, status=401, challenge=Challenge.BASIC)
BEARER = Answer(asked=Asked.MANIFEST, status=401, challenge=Challenge.BEARER)
GRANTED = Answer(asked=Asked.TOKEN, status=200)
NO_SCOPE = Answer(
    asked=Asked.MANIFEST,
    status=401,
    challenge=Challenge.BEARER,
    challenge_error="insufficient_scope",
)


@pytest.mark.parametrize(
    ("answers", "credentials", "text"),
    [
        ([BASIC], False, f"{DENIED}: authorization failed: no basic auth credentials"),
        ([BASIC, BASIC], True, f"unexpected status from HEAD request to {URL}: 401 "),
        (
            [BEARER, GRANTED, NO_SCOPE],
            False,
            f"{DENIED}: server message: insufficient_scope: authorization failed",
        ),
        ([BEARER, GRANTED, BEARER], True, "unexpected status from HEAD request to"),
        (
            [BEARER, Answer(asked=Asked.TOKEN, status=403)],
            False,
            (
                "failed to authorize: failed to fetch anonymous token: unexpected "
                f"status from GET request to {TOKEN_URL}: 403 Forbidden"
            ),
        ),
        (
            [BEARER, Answer(asked=Asked.TOKEN, status=401)],
            True,
            (
                "failed to authorize: failed to fetch oauth token: unexpected status "
                f"from GET request to {TOKEN_URL}: 401 Unauthorized"
            ),
        ),
        (
            [Answer(asked=Asked.MANIFEST, status=403)],
            True,
            f"unexpected status from HEAD request to {URL}: 403 Forbidden",
        ),
    ],
)
def test_the_last_answer_decides(
    answers: list[Answer], credentials: bool, text: str
) -> None:
    """What was refused, and whether anything had been offered."""
    failure = resolve_failure(
        APP, answers, credentials=credentials, token_url=TOKEN_URL
    )

    assert failure.text.startswith(text)
    assert failure.code is GrpcCode.UNKNOWN


def test_what_is_not_there_has_a_code_of_its_own() -> None:
    """It is the only one."""
    answers = [Answer(asked=Asked.MANIFEST, status=404)]

    failure = resolve_failure(APP, answers, credentials=False)

    assert failure == not_found("r.io/team/app:v1: not found")
    assert failure.code is GrpcCode.NOT_FOUND


def test_docker_hub_is_reached_at_another_host() -> None:
    """The name keeps docker.io."""
    assert manifest_url(docker_reference("nginx")) == (
        "https://registry-1.docker.io/v2/library/nginx/manifests/latest"
    )


@pytest.mark.parametrize("code", list(GrpcCode))
def test_the_client_strips_the_code_that_says_nothing(code: GrpcCode) -> None:
    """The others stay."""
    text = cri_client_text(resolve_failed("r.io/a:v1", Failure(text="x", code=code)))

    assert text.startswith("rpc error: ") is (code is not GrpcCode.UNKNOWN)
    assert text.endswith("failed to resolve image: x")


@pytest.mark.parametrize(
    ("host", "address"), [("r.io", "r.io:443"), ("r.io:5000", "r.io:5000")]
)
def test_a_refused_connection_names_the_port(host: str, address: str) -> None:
    """443 unless the host says another."""
    text = connection_refused("r.io/a:v1", URL.replace("r.io", host))

    assert f"dial tcp {address}: connect: connection refused" in text


def test_a_missing_platform_names_the_manifest() -> None:
    """Version 2.1 no longer names the image."""
    assert "no match for platform in manifest sha256:1" in no_platform("a", "sha256:1")
