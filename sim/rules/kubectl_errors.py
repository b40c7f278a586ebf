"""What kubectl prints when the API server refuses a command.

Source: staging/src/k8s.io/kubectl pkg/cmd/util/helpers.go, pkg/cmd/set/set_image.go.
"""


def not_found(resource: str, name: str) -> str:
    """The API server has no object of this name; ``resource`` as in ``pods``."""
    return f'Error from server (NotFound): {resource} "{name}" not found'


def already_exists(resource: str, name: str) -> str:
    """An object of this name is there."""
    return f'Error from server (AlreadyExists): {resource} "{name}" already exists'


def image_refused(text: str) -> str:
    """The API server refused a new image; ``text`` is its own."""
    return f"error: failed to patch image update to pod template: {text}"


def no_scale() -> str:
    """``scale`` of a kind without a scale subresource."""
    return (
        "Error from server (NotFound): the server could not find the requested resource"
    )
