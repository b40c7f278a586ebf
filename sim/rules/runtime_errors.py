"""Errors of the container runtime: their texts, and what the kubelet makes of them.

Texts are containerd's as measured, 2.1's (transfer service) unless ``version`` says
otherwise; ``reference`` is the form that containerd resolves
(``reference.pull_form``), ``url`` the address that was asked.

Source: containerd core/remotes/docker and core/transfer/local; staging
k8s.io/cri-client pkg/remote_image.go and pkg/kubelet/images/image_manager.go
(evalCRIPullErr).
"""

import re

from sim.rules.reasons import WaitingReason
from sim.rules.reference import ImageReferenceError, ReferenceErrorKind
from sim.rules.registry_answers import (
    Failure,
    Grade,
    GrpcCode,
    not_found,
    status_line,
    url_host,
)
from sim.rules.registry_faults import Unreachable
from sim.rules.runtime_profile import Containerd
from sim.value import value

_UNKNOWN = "rpc error: code = Unknown desc = "


@value
class PullFailure:
    """A failed pull as the container's status shows it."""

    reason: str
    message: str


def cri_client_text(error: str) -> str:
    """The error as the kubelet's CRI client passes it on: Unknown is stripped."""
    return error.removeprefix(_UNKNOWN)


def grpc_code(error: str) -> GrpcCode:
    """Return the code of an error as the kubelet has it; no code is Unknown."""
    _, found, rest = error.partition("rpc error: code = ")
    return GrpcCode(rest.partition(" ")[0]) if found else GrpcCode.UNKNOWN


def pull_failure(image: str, error: str) -> PullFailure:
    """Return reason and message; only the beginning of the text decides."""
    for reason, cause in (
        (WaitingReason.REGISTRY_UNAVAILABLE, "the registry is unavailable"),
        (
            WaitingReason.SIGNATURE_VALIDATION_FAILED,
            "the signature validation failed",
        ),
    ):
        if error.startswith(reason):
            rest = error.removeprefix(reason)
            message = f"image pull failed for {image} because {cause}{rest}"
            return PullFailure(reason=reason, message=message)
    return PullFailure(reason=WaitingReason.ERR_IMAGE_PULL, message=error)


def invalid_reference(
    image: str, error: ImageReferenceError, version: Containerd
) -> str:
    """The text of the spec is no reference; 1.6 does not name what has upper case."""
    text = str(error)
    if error.kind is ReferenceErrorKind.UPPERCASE and version is Containerd.V1_6:
        text = re.sub(r" \(.*\) must", " must", text)
    return f'failed to parse image reference "{image}": {text}'


def resolve_failed(
    reference: str, failure: Failure, version: Containerd = Containerd.V2_1
) -> str:
    """The registry answered, but not with what the reference names."""
    what = f'reference "{reference}"' if version is Containerd.V1_6 else "image"
    return _unpack_failed(
        reference, failure.code, f"failed to resolve {what}: {failure.text}"
    )


def _unpack_failed(reference: str, code: GrpcCode, text: str) -> str:
    return (
        f"rpc error: code = {code} desc = "
        f'failed to pull and unpack image "{reference}": {text}'
    )


def connection_failed(method: str, url: str, why: Unreachable) -> str:
    """Nobody answers at the registry's address."""
    host = url_host(url)
    name, colon, _ = host.partition(":")
    standard = ":80" if url.startswith("http:") else ":443"
    port = "" if colon else standard
    failed = f'failed to do request: {method.capitalize()} "{url}": dial tcp'
    if why is Unreachable.NO_SUCH_HOST:
        return f"{failed}: lookup {name}: {why}"
    step = "" if why is Unreachable.TIMED_OUT else "connect: "
    return f"{failed} {host}{port}: {step}{why}"


def connection_refused(reference: str, url: str) -> str:
    """Nothing listens at the registry's address."""
    text = connection_failed("HEAD", url, Unreachable.REFUSED)
    return resolve_failed(reference, Failure(text=text))


def fetch_failed(reference: str, failure: Failure) -> str:
    """A manifest or blob did not come."""
    text = f"failed to copy: httpReadSeeker: failed open: {failure.text}"
    return _unpack_failed(reference, failure.code, text)


def fetch_failure(
    status: int, url: str, *, message: str = "", version: Containerd
) -> Failure:
    """A GET was answered with a status; ``message`` is what the body said."""
    line = status_line(status)
    if version is Containerd.V1_6:
        said = f" - Server message: {message}" if message else ""
        text = f"unexpected status code {url}: {line}{said}"
        return Failure(text=text, grade=Grade.STATUS)
    said = f"\n{message}" if message else ""
    text = f"unexpected status from GET request to {url}: {line}{said}"
    return Failure(text=text, grade=Grade.STATUS)


def manifest_missing(url: str) -> Failure:
    """No host has the manifest."""
    return not_found(f"content at {url} not found: not found")


def blob_missing(digest: str, media_type: str) -> Failure:
    """No host has the blob."""
    text = f"could not fetch content descriptor {digest} ({media_type}) from remote"
    return not_found(f"{text}: not found")


def corrupt_layer(reference: str, got: str, expected: str) -> str:
    """The bytes are not those of the digest: they are thrown away."""
    return _unpack_failed(
        reference,
        GrpcCode.FAILED_PRECONDITION,
        f'failed commit on ref "layer-{expected}": unexpected commit digest {got}, '
        f"expected {expected}: failed precondition",
    )


def cancelled(reference: str) -> str:
    """The pull made no progress for too long."""
    return _unpack_failed(reference, GrpcCode.CANCELED, "context canceled")


def no_platform(
    reference: str, digest: str, version: Containerd = Containerd.V2_1
) -> str:
    """The image exists, but not for the node's platform."""
    if version is Containerd.V1_6:
        text = "no match for platform in manifest: not found"
        return _unpack_failed(reference, GrpcCode.NOT_FOUND, text)
    return (
        f"rpc error: code = {GrpcCode.NOT_FOUND} desc = get image config descriptor: "
        f"no match for platform in manifest {digest}: not found"
    )
