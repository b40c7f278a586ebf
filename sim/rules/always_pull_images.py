"""AlwaysPullImages: the admission plug-in that makes every pod's policy Always.

It has no exemption for digests or for images that nodes have already, and it changes
pods only: templates of workloads keep what they say.

Source: plugin/pkg/admission/alwayspullimages/admission.go.
"""

from dataclasses import replace

from sim.rules.admission import PODS, AdmissionError, Operation, Request, forbidden
from sim.rules.pull_policy import Place, PullField, PullPolicy

NAME = "AlwaysPullImages"


def admit(request: Request) -> tuple[PullField, ...]:
    """Return the images of a pod after the mutating phase, which comes first.

    Raises ``AdmissionError`` if the object is no pod although the request is for one.
    """
    if _ignored(request):
        return request.fields or ()
    return tuple(
        replace(field, policy=PullPolicy.ALWAYS.value) for field in _fields(request)
    )


def validate(request: Request) -> None:
    """Refuse a pod with another policy than Always: one error an image, all joined.

    After ``admit`` nothing is left to refuse; it guards against what other plug-ins
    change in between. Raises ``AdmissionError``.
    """
    if _ignored(request):
        return
    errors = [
        forbidden(
            request.name,
            f'{field.path}: Unsupported value: "{field.policy}": '
            f'supported values: "{PullPolicy.ALWAYS}"',
        )
        for field in _fields(request)
        if field.policy != PullPolicy.ALWAYS
    ]
    if len(errors) == 1:
        raise AdmissionError(errors[0])
    if errors:
        raise AdmissionError(f"[{', '.join(errors)}]")


def _fields(request: Request) -> tuple[PullField, ...]:
    if request.fields is None:
        raise AdmissionError(
            "Resource was marked with kind Pod but was unable to be converted"
        )
    return request.fields


def _ignored(request: Request) -> bool:
    if request.resource != PODS or request.subresource:
        return True
    return request.operation is Operation.UPDATE and _no_new_images(request)


def _no_new_images(request: Request) -> bool:
    """Whether the stored pod's containers name every image of the new one's.

    Image volumes count on neither side, and which container names what does not
    matter: images may change places.
    """
    known = _container_images(request.old)
    return all(image in known for image in _container_images(_fields(request)))


def _container_images(fields: tuple[PullField, ...]) -> list[str]:
    return [field.image for field in fields if field.place is not Place.IMAGE_VOLUME]
