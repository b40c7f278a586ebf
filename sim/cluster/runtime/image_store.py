"""What one node holds: blobs by digest, unpacked layers by chain, names of images.

A moved tag points to the new image; the old one stays, by its digest's name, until
somebody removes it.

Source: containerd's content, snapshot and image stores as its CRI plug-in uses them.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from sim.rules.reference import ImageReferenceError, pull_form
from sim.scenario.model import Build, Layer
from sim.value import value


@value
class ImageInfo:
    """An image as the runtime reports it.

    ``id`` is the config's digest, ``digest`` the manifest's; ``row`` is the row
    because of which the name that was asked for means this image on this node.
    ``alone`` is the ID as what most containers use, so that they share it.
    """

    id: str
    digest: str
    size_bytes: int
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    row: int
    alone: tuple[str, ...] = ()


@dataclass(slots=True)
class _Image:
    build: Build
    names: dict[str, int]  # name -> row
    infos: dict[int, ImageInfo] = field(default_factory=dict)  # by row, while it holds


class StoreWatch(Protocol):
    """Who wants to know what a node's disk gets."""

    def image_came(self, image_id: str) -> None:
        """An image has its first name."""

    def bytes_came(self) -> None:
        """There are more bytes than before."""


class ImageStore:
    """One node's images. ``used_bytes`` are stored and unpacked layers.

    ``watch`` is told what comes.
    """

    __slots__ = (
        "_blobs",
        "_chains",
        "_complete",
        "_found",
        "_images",
        "_leases",
        "_names",
        "_platform",
        "used_bytes",
        "watch",
    )

    def __init__(self, platform: str = "linux/amd64") -> None:
        self._platform = platform
        self._blobs: dict[str, int] = {}  # digest -> bytes
        self._chains: dict[str, int] = {}  # chain ID -> unpacked bytes
        # Manifest and config of what every pull asks for, as long as nothing goes.
        self._complete: dict[tuple[str, str], None] = {}
        self._images: dict[str, _Image] = {}  # config digest -> image
        self._leases: list[Build] = []
        self._names: dict[str, str] = {}  # name -> config digest
        # As it was asked for -> what was found, as long as no image changes.
        self._found: dict[str, ImageInfo] = {}
        self.used_bytes = 0
        self.watch: StoreWatch | None = None

    def find(self, image: str) -> ImageInfo | None:
        """Look an image up by a name as a pod writes it, or by its ID."""
        known = self._found.get(image)
        if known is None:
            known = self._find(image)
            if known is not None:
                self._found[image] = known
        return known

    def _find(self, image: str) -> ImageInfo | None:
        if image in self._images:
            return _info(self._images[image], -1)
        try:
            name = pull_form(image)
        except ImageReferenceError:
            return None
        config = self._names.get(name)
        if config is None:
            return None
        return _info(self._images[config], self._images[config].names[name])

    def has_blob(self, digest: str) -> bool:
        """Whether a blob is in the content store."""
        return digest in self._blobs

    def is_complete(self, build: Build) -> bool:
        """Whether a pull of this build would find everything here."""
        key = build.digest, build.config_digest
        if key not in self._complete:
            blobs = all(map(self.has_blob, self._manifests(build)))
            if not blobs or not all(map(self.has_chain, chain_ids(build))):
                return False
            self._complete[key] = None
        return True

    def add_blob(self, digest: str, size_bytes: int = 0) -> None:
        """A blob was stored; manifests and configs count as nothing."""
        self._put(self._blobs, digest, size_bytes)

    def has_chain(self, chain: str) -> bool:
        """Whether a layer is unpacked on top of those below it."""
        return chain in self._chains

    def add_chain(self, chain: str, layer: Layer) -> None:
        """A layer was unpacked."""
        self._put(self._chains, chain, layer.unpacked_bytes)

    def _put(self, place: dict[str, int], key: str, size_bytes: int) -> None:
        if key not in place:
            place[key] = size_bytes
            self.used_bytes += size_bytes
            if self.watch is not None:
                self.watch.bytes_came()

    def _drop(self, place: dict[str, int], key: str) -> None:
        self._complete.clear()
        self.used_bytes -= place.pop(key, 0)

    def add_all(self, build: Build) -> None:
        """Put a whole build here at once."""
        for digest in self._manifests(build):
            self.add_blob(digest)
        for layer, chain in zip(build.layers, chain_ids(build), strict=True):
            self.add_blob(layer.digest, layer.size_bytes)
            self.add_chain(chain, layer)

    def lease(self, build: Build) -> None:
        """Keep what is here of a build until ``end_lease``: it is being pulled."""
        self._leases.append(build)

    def end_lease(self, build: Build) -> None:
        """A pull of this build is over."""
        self._leases.remove(build)

    def row_of(self, name: str, build: Build) -> int | None:
        """Return the row by which a name means this build, None if it does not."""
        if self._names.get(name) != build.config_digest:
            return None
        return self._images[build.config_digest].names[name]

    def point(self, name: str, build: Build, row: int) -> None:
        """Let a name mean a build from now on; ``row`` says why."""
        self._found.clear()
        before = self._names.get(name)
        if before is not None:
            self._images[before].names.pop(name, None)
            self._images[before].infos.clear()
        self._names[name] = build.config_digest
        image = self._images.get(build.config_digest)
        if image is None:
            image = self._images[build.config_digest] = _Image(build=build, names={})
            if self.watch is not None:
                self.watch.image_came(build.config_digest)
        image.names[name] = row
        image.infos.clear()

    def images(self) -> list[ImageInfo]:
        """All images, in the order in which they came."""
        return [_info(image, -1) for image in self._images.values()]

    def remove(self, image_id: str) -> int:
        """Remove an image with its names and what no other needs; return the bytes.

        Pulls under way need what their builds share with it.
        """
        if image_id not in self._images:
            return 0
        self._found.clear()
        before = self.used_bytes
        image = self._images.pop(image_id)
        for name in image.names:
            self._names.pop(name, None)
        others = [*(other.build for other in self._images.values()), *self._leases]
        kept_chains = {chain for build in others for chain in chain_ids(build)}
        kept_blobs = {digest for build in others for digest in self._all_blobs(build)}
        for chain in chain_ids(image.build):
            if chain not in kept_chains:
                self._drop(self._chains, chain)
        for digest in self._all_blobs(image.build):
            if digest not in kept_blobs:
                self._drop(self._blobs, digest)
        return before - self.used_bytes

    def _manifests(self, build: Build) -> tuple[str, ...]:
        manifest = build.manifest_digest(self._platform)
        return build.digest, manifest, build.config_digest

    def _all_blobs(self, build: Build) -> list[str]:
        return [*(layer.digest for layer in build.layers), *self._manifests(build)]


def chain_ids(build: Build) -> tuple[str, ...]:
    """The chain ID of each layer: what is in it and in all layers below."""
    return _chain_ids(tuple(layer.digest for layer in build.layers))


@lru_cache(maxsize=4096)
def _chain_ids(digests: tuple[str, ...]) -> tuple[str, ...]:
    chains: list[str] = []
    chain = ""
    for digest in digests:
        chain = sha256(f"{chain} {digest}".encode()).hexdigest()
        chains.append(chain)
    return tuple(chains)


def _info(image: _Image, row: int) -> ImageInfo:
    known = image.infos.get(row)
    if known is None:
        known = image.infos[row] = ImageInfo(
            id=image.build.config_digest,
            digest=image.build.digest,
            size_bytes=image.build.size_bytes,
            repo_tags=tuple(name for name in image.names if "@" not in name),
            repo_digests=tuple(name for name in image.names if "@" in name),
            row=row,
            alone=(image.build.config_digest,),
        )
    return known
