"""Errors of the container runtime: their texts, and what the kubelet makes of them.

Texts are containerd 2.1's (transfer service), as measured; ``reference`` is the form
that containerd resolves (``reference.pull_form``).

Source: containerd core/remotes/docker and core/transfer/local; staging
k8s.io/cri-client pkg/remote_image.go and pkg/kubelet/images/image_manager.go
(evalCRIPullErr).
"""

from dataclasses import dataclass

from sim.rules.reasons import WaitingReason
from sim.rules.registry_answers import Failure, GrpcCode

_UNKNOWN = "rpc error: code = Unknown desc = "
_NOT_FOUND = "rpc error: code = NotFound desc = "


@dataclass(frozen=True, kw_only=True, slots=True)
class PullFailure:
    """A failed pull as the container's status shows it."""

    reason: str
    message: str


def cri_client_text(error: str) -> str:
    """The error as the kubelet's CRI client passes it on: Unknown is stripped."""
    return error.removeprefix(_UNKNOWN)


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


def resolve_failed(reference: str, failure: Failure) -> str:
    """The registry answered, but not with what the reference names."""
    code = _NOT_FOUND if failure.code is GrpcCode.NOT_FOUND else _UNKNOWN
    return (
        f'{code}failed to pull and unpack image "{reference}": '
        f"failed to resolve image: {failure.text}"
    )


def connection_refused(reference: str, url: str, host: str) -> str:
    """Nothing listens at the registry's address."""
    address = host if ":" in host else f"{host}:443"
    text = f'failed to do request: Head "{url}": dial tcp {address}: connect: '
    return resolve_failed(reference, Failure(text=f"{text}connection refused"))


def no_platform(reference: str, digest: str) -> str:
    """The image exists, but not for the node's platform."""
    del reference  # containerd 2.1 names the manifest alone
    return (
        f"{_NOT_FOUND}get image config descriptor: "
        f"no match for platform in manifest {digest}: not found"
    )
