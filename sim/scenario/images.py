"""The images under ``images``: builds, tags, presets, and which one a reference means.

What a build holds is made elsewhere (``content``), and so is what nobody declares.
"""

from collections.abc import Sequence

from sim.errors import did_you_mean
from sim.rules.reference import (
    ImageReferenceError,
    docker_reference,
    parse_normalized,
)
from sim.scenario import model
from sim.scenario.content import declared_build, with_preset
from sim.scenario.faults import Step
from sim.scenario.mistakes import Mistakes
from sim.scenario.presets import layers_of, presets
from sim.scenario.schema.images import ImagePart


class DeclaredImages:
    """The images that a scenario declares: ``by_name``, in the order of the file."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self.by_name: dict[str, model.Image] = {}

    def declare(self, parts: Sequence[ImagePart]) -> None:
        """Take the images of a file in; one with a mistake in its name is left out."""
        for number, given in enumerate(parts):
            path: tuple[Step, ...] = ("images", number)
            self._check_preset(given, path)
            part = with_preset(given)
            name = self._name(part.name, *path, "name")
            if name is None:
                continue
            self._check_builds(part, path)
            self._check_tags(part, path)
            builds = (part.builds or {}).items()
            self.by_name[name] = model.Image(
                name=name,
                builds={n: declared_build(n, b) for n, b in builds},
                tags=part.tags,
            )

    def find(self, image: str, *path: Step) -> tuple[model.Image, str] | None:
        """Return the declared image and tag that a reference means.

        None, and a fault at the path, if it means none.
        """
        try:
            reference = docker_reference(image)
        except ImageReferenceError as error:
            self._mistakes.fault(f"image {image!r}: {error}", *path)
            return None
        found = self.by_name.get(reference.name)
        if found is None:
            known = list(self.by_name)
            self._mistakes.fault(
                f"no image {reference.name!r} is declared"
                f"{did_you_mean(reference.name, known)}; images are: "
                + (", ".join(known) or "none"),
                *path,
                about_a_name=True,
            )
            return None
        return found, reference.tag or ""

    def pinned(self, image: str) -> str:
        """Return the reference by the digest that its tag means at the start."""
        try:
            reference = docker_reference(image)
        except ImageReferenceError:
            return image
        declared = self.by_name.get(reference.name)
        if declared is None or reference.tag not in declared.tags:
            return image
        build = declared.builds.get(declared.tags[reference.tag])
        return f"{reference.name}@{build.digest}" if build else image

    def _name(self, written: str, *path: Step) -> str | None:
        """Return an image's name in full, or None and a fault."""
        try:
            reference = parse_normalized(written)
        except ImageReferenceError as error:
            self._mistakes.fault(f"image name {written!r}: {error}", *path)
            return None
        if reference.tag or reference.digest:
            self._mistakes.fault(
                f"image name {written!r}: a name has neither tag nor digest", *path
            )
            return None
        if reference.name in self.by_name:
            self._mistakes.fault(f"image {written!r} is there already", *path)
            return None
        return reference.name

    def _check_preset(self, part: ImagePart, path: tuple[Step, ...]) -> None:
        if (part.preset is None) == (part.builds is None):
            self._mistakes.fault(
                f"image {part.name!r} needs either builds or a preset (a build takes a "
                "preset too)",
                *path,
            )
        elif part.preset is not None:
            self._known_preset(part.preset, *path, "preset")
        for name, build in (part.builds or {}).items():
            if build.preset is not None:
                self._known_preset(build.preset, *path, "builds", name, "preset")

    def _known_preset(self, name: str, *path: Step) -> None:
        if layers_of(name) is None:
            short = [one.partition(":")[0] for one in presets()]
            self._mistakes.fault(
                f"preset {name!r} is not known{did_you_mean(name, short)}; known are: "
                + ", ".join(presets()),
                *path,
            )

    def _check_builds(self, part: ImagePart, path: tuple[Step, ...]) -> None:
        for name, build in (part.builds or {}).items():
            layered = bool(build.layers) or build.preset is not None
            if layered == (build.size is not None):
                self._mistakes.fault(
                    f"build {name!r} needs either layers (or a preset) or a size",
                    *path,
                    "builds",
                    name,
                )

    def _check_tags(self, part: ImagePart, path: tuple[Step, ...]) -> None:
        for tag, build in part.tags.items():
            known = list(part.builds or {})
            if build not in known:
                self._mistakes.fault(
                    f"tag {tag!r} points to the build {build!r}"
                    f"{did_you_mean(build, known)}; builds are: {', '.join(known)}",
                    *path,
                    "tags",
                    tag,
                )
