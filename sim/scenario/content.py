"""What builds hold: declared layers, and a plausible size where nobody declares any.

A registry that a scenario describes, or declares images of, holds those and nothing
else: a misspelt tag is not found there. Every other registry, and one that ``holds``
anything, holds whatever is asked for, but for images declared without any builds. How
large such an image is, is assumed: one layer of 30 MB that all its tags share, and one
of 20 to 139 MB by the digest of what was asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

from sim.rules.reference import ImageReferenceError, Reference, docker_reference
from sim.scenario import model
from sim.scenario.presets import layers_of
from sim.scenario.schema.images import BuildPart, ImagePart, LayerPart
from sim.scenario.schema.registries import RegistryPart

UNPACKED_RATIO = 2.7
BYTES_PER_FILE = 100_000
MEGABYTE = 1_000_000
ASSUMED_BASE = 30 * MEGABYTE
ASSUMED_LEAST = 20
ASSUMED_SPAN = 120


def with_preset(part: ImagePart) -> ImagePart:
    """Return an image whose ``preset`` is written as a build and a tag."""
    if part.preset is None or part.builds is not None:
        return part
    builds = {part.preset: BuildPart(preset=part.preset)}
    tags = part.tags or {"latest": part.preset}
    return part.model_copy(update={"builds": builds, "tags": tags})


def declared_build(name: str, part: BuildPart) -> model.Build:
    """Return a declared build; a preset that is not known adds nothing."""
    below: dict[str, int | LayerPart] = {**(layers_of(part.preset or "") or {})}
    given, platform = below | part.layers, part.platform or "linux/amd64"
    if part.size is not None:
        given, platform = {part.digest or name: part.size}, part.platform or ""
    return model.Build(
        name=name,
        layers=tuple(_layer(n, layer) for n, layer in given.items()),
        platform=platform,
        known_digest=part.digest,
    )


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


def with_assumed(
    images: Mapping[str, model.Image],
    references: Iterable[str],
    registries: Mapping[str, RegistryPart],
    running: Mapping[str, str] | None = None,
) -> list[model.Image]:
    """Return all images: the declared, and what is referred to and may be assumed.

    ``images`` are the declared ones by name, ``registries`` the described hosts,
    ``running`` the digests that names mean to containers that run already.
    """
    closed = {name.partition("/")[0] for name in images} | set(registries)
    closed -= {host for host, one in registries.items() if one.holds == "anything"}
    running = running or {}
    ran = frozenset(running.values())
    found = dict(images)
    for text in references:
        try:
            reference = _at_origin(docker_reference(text), registries)
        except ImageReferenceError:
            continue  # the kubelet will say so
        known = found.get(reference.name)
        if known and _has(known, reference):
            continue
        missing = known is not None and not known.builds
        # What runs was there once, whatever is declared.
        there = reference.digest in ran
        if (reference.domain in closed or missing) and not there:
            continue
        digest = reference.digest or running.get(text, "")
        found[reference.name] = _with(known, reference, digest)
    return list(found.values())


def _at_origin(
    reference: Reference, registries: Mapping[str, RegistryPart]
) -> Reference:
    """Return a reference by the host that has the content, if it names a cache."""
    host = reference.domain
    for _ in registries:  # caches in a circle are a fault, and end here
        part = registries.get(host)
        if part is None or part.cache_of is None:
            break
        host = part.cache_of
    return replace(reference, domain=host)


def _has(image: model.Image, reference: Reference) -> bool:
    if reference.digest:
        return any(b.digest == reference.digest for b in image.builds.values())
    return reference.tag in image.tags


def _with(image: model.Image | None, reference: Reference, digest: str) -> model.Image:
    """Return an image with what a reference asks for."""
    builds = image.builds if image else {}
    tags = image.tags if image else {}
    made = next((b for b in builds.values() if digest and b.digest == digest), None)
    made = made or _assumed(reference, digest)
    return model.Image(
        name=reference.name,
        builds={made.name: made, **builds},
        tags=tags | ({reference.tag: made.name} if reference.tag else {}),
    )


def _assumed(reference: Reference, digest: str) -> model.Build:
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
        platform="",
        known_digest=digest,
        assumed=True,
    )
