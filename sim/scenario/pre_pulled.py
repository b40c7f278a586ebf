"""What lies on a node before the clock starts: images that a registry has as well."""

from collections.abc import Iterable

from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.images import DeclaredImages
from sim.scenario.mistakes import Mistakes
from sim.scenario.schema.nodes import NodePart


def pre_pulled(
    part: NodePart, images: DeclaredImages, mistakes: Mistakes, *path: Step
) -> Iterable[model.PrePulled]:
    """Yield the pre-pulled images of the node at ``path``."""
    for number, item in enumerate(part.images):
        here = (*path, "images", number)
        text = item if isinstance(item, str) else item.image
        build = None if isinstance(item, str) else item.build
        found = images.find(text, *here)
        if found is None:
            continue
        image, tag = found
        build = build or _build_of_digest(image, text)
        if build is None and tag not in image.tags:
            known = ", ".join(image.tags) or "none"
            what = f"tag {tag!r} at the start" if tag else "build of this digest"
            mistakes.fault(f"{image.name} has no {what}; tags are: {known}", *here)
        elif build is not None and build not in image.builds:
            known = ", ".join(image.builds)
            mistakes.fault(
                f"{image.name} has no build {build!r}; builds are: {known}", *here
            )
        else:
            yield model.PrePulled(image=text, build=build)


def _build_of_digest(image: model.Image, text: str) -> str | None:
    digest = text.partition("@")[2]
    found = (name for name, b in image.builds.items() if b.digest == digest)
    return next(found, None)
