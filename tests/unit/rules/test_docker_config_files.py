"""Which docker config a kubelet takes."""

from sim.rules.docker_config_files import (
    DEFAULT_FOLDERS,
    DockerConfigFile,
    KubeletFolders,
    search_path,
    take_file,
)

GOOD = '{"auths": {}}'


def test_there_are_eight_places_in_order() -> None:
    """Every config.json comes before any .dockercfg."""
    folders = KubeletFolders(root_dir="/data", cwd="/cwd", home="/root")

    assert search_path(folders) == (
        "/data/config.json",
        "/cwd/config.json",
        "/root/.docker/config.json",
        "/.docker/config.json",
        "/data/.dockercfg",
        "/cwd/.dockercfg",
        "/root/.dockercfg",
        "/.dockercfg",
    )


def test_without_home_its_files_are_in_the_working_directory() -> None:
    """The path is relative then."""
    folders = KubeletFolders(cwd="/cwd")

    assert "/cwd/.docker/config.json" in search_path(folders)


def test_the_first_readable_file_is_taken() -> None:
    """One that cannot be read is skipped; files are not merged."""
    files = {
        "/var/lib/kubelet/config.json": "not json",
        "/.docker/config.json": GOOD,
        "/.dockercfg": '{"r.io": {}}',
    }

    taken = take_file(files, DEFAULT_FOLDERS)

    assert taken == DockerConfigFile(path="/.docker/config.json", entries=[])
    assert take_file({"/.dockercfg": '{"r.io": {}}'}, DEFAULT_FOLDERS).entries
    assert take_file({}, DEFAULT_FOLDERS) == DockerConfigFile()
