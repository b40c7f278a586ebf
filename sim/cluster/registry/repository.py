"""One image on a registry: builds by digest, and tags that point to them.

Deleting a manifest leaves the tags that point to it dangling: they are listed, and
mean nothing (404). Blobs stay, until an offline collector would remove them.

Source: distribution/registry 2.8, registry/storage (tagstore.go, manifeststore.go).
"""

from sim.record.rows import NONE
from sim.scenario.model import Build


class Repository:
    """Builds and tags, each with the row of the act that set or deleted it."""

    __slots__ = ("_builds", "_deleted", "_gone", "_pushed", "_tags")

    def __init__(self) -> None:
        self._builds: dict[str, Build] = {}
        self._tags: dict[str, tuple[Build, int]] = {}
        self._pushed: dict[str, int] = {}  # by digest: the push that brought it last
        self._deleted: dict[str, int] = {}  # tags
        self._gone: dict[str, int] = {}  # digests of manifests

    def hold(self, build: Build) -> None:
        """Hold a build that no tag points to."""
        self._builds[build.digest] = build

    def push(self, tag: str, build: Build, row: int) -> None:
        """Let a tag point to a build; what it pointed to stays by digest."""
        self._builds[build.digest] = build
        self._tags[tag] = (build, row)
        self._pushed[build.digest] = row
        self._deleted.pop(tag, None)
        self._gone.pop(build.digest, None)

    def tagged(self, tag: str) -> tuple[Build, int] | None:
        """Return what a tag points to, with the row that made it so."""
        found = self._tags.get(tag)
        return None if found is None or found[0].digest in self._gone else found

    def has_tag(self, tag: str) -> bool:
        """Whether this tag is listed, if only as dangling."""
        return tag in self._tags

    def build(self, digest: str) -> Build | None:
        """Return the build with this manifest digest."""
        return self._builds.get(digest)

    def find(self, reference: str) -> tuple[Build | None, int]:
        """Return what a tag or digest means, with the row that made it so."""
        if ":" in reference:
            gone = self._gone.get(reference, NONE)
            row = self._pushed.get(reference, NONE) if gone == NONE else gone
            return self._builds.get(reference), row
        build, row = self._tags.get(reference, (None, NONE))
        if build is None:
            return None, self._deleted.get(reference, NONE)
        gone = self._gone.get(build.digest, NONE)
        return (build, row) if gone == NONE else (None, gone)

    def delete_tag(self, tag: str, row: int) -> None:
        """Let a tag mean nothing from now on."""
        del self._tags[tag]
        self._deleted[tag] = row

    def delete_manifest(self, digest: str, row: int) -> None:
        """Forget a manifest; its tags dangle."""
        del self._builds[digest]
        self._gone[digest] = row
