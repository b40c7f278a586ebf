"""Random streams: one per entity and purpose, all from the scenario's seed.

A stream is ``random.Random`` seeded by a hash of seed, entity and purpose; only
``random()`` is drawn, whose sequence Python promises to keep. Adding a node leaves
every other node's draws alone, and variants share their random numbers.
"""

import random
from collections.abc import Callable
from hashlib import blake2b
from zlib import crc32

Draw = Callable[[], float]


class Streams:
    """Makes named streams of uniform numbers in [0, 1)."""

    __slots__ = ("_requeues", "_seed")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._requeues = self._number("pods", "requeue", 8)

    def stream(self, entity: str, purpose: str) -> Draw:
        """Return the stream of one entity (``node/worker-1``) and one purpose."""
        return random.Random(self._number(entity, purpose, 16)).random

    def pod_key(self, name: str, created_us: int) -> int:
        """Return the key of the jitter of one pod's requeues.

        For what is drawn with a key see ``numbered_draws``. A checksum will do: two
        pods that share a key have like looks, no more.
        """
        pod = crc32(name.encode()) << 32 | created_us & 0xFFFFFFFF
        return self._requeues ^ pod

    def coin_key(self, node: str) -> int:
        """Return the key of a node's tosses, tick against housekeeping."""
        return self._number(node, "housekeeping", 8)

    def _number(self, entity: str, purpose: str, size: int) -> int:
        text = f"{self._seed}\0{entity}\0{purpose}".encode()
        return int.from_bytes(blake2b(text, digest_size=size).digest(), "big")


def uniform_us(draw: Draw, low_us: int, high_us: int) -> int:
    """Return a whole number of microseconds, ``low_us <= x < high_us``."""
    return low_us + int(draw() * (high_us - low_us))
