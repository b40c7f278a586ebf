"""What one registry holds itself: repositories, and blobs that they share."""

from sim.cluster.registry.body import Body
from sim.cluster.registry.repository import Repository
from sim.cluster.registry.request import NOT_FOUND, OK, Found, Request
from sim.scenario import model

_HERE = Found(status=OK)


class RegistryStore:
    """The content of one host; ``repositories`` are by name.

    Requests for a repository of another host are those of a mirror: it looks for the
    same path in its own.
    """

    __slots__ = ("_asked", "_blobs", "_deleted", "_host", "repositories")

    def __init__(self, host: str) -> None:
        self._host = host
        self._blobs: dict[str, None] = {}
        self._deleted: dict[str, int] = {}  # manifest -> row, while it is not here
        self.repositories: dict[str, Repository] = {}
        self._asked: dict[str, Repository] = {}  # by the names asked for

    def repository(self, image: str) -> Repository:
        """Return the repository of this name here, whatever host the name has."""
        found = self._asked.get(image)
        if found is None:
            path = image.partition("/")[2]
            found = self.repositories.setdefault(f"{self._host}/{path}", Repository())
            self._asked[image] = found
        return found

    def hold(self, image: str, build: model.Build) -> None:
        """Have the manifests and blobs of a build."""
        self.repository(image).hold(build)
        digests = [layer.digest for layer in build.layers]
        self._blobs |= dict.fromkeys([*digests, build.digest, build.config_digest])
        self._deleted.pop(build.digest, None)

    def delete_manifest(self, image: str, digest: str, row: int) -> None:
        """Serve this manifest of a repository no longer; its blobs stay."""
        self.repository(image).delete_manifest(digest, row)
        if all(one.build(digest) is None for one in self.repositories.values()):
            self._blobs.pop(digest, None)
            self._deleted[digest] = row

    # --- what requests find (see registry.Lookup) ---

    def meaning(self, request: Request, repository: str, reference: str) -> Found:
        """Return what a tag or digest means now."""
        del request
        build, source = self.repository(repository).find(reference)
        status = OK if build else NOT_FOUND
        return Found(status=status, build=build, source=source)

    def content(self, request: Request, what: str, body: Body) -> Found:
        """Look for a blob or manifest.

        A manifest may have been deleted since the pull asked what its tag means.
        """
        del what
        digest = body.index or body.digest
        if digest in self._blobs:
            return _HERE
        gone = self._deleted.get(digest, request.wanted)
        return Found(status=NOT_FOUND, source=gone)
