"""Errors of the runtime, spelled as containerd 2.1 spells them."""

import pytest

from sim.rules import runtime_errors as errors
from sim.rules.reference import ImageReferenceError, docker_reference
from sim.rules.registry_answers import GrpcCode
from sim.rules.registry_faults import Unreachable
from sim.rules.runtime_profile import Containerd

REFERENCE = "reg.test/app/web:v1"
URL = "https://reg.test/v2/app/web/manifests/v1"
UNKNOWN = "rpc error: code = Unknown desc = "
UNPACK = f'failed to pull and unpack image "{REFERENCE}": failed to resolve image: '


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            errors.connection_refused(REFERENCE, URL),
            (
                f'{UNKNOWN}{UNPACK}failed to do request: Head "{URL}": '
                "dial tcp reg.test:443: connect: connection refused"
            ),
        ),
        (
            errors.connection_refused(
                REFERENCE, URL.replace("reg.test", "reg.test:5000")
            ),
            (
                f"{UNKNOWN}{UNPACK}failed to do request: Head "
                '"https://reg.test:5000/v2/app/web/manifests/v1": '
                "dial tcp reg.test:5000: connect: connection refused"
            ),
        ),
        (
            errors.no_platform(REFERENCE, "sha256:ab"),
            (
                "rpc error: code = NotFound desc = get image config descriptor: "
                "no match for platform in manifest sha256:ab: not found"
            ),
        ),
    ],
)
def test_texts_of_the_runtime(ours: str, theirs: str) -> None:
    """A registry's port is its own, or that of TLS; a platform is not found."""
    assert ours == theirs


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (f"{UNKNOWN}busy", "busy"),
        ("rpc error: code = NotFound desc = gone", None),
        (f"again: {UNKNOWN}busy", None),
    ],
)
def test_the_client_leaves_out_what_says_nothing(error: str, shown: str | None) -> None:
    """The code Unknown goes from the beginning; every other code stays."""
    assert errors.cri_client_text(error) == (shown or error)


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (
            "RegistryUnavailable: try later",
            "RegistryUnavailable",
            (
                "image pull failed for web:1 because the registry is unavailable"
                ": try later"
            ),
        ),
        (
            "SignatureValidationFailed",
            "SignatureValidationFailed",
            "image pull failed for web:1 because the signature validation failed",
        ),
        ("oh: RegistryUnavailable", "ErrImagePull", "oh: RegistryUnavailable"),
        ("", "ErrImagePull", ""),
    ],
)
def test_two_errors_have_a_reason_of_their_own(
    error: str, reason: str, message: str
) -> None:
    """They must begin the text; what follows is kept."""
    failure = errors.pull_failure("web:1", error)

    assert failure == errors.PullFailure(reason=reason, message=message)


HTTP = "http://reg.test/v2/app/web/blobs/sha256:1"


@pytest.mark.parametrize(
    ("why", "text"),
    [
        (
            Unreachable.REFUSED,
            "dial tcp reg.test:80: connect: connection refused",
        ),
        (Unreachable.NO_ROUTE, "dial tcp reg.test:80: connect: no route to host"),
        (Unreachable.TIMED_OUT, "dial tcp reg.test:80: i/o timeout"),
        (Unreachable.NO_SUCH_HOST, "dial tcp: lookup reg.test: no such host"),
    ],
)
def test_a_connection_that_is_not_made(why: Unreachable, text: str) -> None:
    """The dialer's own words, with the port of the scheme."""
    whole = f'failed to do request: Get "{HTTP}": {text}'

    assert errors.connection_failed("GET", HTTP, why) == whole


@pytest.mark.parametrize(
    ("version", "message", "text"),
    [
        (
            Containerd.V1_6,
            "slow down",
            (
                f"unexpected status code {HTTP}: 429 Too Many Requests"
                " - Server message: slow down"
            ),
        ),
        (
            Containerd.V2_1,
            "slow down",
            (
                f"unexpected status from GET request to {HTTP}: 429 Too Many Requests"
                "\nslow down"
            ),
        ),
        (
            Containerd.V1_6,
            "",
            f"unexpected status code {HTTP}: 429 Too Many Requests",
        ),
        (
            Containerd.V2_1,
            "",
            f"unexpected status from GET request to {HTTP}: 429 Too Many Requests",
        ),
    ],
)
def test_a_get_that_was_refused(version: Containerd, message: str, text: str) -> None:
    """With what the registry said, if it said anything."""
    failure = errors.fetch_failure(429, HTTP, message=message, version=version)

    assert errors.fetch_failed(REFERENCE, failure) == (
        f'{UNKNOWN}failed to pull and unpack image "{REFERENCE}": '
        f"failed to copy: httpReadSeeker: failed open: {text}"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.cancelled(REFERENCE), GrpcCode.CANCELED),
        (
            errors.corrupt_layer(REFERENCE, "sha256:1", "sha256:2"),
            GrpcCode.FAILED_PRECONDITION,
        ),
        (
            errors.fetch_failed(REFERENCE, errors.manifest_missing(HTTP)),
            GrpcCode.NOT_FOUND,
        ),
        (
            errors.fetch_failed(REFERENCE, errors.blob_missing("sha256:1", "type")),
            GrpcCode.NOT_FOUND,
        ),
        (
            errors.no_platform(REFERENCE, "sha256:1", Containerd.V1_6),
            GrpcCode.NOT_FOUND,
        ),
        ("failed to do request", GrpcCode.UNKNOWN),
    ],
)
def test_the_code_is_read_from_the_text(error: str, code: GrpcCode) -> None:
    """No code is Unknown."""
    assert errors.grpc_code(error) is code


@pytest.mark.parametrize(
    ("image", "version", "text"),
    [
        (
            "reg.test/app/TAG:v1",
            Containerd.V1_6,
            "invalid reference format: repository name must be lowercase",
        ),
        (
            "reg.test/app/TAG:v1",
            Containerd.V2_1,
            "invalid reference format: repository name (app/TAG) must be lowercase",
        ),
        (
            "reg.test/app/TAG",
            Containerd.V2_1,
            "invalid reference format: repository name (app/TAG) must be lowercase",
        ),
        ("reg.test/a b", Containerd.V2_1, "invalid reference format"),
    ],
)
def test_an_invalid_reference(image: str, version: Containerd, text: str) -> None:
    """2.1 names the part that has upper case."""
    with pytest.raises(ImageReferenceError) as caught:
        docker_reference(image)

    assert errors.invalid_reference(image, caught.value, version) == (
        f'failed to parse image reference "{image}": {text}'
    )
