"""Image names as Kubernetes reads them, before anything reaches the runtime.

Source: pkg/util/parsers/parsers.go and pkg/kubelet/images/image_manager.go.
"""

from dataclasses import dataclass
from functools import lru_cache

from sim.rules.go_text import quote
from sim.rules.reference import (
    DEFAULT_TAG,
    ImageReferenceError,
    parse,
    parse_normalized,
)


class ImageNameError(ValueError):
    """Kubernetes cannot read an image name; the text is the one it prints."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageName:
    """Canonical repository, tag and digest; empty where there is none."""

    repository: str
    tag: str
    digest: str


@lru_cache(maxsize=4096)
def parse_image_name(image: str) -> ImageName:
    """Parse a pod's image; the tag is ``latest`` only without tag and digest.

    Raises ``ImageNameError``. Source: parsers.go, ParseImageName.
    """
    try:
        reference = parse_normalized(image)
    except ImageReferenceError as error:
        text = f"couldn't parse image name {quote(image)}: {error}"
        raise ImageNameError(text) from error
    tag, digest = reference.tag or "", reference.digest or ""
    if not tag and not digest:
        tag = DEFAULT_TAG
    return ImageName(repository=reference.name, tag=tag, digest=digest)


@lru_cache(maxsize=4096)
def apply_default_tag(image: str) -> str:
    """What the kubelet hands to the runtime: as written, plus a missing tag.

    Raises ``ImageNameError``. Source: image_manager.go, applyDefaultImageTag.
    """
    name = parse_image_name(image)
    as_written = parse_normalized(image)
    if as_written.tag or as_written.digest:
        return image
    return f"{image}:{name.tag}"


@lru_cache(maxsize=4096)
def trim_to_repository(image: str) -> str:
    """The name as written without tag and digest; nothing is added.

    Raises ``ImageReferenceError``. Source: pullmanager, trimImageTagDigest.
    """
    return parse(image).name


@lru_cache(maxsize=4096)
def canonical_repository(image: str) -> str:
    """The name with Docker Hub's host and ``library/`` added, without tag and digest.

    Raises ``ImageReferenceError``. Source: pullmanager, trimImageTagDigest up to v1.35.
    """
    return parse_normalized(image).name
