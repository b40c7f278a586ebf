"""The bench of the measurements: one registry and nodes that pull, on the clock.

It turns a row's parameters into the registries, nodes and images that the cluster
itself uses; constants are the runtime's own and cannot be given here.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.network import Network
from sim.cluster.registry.registries import Registries
from sim.cluster.runtime.container_runtime import ContainerRuntime, PullResult
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.rules.keyring import Credential
from sim.rules.runtime_profile import Containerd, Storage
from sim.scenario import model
from sim.units import MILLISECOND, SECOND

HOST = "reg.test"
GOODPUT = 0.936
VERSIONS = {"1.6.20": Containerd.V1_6, "2.1.9": Containerd.V2_1}
MB = 1_000_000


def layer(
    name: str, mb: float = 10, unpacked_mb: float | None = None, files: int = 8
) -> model.Layer:
    """A layer of ``mb`` compressed; one whose unpacked size is given is not scaled."""
    scale = 1.0004 if unpacked_mb is None else 1
    unpacked = mb * 1.001 if unpacked_mb is None else unpacked_mb
    return model.Layer(
        name=name,
        size_bytes=round(mb * scale * MB),
        unpacked_bytes=round(unpacked * MB),
        files=files,
    )


def build(name: str, layers: Sequence[model.Layer]) -> model.Build:
    """An image with the config of the measurements."""
    return model.Build(name=name, layers=tuple(layers), config_bytes=560)


def mbit(text: str) -> int:
    """Return the payload that a link of so many raw Mbit/s carries, bytes a second."""
    return round(float(text) * MB / 8 * GOODPUT)


def by_node(text: str) -> dict[str, str]:
    """Return what a list gives for each node; one value is for all ("")."""
    if " " not in text:
        return {"": text}
    return dict(item.split() for item in text.split("/"))


class Bench:
    """One registry with repositories of one tag each, and nodes with empty stores."""

    def __init__(
        self,
        version: str,
        params: Mapping[str, str],
        images: Mapping[str, Sequence[model.Build]],
        registries: Sequence[model.Registry] = (),
        hosts: Sequence[model.RegistryHost] = (model.RegistryHost(host=HOST),),
    ) -> None:
        self._params = params
        self._version = VERSIONS[version]
        self._hosts = tuple(replace(host, scheme="http") for host in hosts)
        self.env = Clock()
        self.log = EventLog(lambda: self.env.now)
        declared = [
            model.Image(
                name=f"{HOST}/app/{name}",
                builds={one.name: one for one in builds},
                tags={"v1": builds[0].name},
            )
            for name, builds in images.items()
        ]
        self.registries = Registries(
            self.env,
            self.log,
            Network(self.env),
            [registry_of(params), *registries],
            declared,
        )
        self.registries.push_initial_tags()
        self._nodes: dict[str, ContainerRuntime] = {}

    def node(self, name: str) -> ContainerRuntime:
        """Return the runtime of a node, new if it was not asked for before."""
        if name not in self._nodes:
            group = self._group(name)
            self._nodes[name] = ContainerRuntime(
                self.env,
                self.log,
                self.log.names.id(name),
                group,
                registries=self.registries,
            )
        return self._nodes[name]

    def _group(self, name: str) -> model.NodeGroup:
        params = self._params
        caps = by_node(params.get("node_mbit", "0"))
        cap = caps.get(name, caps.get("", "0"))
        limits = by_node(params.get("max_dl", "3"))
        timeout_s = float(params.get("progress_timeout_s", "300"))
        return model.NodeGroup(
            name=name,
            names=(name,),
            bandwidth=mbit(cap) or None,
            containerd=model.ContainerdConfiguration(
                version=self._version,
                storage=Storage(params.get("fs", "memory")),
                max_concurrent_downloads=int(limits.get(name, limits.get("", "3"))),
                image_pull_progress_timeout_us=round(timeout_s * SECOND),
                hosts={HOST: self._hosts},
            ),
        )

    def pull(
        self,
        node: str,
        image: str,
        *,
        after_s: float = 0,
        credential: Credential | None = None,
    ) -> simpy.Process:
        """Begin a pull; the value is its result and its length in seconds."""
        return self.env.process(self._pull(node, image, after_s, credential))

    def _pull(
        self, node: str, image: str, after_s: float, credential: Credential | None
    ) -> Generator[simpy.Event, Any, tuple[PullResult, float]]:
        yield self.env.timeout(round(after_s * SECOND))
        began_us = self.env.now
        asked = PullImageRequest(image=image, credential=credential)
        result = yield from self.node(node).pull_image(asked)
        return result, (self.env.now - began_us) / SECOND

    def end(self, pull: simpy.Process) -> tuple[PullResult, float]:
        """Run until a pull has ended; return its result and its length in seconds."""
        self.env.run(until=pull)
        ended: Any = pull.value
        result, length_s = ended
        return result, length_s

    def requests(self, host: str = HOST) -> list[Row]:
        """Return the requests that a host has answered so far."""
        return [
            row
            for row in self.log.rows(Kind.REQUEST)
            if row.object == host and "refused" not in row.text
        ]


def registry_of(params: Mapping[str, str]) -> model.Registry:
    """Return the registry of a case, behind its link."""
    each = round(float(params.get("per_conn_MiBps", "0")) * 2**20)
    return model.Registry(
        host=HOST,
        latency_us=round(float(params.get("rtt_ms", "0")) * MILLISECOND),
        bandwidth=mbit(params.get("link_mbit", "0")) or None,
        fairness="node" if params.get("queue") == "fair" else "flow",
        connection_bandwidth=each or None,
        connection_burst_us=round(float(params.get("per_conn_burst_s", "0")) * SECOND),
    )
