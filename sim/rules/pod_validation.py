"""What the API server's validation refuses about the images of a pod.

Templates of workloads may hold anything; the pods made from them are refused. Whether
an image name can be read is not asked: that is the kubelet's business.

Source: pkg/apis/core/validation/validation.go (validateContainers).
"""

from collections.abc import Iterable

from sim.rules.go_text import quote
from sim.rules.pull_policy import Place, PullField


def image_error(pod: str, fields: Iterable[PullField]) -> str:
    """Return why a pod is refused, "" if its images are right."""
    errors = [error for field in fields if (error := _error(field))]
    if not errors:
        return ""
    text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return f'Pod "{pod}" is invalid: {text}'


def _error(field: PullField) -> str:
    if field.place is Place.IMAGE_VOLUME:
        return ""
    path = field.path.replace("imagePullPolicy", "image")
    if not field.image:
        return f"{path}: Required value"
    if field.image != field.image.strip():
        value = quote(field.image)
        why = "must not have leading or trailing whitespace"
        return f"{path}: Invalid value: {value}: {why}"
    return ""
