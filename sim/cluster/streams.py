"""Random streams: one per entity and purpose, all from the scenario's seed.

A stream is ``random.Random`` seeded by a hash of seed, entity and purpose; only
``random()`` is drawn, whose sequence Python promises to keep. Adding a node leaves
every other node's draws alone, and variants share their random numbers.
"""

import random
from collections.abc import Callable
from hashlib import blake2b

Draw = Callable[[], float]


class Streams:
    """Makes named streams of uniform numbers in [0, 1)."""

    __slots__ = ("_seed",)

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def stream(self, entity: str, purpose: str) -> Draw:
        """Return the stream of one entity (``node/worker-1``) and one purpose."""
        text = f"{self._seed}\0{entity}\0{purpose}".encode()
        digest = blake2b(text, digest_size=16).digest()
        return random.Random(int.from_bytes(digest, "big")).random


def uniform_us(draw: Draw, low_us: int, high_us: int) -> int:
    """Return a whole number of microseconds, ``low_us <= x < high_us``."""
    return low_us + int(draw() * (high_us - low_us))
