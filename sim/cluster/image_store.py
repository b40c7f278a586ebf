"""What one node holds: blobs by digest, unpacked layers by chain, names of images.

A moved tag points to the new image; the old one stays, by its digest's name, until
somebody removes it.

Source: containerd's content, snapshot and image stores as its CRI plug-in uses them.
"""

from dataclasses import dataclass
from hashlib import sha256

from sim.rules.reference import ImageReferenceError, pull_form
from sim.scenario.model import Build, Layer


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageInfo:
    """An image as the runtime reports it.

    ``id`` is the config's digest, ``digest`` the manifest's; ``row`` is the row
    because of which the name that was asked for means this image on this node.
    """

    id: str
    digest: str
    size_bytes: int
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    row: int


@dataclass(slots=True)
class _Image:
    build: Build
    names: dict[str, int]  # name -> row


class ImageStore:
    """One node's images."""

    __slots__ = ("_chains", "_images", "_names", "blobs")

    def __init__(self) -> None:
        self.blobs: set[str] = set()
        self._chains: dict[str, int] = {}  # chain ID -> unpacked bytes
        self._images: dict[str, _Image] = {}  # config digest -> image
        self._names: dict[str, str] = {}  # name -> config digest

    def find(self, image: str) -> ImageInfo | None:
        """Look an image up by a name as a pod writes it, or by its ID."""
        if image in self._images:
            found, row = self._images[image], -1
            return _info(found, row)
        try:
            name = pull_form(image)
        except ImageReferenceError:
            return None
        config = self._names.get(name)
        if config is None:
            return None
        return _info(self._images[config], self._images[config].names[name])

    def holds(self, build: Build) -> bool:
        """Whether everything of a build is here and unpacked."""
        return build.digest in self.blobs and all(
            chain in self._chains for chain in chain_ids(build)
        )

    def has_chain(self, chain: str) -> bool:
        """Whether a layer is unpacked on top of those below it."""
        return chain in self._chains

    def add_chain(self, chain: str, layer: Layer) -> None:
        """A layer was unpacked."""
        self._chains[chain] = layer.unpacked_bytes

    def add_all(self, build: Build) -> None:
        """Put a whole build here at once."""
        self.blobs |= {build.digest, build.config_digest}
        for layer, chain in zip(build.layers, chain_ids(build), strict=True):
            self.blobs.add(layer.digest)
            self._chains[chain] = layer.unpacked_bytes

    def means(self, name: str, build: Build) -> bool:
        """Whether a name already points to this build."""
        return self._names.get(name) == build.config_digest

    def point(self, name: str, build: Build, row: int) -> None:
        """Let a name mean a build from now on; ``row`` says why."""
        before = self._names.get(name)
        if before is not None:
            self._images[before].names.pop(name, None)
        self._names[name] = build.config_digest
        image = self._images.setdefault(
            build.config_digest, _Image(build=build, names={})
        )
        image.names[name] = row

    def images(self) -> list[ImageInfo]:
        """All images, in the order in which they came."""
        return [_info(image, -1) for image in self._images.values()]

    def remove(self, image_id: str) -> int:
        """Remove an image with its names and what no other needs; return the bytes."""
        if image_id not in self._images:
            return 0
        before = self.used_bytes
        image = self._images.pop(image_id)
        for name in image.names:
            self._names.pop(name, None)
        kept_chains = {c for i in self._images.values() for c in chain_ids(i.build)}
        for chain in chain_ids(image.build):
            if chain not in kept_chains:
                self._chains.pop(chain, None)
        kept = {
            digest for other in self._images.values() for digest in _blobs(other.build)
        }
        self.blobs -= _blobs(image.build) - kept
        return before - self.used_bytes

    @property
    def used_bytes(self) -> int:
        """Stored and unpacked bytes."""
        sizes = {
            layer.digest: layer.size_bytes
            for image in self._images.values()
            for layer in image.build.layers
        }
        stored = sum(size for digest, size in sizes.items() if digest in self.blobs)
        return stored + sum(self._chains.values())


def chain_ids(build: Build) -> list[str]:
    """The chain ID of each layer: what is in it and in all layers below."""
    chains: list[str] = []
    chain = ""
    for layer in build.layers:
        chain = sha256(f"{chain} {layer.digest}".encode()).hexdigest()
        chains.append(chain)
    return chains


def _blobs(build: Build) -> set[str]:
    layers = {layer.digest for layer in build.layers}
    return layers | {build.digest, build.config_digest}


def _info(image: _Image, row: int) -> ImageInfo:
    tags = tuple(name for name in image.names if "@" not in name)
    digests = tuple(name for name in image.names if "@" in name)
    return ImageInfo(
        id=image.build.config_digest,
        digest=image.build.digest,
        size_bytes=image.build.size_bytes,
        repo_tags=tags,
        repo_digests=digests,
        row=row,
    )
