"""The snapshots of one node: layers are unpacked in order, each chain once.

The lock of a chain is taken from the bottom up and held from before the wait for its
layer to its commit; downloads start at the first chain that is missing. So of two
pulls with common lower layers the second downloads nothing until those are there.

Source: containerd core/unpack/unpacker.go (unpack, lockSnChainID).
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.runtime.image_store import ImageStore, chain_ids
from sim.cluster.runtime.pull_request import PullError
from sim.rules.runtime_profile import RuntimeProfile
from sim.scenario.model import Build, Layer

# Starts the downloads of layers; each event's value is None, or why it failed.
Start = Callable[[Sequence[Layer]], Sequence[simpy.Event | None]]


class Unpacker:
    """Unpacks for all pulls of a node."""

    __slots__ = ("_env", "_profile", "_store", "_waiting")

    def __init__(self, env: Clock, store: ImageStore, profile: RuntimeProfile) -> None:
        self._env = env
        self._store = store
        self._profile = profile
        self._waiting: dict[str, list[simpy.Event]] = {}  # by chain under way

    def unpack(self, build: Build, start: Start) -> Generator[simpy.Event, Any, None]:
        """Have all layers of a build unpacked; raises ``PullError``."""
        arrivals: list[simpy.Event | None] = []
        layers = build.layers
        for number, chain in enumerate(chain_ids(build)):
            while chain in self._waiting:
                turn = self._env.event()
                self._waiting[chain].append(turn)
                yield turn
            if self._store.has_chain(chain):
                continue
            self._waiting[chain] = []
            try:
                if not arrivals:
                    arrivals += [None] * number
                    arrivals += start(layers[number:])
                yield from self._unpack(layers[number], chain, arrivals[number])
            finally:
                for turn in self._waiting.pop(chain):
                    turn.succeed()

    def _unpack(
        self, layer: Layer, chain: str, arrival: simpy.Event | None
    ) -> Generator[simpy.Event, Any, None]:
        if arrival is not None:
            failure: PullError | None = yield arrival
            if failure is not None:
                raise failure
        yield self._env.delay(
            self._profile.unpack_us(layer.size_bytes, layer.unpacked_bytes, layer.files)
        )
        self._store.add_chain(chain, layer)
