"""Which docker config file of a node the kubelet takes.

Source: pkg/credentialprovider/config.go (DefaultDockerConfigJSONPaths,
DefaultDockercfgPaths, ReadDockerConfigFile) and provider.go.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import field

from sim.rules.docker_config import (
    DOCKERCFG_KEY,
    Config,
    DockerConfigError,
    parse_config_json,
    parse_dockercfg,
)
from sim.units import MINUTE
from sim.value import value

CACHE_US = 5 * MINUTE
ROOT_DIR = "/var/lib/kubelet"
CONFIG_JSON = "config.json"
_HOME_FOLDER = ".docker"


@value
class KubeletFolders:
    """Where a kubelet runs: ``--root-dir``, working directory, HOME (None = not set).

    Under systemd HOME is usually not set.
    """

    root_dir: str = ROOT_DIR
    cwd: str = "/"
    home: str | None = None


@value
class DockerConfigFile:
    """The file that was taken and its entries; an empty path = none was."""

    path: str = ""
    entries: Config = field(default_factory=list)


DEFAULT_FOLDERS = KubeletFolders()


def search_path(folders: KubeletFolders) -> tuple[str, ...]:
    """Return the eight paths in order; each config.json before any .dockercfg."""
    root, cwd = folders.root_dir, folders.cwd
    # Without HOME the path is relative, hence to the working directory.
    home = posixpath.join(cwd, folders.home or "")
    places = (
        (root, CONFIG_JSON),
        (cwd, CONFIG_JSON),
        (home, _HOME_FOLDER, CONFIG_JSON),
        ("/", _HOME_FOLDER, CONFIG_JSON),
        *((folder, DOCKERCFG_KEY) for folder in (root, cwd, home, "/")),
    )
    return tuple(posixpath.normpath(posixpath.join(*place)) for place in places)


def take_file(files: Mapping[str, str], folders: KubeletFolders) -> DockerConfigFile:
    """Return the first file that parses, also one without entries; none are merged.

    ``files`` maps the paths that exist to their texts.
    """
    for path in search_path(folders) if files else ():  # most nodes have none
        if path not in files:
            continue
        parse = parse_dockercfg if path.endswith(DOCKERCFG_KEY) else parse_config_json
        try:
            return DockerConfigFile(path=path, entries=parse(files[path]))
        except DockerConfigError:
            continue
    return DockerConfigFile()
