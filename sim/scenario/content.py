"""What builds hold: declared layers, and a plausible size where nobody declares any.

A registry that a scenario describes, or declares images of, holds those and nothing
else: a misspelt tag is not found there. Every other registry holds whatever is asked
for. How large such an image is, is assumed: one layer of 30 MB that all its tags
share, and one of 20 to 139 MB by the digest of what was asked for.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sim.rules.reference import ImageReferenceError, Reference, docker_reference
from sim.scenario import model
from sim.scenario.schema import BuildPart, LayerPart

UNPACKED_RATIO = 2.7
BYTES_PER_FILE = 100_000
MEGABYTE = 1_000_000
ASSUMED_BASE = 30 * MEGABYTE
ASSUMED_LEAST = 20
ASSUMED_SPAN = 120


def declared_build(name: str, part: BuildPart) -> model.Build:
    """Return a declared build."""
    layers = tuple(_layer(n, layer) for n, layer in part.layers.items())
    return model.Build(name=name, layers=layers, platform=part.platform)


def _layer(name: str, part: int | LayerPart) -> model.Layer:
    given = LayerPart(size=part) if isinstance(part, int) else part
    unpacked = given.unpacked
    if unpacked is None:
        unpacked = int(given.size * UNPACKED_RATIO)
    files = given.files
    if files is None:
        files = max(1, unpacked // BYTES_PER_FILE)
    return model.Layer(
        name=name, size_bytes=given.size, unpacked_bytes=unpacked, files=files
    )


def assumed_images(
    references: Iterable[str], images: Mapping[str, model.Image], hosts: Iterable[str]
) -> list[model.Image]:
    """Return images for what is referred to on hosts that nobody describes.

    ``images`` are the declared ones by name, ``hosts`` the described registries.
    """
    known = {name.partition("/")[0] for name in images} | set(hosts)
    found: dict[str, model.Image] = {}
    for text in references:
        try:
            reference = docker_reference(text)
        except ImageReferenceError:
            continue  # the kubelet will say so
        if reference.domain in known:
            continue
        image = found.setdefault(
            reference.name, model.Image(name=reference.name, builds={}, tags={})
        )
        made = _assumed(reference)
        image.builds.setdefault(made.name, made)
        if reference.tag:
            image.tags[reference.tag] = made.name
    return list(found.values())


def _assumed(reference: Reference) -> model.Build:
    what = reference.digest or reference.tag or ""
    number = int(sha256(f"{reference.name} {what}".encode()).hexdigest(), 16)
    own = (ASSUMED_LEAST + number % ASSUMED_SPAN) * MEGABYTE
    name = what.removeprefix("sha256:")[:12] if reference.digest else what
    return model.Build(
        name=name,
        layers=(
            _layer(f"{reference.name} base", ASSUMED_BASE),
            _layer(f"{reference.name} {what}", own),
        ),
        known_digest=reference.digest or "",
        assumed=True,
    )
