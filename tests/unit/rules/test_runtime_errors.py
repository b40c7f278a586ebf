"""Errors of the runtime, spelled as containerd 2.1 spells them."""

import pytest

from sim.rules import runtime_errors as errors

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
