"""A request to write an object, as admission plug-ins see it, and how they refuse."""

from dataclasses import dataclass
from enum import StrEnum

from sim.rules.pull_policy import PullField

PODS = "pods"


class AdmissionError(ValueError):
    """The API server refuses a request; the text is its own."""


class Operation(StrEnum):
    """What a request asks for, as far as the plug-ins here handle it."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request to write a pod (or something else).

    ``fields`` are the images of the object, None if it is no pod; ``old`` those of
    the stored pod when it is an update. ``name`` of a pod that gets a generated name
    is the beginning of that name.
    """

    operation: Operation
    name: str
    fields: tuple[PullField, ...] | None
    old: tuple[PullField, ...] = ()
    resource: str = PODS
    subresource: str = ""


def forbidden(pod: str, why: str) -> str:
    """Return the text with which a plug-in refuses a pod.

    Source: staging/src/k8s.io/apiserver/pkg/admission/errors.go, NewForbidden.
    """
    return f'pods "{pod}" is forbidden: {why}'
