"""What kubectl prints when the API server, or kubectl itself, refuses a command.

Source: staging/src/k8s.io/kubectl pkg/cmd/set/set_image.go, pkg/cmd/rollout,
pkg/polymorphichelpers (rollback.go, objectrestarter.go, objectpauser.go,
objectresumer.go) and pkg/cmd/util/helpers.go.
"""

from collections.abc import Iterable


def not_found(resource: str, name: str) -> str:
    """The API server has no object of this name; ``resource`` as in ``pods``."""
    return f'Error from server (NotFound): {resource} "{name}" not found'


def already_exists(resource: str, name: str) -> str:
    """An object of this name is there."""
    return f'Error from server (AlreadyExists): {resource} "{name}" already exists'


def no_container(names: Iterable[str]) -> str:
    """``set image`` names containers that the object does not have."""
    return "\n".join(
        f'error: unable to find container named "{name}"' for name in names
    )


def image_refused(text: str) -> str:
    """The API server refused a new image; ``text`` is its own."""
    return f"error: failed to patch image update to pod template: {text}"


def restart_paused(resource: str, name: str) -> str:
    """``rollout restart`` of a paused Deployment."""
    return (
        f'error: {resource} "{name}" can\'t restart paused deployment '
        "(run rollout resume first)"
    )


def undo_paused() -> str:
    """``rollout undo`` of a paused Deployment."""
    return (
        "error: you cannot rollback a paused deployment; resume it first with "
        "'kubectl rollout resume' and try again"
    )


def no_history(kind: str, name: str) -> str:
    """``rollout undo`` of what never had another revision."""
    return f'error: no rollout history found for {kind} "{name}"'


def no_revision(revision: int) -> str:
    """``rollout undo`` to a revision that is not (or no longer) there."""
    return f"error: unable to find specified revision {revision} in history"


def pause_refused(resource: str, name: str, *, paused: bool) -> str:
    """``rollout pause`` (``resume``) of what is paused (not paused) already."""
    state = "is already paused" if paused else "is not paused"
    return f'error: {resource} "{name}" {state}'


def pause_unsupported(resource: str, name: str, *, paused: bool) -> str:
    """``rollout pause`` or ``resume`` of a kind that cannot be paused."""
    word = "pausing" if paused else "resuming"
    return f'error: {resource} "{name}" {word} is not supported'
