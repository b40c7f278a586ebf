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
        return random.Random(self._number(entity, purpose, 16)).random

    def retry_key(self, uid: str) -> int:
        """Return the key of the jitter of one pod's failed syncs.

        For what is drawn with a key see ``numbered_draws``.
        """
        return self._number(f"pod/{uid}", "requeue", 8)

    def coin_key(self, node: str) -> int:
        """Return the key of a node's tosses, tick against housekeeping."""
        return self._number(node, "housekeeping", 8)

    def _number(self, entity: str, purpose: str, size: int) -> int:
        text = f"{self._seed}\0{entity}\0{purpose}".encode()
        return int.from_bytes(blake2b(text, digest_size=size).digest(), "big")


def uniform_us(draw: Draw, low_us: int, high_us: int) -> int:
    """Return a whole number of microseconds, ``low_us <= x < high_us``."""
    return low_us + int(draw() * (high_us - low_us))
