"""A node's containerd: version, storage, and where its images are asked for.

Source: containerd docs/hosts.md: the hosts of a registry in order, its ``server``
last; the file of a mirror itself is never read.
"""

from collections.abc import Iterator, Mapping, Sequence

from sim.errors import did_you_mean
from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.registries import NoteFault
from sim.scenario.schema.containerd import ContainerdPart, HostsPart

CAPABILITIES = ("pull", "resolve", "push")


def containerd(
    part: ContainerdPart, known: Sequence[str], fault: NoteFault, *path: Step
) -> model.ContainerdConfiguration:
    """Return the configuration of the node at ``path``; ``known`` are the hosts."""
    here = (*path, "containerd", "hosts")
    for name, hosts in part.hosts.items():
        _check(name, hosts, known, fault, *here, name)
    _check_circles(part.hosts, fault, *here)
    return model.ContainerdConfiguration(
        version=part.version,
        storage=part.storage,
        max_concurrent_downloads=part.max_concurrent_downloads,
        image_pull_progress_timeout_us=part.image_pull_progress_timeout,
        hosts={name: tuple(_entries(name, one)) for name, one in part.hosts.items()},
    )


def _entries(name: str, part: HostsPart) -> Iterator[model.RegistryHost]:
    for url, mirror in part.host.items():
        scheme, host = _split(url)
        yield model.RegistryHost(
            host=host, scheme=scheme, capabilities=tuple(mirror.capabilities)
        )
    scheme, host = _split(part.server or name)
    yield model.RegistryHost(host=host, scheme=scheme)


def _split(url: str) -> tuple[str, str]:
    scheme, found, host = url.rpartition("://")
    return (scheme if found else "https"), host


def _check(
    name: str, part: HostsPart, known: Sequence[str], fault: NoteFault, *here: Step
) -> None:
    _check_host(name, known, fault, *here)
    if part.server is not None:
        _check_host(part.server, known, fault, *here, "server")
    for url, mirror in part.host.items():
        place = (*here, "host", url)
        _check_host(url, known, fault, *place)
        wrong = [word for word in mirror.capabilities if word not in CAPABILITIES]
        for word in wrong:
            fault(
                f"capability {word!r} is not known"
                f"{did_you_mean(word, CAPABILITIES)}; known: {', '.join(CAPABILITIES)}",
                *place,
                "capabilities",
            )
        if not mirror.capabilities:
            fault("without a capability it is never asked", *place, "capabilities")


def _check_host(url: str, known: Sequence[str], fault: NoteFault, *here: Step) -> None:
    scheme, host = _split(url)
    if scheme not in ("http", "https"):
        fault(f"expected https:// or http://, found {url!r}", *here)
    elif host not in known:
        fault(
            f"no registry {host!r} is described or holds an image"
            f"{did_you_mean(host, known)}; known: {', '.join(known)}",
            *here,
            about_a_name=True,
        )


def _check_circles(
    hosts: Mapping[str, HostsPart], fault: NoteFault, *here: Step
) -> None:
    """Note mirrors that point at each other: neither need have the images."""
    mirrors = {
        name: [_split(url)[1] for url in part.host] for name, part in hosts.items()
    }
    for name, found in mirrors.items():
        for mirror in found:
            if mirror != name and name in mirrors.get(mirror, ()):
                fault(
                    f"{name} and {mirror} are mirrors of each other: name the one "
                    "that has the images as server, not as host",
                    *here,
                    name,
                )
