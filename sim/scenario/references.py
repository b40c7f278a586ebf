"""The images that a scenario's pods and acts refer to, declared or not."""

from collections.abc import Iterable

from sim.scenario import model


def references(
    objects: Iterable[model.KubernetesObject], timeline: Iterable[model.Action]
) -> Iterable[str]:
    """Yield every image that pods refer to, then those that acts bring in."""
    yield from _of_objects(objects)
    for action in timeline:
        match action:
            case model.SetImage():
                yield from action.images.values()
            case model.Apply():
                yield from _of_objects(action.objects)
            case model.CrictlPull():
                yield action.image


def _of_objects(objects: Iterable[model.KubernetesObject]) -> Iterable[str]:
    for obj in objects:
        if isinstance(obj, model.PodObject | model.Workload):
            spec = obj.template.spec
            for container in (*spec.init_containers, *spec.containers):
                yield container.image
            for volume in spec.image_volumes:
                yield volume.reference
        if isinstance(obj, model.PodObject) and obj.saved:
            yield from (one.image_id for one in obj.saved.instances)


def running(objects: Iterable[model.KubernetesObject]) -> dict[str, str]:
    """Return what names mean to containers that run already: name -> digest."""
    found: dict[str, str] = {}
    for obj in objects:
        if isinstance(obj, model.PodObject) and obj.saved:
            images = obj.template.images
            for one in obj.saved.instances:
                digest = one.image_id.rpartition("@")[2]
                found.setdefault(images.get(one.name, ""), digest)
    return found
