"""Values that nobody wrote and that a reader should know of."""

from collections.abc import Iterable, Sequence

from sim.rules.pull_policy import default_pull_policy
from sim.scenario import model
from sim.scenario.reader import Mapping
from sim.scenario.schema.scenario import ScenarioPart
from sim.units import format_size


def defaulted(
    part: ScenarioPart,
    tree: Mapping,
    objects: Sequence[model.KubernetesObject],
    images: Sequence[model.Image],
) -> Iterable[str]:
    """Yield ``path = value`` of release and seed, pull policies and assumed sizes."""
    for key in ("kubernetes", "seed"):
        if key not in tree.items:
            yield f"{key} = {getattr(part, key)}"
    for obj in objects:
        if isinstance(obj, model.PodObject | model.Workload):
            yield from _policies(obj.name, obj.template.spec)
    yield from _assumed_sizes(images)


def _policies(name: str, spec: model.PodSpec) -> Iterable[str]:
    for container in (*spec.init_containers, *spec.containers):
        if not container.image_pull_policy:
            yield (
                f"{name}: container {container.name}: "
                f"imagePullPolicy = {default_pull_policy(container.image)} "
                f"(from the image {_short(container.image)})"
            )


def _short(image: str) -> str:
    name, at, digest = image.partition("@")
    return f"{name}{at}{digest[:14]}" + ("…" if at else "")


def _assumed_sizes(images: Sequence[model.Image]) -> Iterable[str]:
    """Say how large builds are that nobody declared."""
    for image in images:
        for one in image.builds.values():
            if one.assumed:
                size = format_size(one.size_bytes)
                yield f"{image.name}: build {one.name} = {size} (assumed, not declared)"
