"""The docker config files of one node, and what its kubelet has read of them.

Source: pkg/credentialprovider/provider.go (CachingDockerConfigProvider) and config.go.
"""

from collections.abc import Mapping

from sim.cluster.clock import Clock
from sim.record.rows import NONE
from sim.rules.docker_config import Config
from sim.rules.docker_config_files import (
    CACHE_US,
    DEFAULT_FOLDERS,
    DockerConfigFile,
    KubeletFolders,
    take_file,
)


class NodeDockerConfig:
    """Files by path, and the kubelet's copy of one: at most 5 minutes old.

    ``files`` are there from the start, written by the row ``row``. Nothing found is
    remembered like a file.
    """

    __slots__ = ("_env", "_files", "_folders", "_read_us", "_rows", "_taken", "row")

    def __init__(
        self,
        env: Clock,
        files: Mapping[str, str],
        folders: KubeletFolders = DEFAULT_FOLDERS,
        row: int = NONE,
    ) -> None:
        self._env = env
        self._files = dict(files)
        self._rows = dict.fromkeys(files, row)
        self._folders = folders
        self._taken = DockerConfigFile()
        self._read_us: int | None = None
        self.row = NONE

    def text(self, path: str) -> str | None:
        """Return what a file holds, None if there is no such file."""
        return self._files.get(path)

    def write(self, path: str, text: str, row: int) -> None:
        """Put a file there; the kubelet does not look before its copy is too old."""
        self._files[path] = text
        self._rows[path] = row

    def remove(self, path: str, row: int) -> None:
        """Take a file away."""
        self._files.pop(path, None)
        self._rows[path] = row

    def entries(self) -> Config:
        """Return the entries as the kubelet knows them now.

        ``row`` is then the row that wrote the file they are from, or the last that
        took one away before it was read; -1 if none ever did.
        """
        now_us = self._env.now
        if self._read_us is None or now_us - self._read_us >= CACHE_US:
            self._read_us = now_us
            self._taken = take_file(self._files, self._folders)
            gone = [row for path, row in self._rows.items() if path not in self._files]
            self.row = self._rows.get(self._taken.path, max(gone, default=NONE))
        return self._taken.entries
