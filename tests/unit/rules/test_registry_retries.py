"""Whether containerd asks again, and which of several failures it reports."""

import pytest

from sim.rules.reference import docker_reference
from sim.rules.registry_answers import (
    Answer,
    Asked,
    Challenge,
    Failure,
    Grade,
    asks_again,
    gravest,
    not_found,
    resolve_failure,
)
from sim.rules.runtime_profile import Containerd

OLD, NEW = Containerd.V1_6, Containerd.V2_1
BASIC = Answer(asked=Asked.MANIFEST, status=401, challenge=Challenge.BASIC)
BEARER = Answer(asked=Asked.MANIFEST, status=401, challenge=Challenge.BEARER)
NO_SCOPE = Answer(
    asked=Asked.MANIFEST,
    status=401,
    challenge=Challenge.BEARER,
    challenge_error="insufficient_scope",
)
APP = docker_reference("r.io/app:v1")


def status(*numbers: int) -> list[Answer]:
    return [Answer(asked=Asked.MANIFEST, status=number) for number in numbers]


@pytest.mark.parametrize(
    ("answers", "credentials", "last", "version", "again"),
    [
        (status(429), False, False, OLD, True),
        (status(*5 * [429]), False, False, NEW, True),
        (status(*6 * [429]), False, True, NEW, False),
        (status(408), False, False, OLD, True),
        (status(403), True, True, NEW, False),
        (status(404), True, True, NEW, False),
        (status(503), False, True, NEW, True),
        (status(503, 503), False, True, NEW, False),
        (status(429, 503), False, True, NEW, True),
        (status(503), False, False, NEW, False),
        (status(503), False, True, OLD, False),
        ([BASIC], True, True, NEW, True),
        ([BASIC], False, True, NEW, False),
        (6 * [BASIC], True, True, NEW, False),
        ([BEARER], False, True, NEW, True),
        ([NO_SCOPE], False, True, NEW, True),
        ([BEARER, NO_SCOPE], True, True, NEW, False),
        (status(401), True, True, NEW, False),
    ],
)
def test_what_is_asked_again(
    answers: list[Answer],
    credentials: bool,
    last: bool,
    version: Containerd,
    again: bool,
) -> None:
    """429 up to six times, 5xx once on the last host by 2.1, 401 if it can help."""
    assert (
        asks_again(answers, credentials=credentials, last_host=last, version=version)
        is again
    )


REFUSED = Failure(text="refused")
MISSING = not_found("missing")
DENIED = Failure(text="403", grade=Grade.STATUS)


@pytest.mark.parametrize(
    ("failures", "old", "new"),
    [
        ([MISSING], 0, 0),
        ([MISSING, MISSING], 0, 0),
        ([MISSING, REFUSED], 1, 0),
        ([REFUSED, MISSING], 0, 1),
        ([REFUSED, MISSING, DENIED], 0, 2),
        ([DENIED, DENIED], 0, 0),
    ],
)
def test_which_failure_is_reported(failures: list[Failure], old: int, new: int) -> None:
    """1.6 takes the first that is no 404, 2.1 the most advanced."""
    assert gravest(failures, OLD) == old
    assert gravest(failures, NEW) == new


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (
            status(403),
            (
                "pulling from host r.io failed with status code [manifests v1]: "
                "403 Forbidden"
            ),
        ),
        (
            [BASIC],
            (
                "pulling from host r.io failed with status code [manifests v1]: "
                "401 Unauthorized"
            ),
        ),
        (
            [Answer(asked=Asked.TOKEN, status=401)],
            (
                "failed to authorize: failed to fetch anonymous token: "
                "unexpected status: 401 Unauthorized"
            ),
        ),
    ],
)
def test_the_older_version_has_other_words(answers: list[Answer], text: str) -> None:
    """It names the host and the path, and never that credentials were missing."""
    failure = resolve_failure(APP, answers, credentials=False, version=OLD)

    assert failure.text == text
