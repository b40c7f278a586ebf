"""The files of one node that its kubelet may take credentials from.

Source: pkg/credentialprovider/provider.go. The kubelet is a systemd unit: its working
directory is ``/`` and it has no ``HOME``, so that it does not look into ``/root``.
"""

KUBELET_CONFIG = "/var/lib/kubelet/config.json"
SEARCH_PATH = (
    KUBELET_CONFIG,
    "/config.json",
    "/.docker/config.json",
    "/var/lib/kubelet/.dockercfg",
    "/.dockercfg",
)


class NodeFiles:
    """Texts by absolute path, each with the row of the act that wrote it.

    ``read_row`` is the row of the file that was first in the search path when the
    kubelet last read it, the node's own row if it found none.
    """

    __slots__ = ("_files", "_row", "read_row")

    def __init__(self, docker_config: str | None, row: int) -> None:
        self._files: dict[str, tuple[str, int]] = {}
        self._row = self.read_row = row
        if docker_config is not None:
            self.write(KUBELET_CONFIG, docker_config, row)

    def write(self, path: str, text: str, row: int) -> None:
        """Write a file, or write it anew."""
        self._files[path] = (text, row)

    def text(self, path: str) -> str | None:
        """Return what a file holds, None if there is no such file."""
        return self._files[path][0] if path in self._files else None

    def search(self) -> list[tuple[str, str]]:
        """Return the files of the kubelet's search path that exist, as path, text."""
        found = [path for path in SEARCH_PATH if path in self._files]
        self.read_row = self._files[found[0]][1] if found else self._row
        return [(path, self._files[path][0]) for path in found]
