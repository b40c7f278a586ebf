"""Who may pull when: the kubelet's serialized and parallel image pullers.

A request waits for its turn, then the QPS limit is asked (which refuses instead of
waiting), then the runtime is called. Requests are served in order of arrival.

Source: pkg/kubelet/images/puller.go and helpers.go (throttledImageService).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from sim.cluster.clock import Clock
from sim.scenario.model import KubeletConfiguration


class Puller:
    """Slots for pulls: one when serialized, n when limited, else as many as come.

    Upstream's serialized puller is a queue with one consumer, the parallel one a
    semaphore; with requests served in order both are a counter and a queue.
    """

    __slots__ = ("_env", "_free", "_serialized", "_waiting")

    def __init__(self, env: Clock, config: KubeletConfiguration) -> None:
        self._env = env
        self._waiting: list[Callable[[], None]] = []  # a deque takes 600 bytes
        self._serialized = config.serialize_image_pulls
        if config.serialize_image_pulls:
            self._free: int | None = 1
        else:
            self._free = config.max_parallel_image_pulls

    @property
    def is_free(self) -> bool:
        """Whether pulls go one after another, and none is under way."""
        return self._serialized and self._free == 1

    def request(self, turn: Callable[..., None], *arguments: Any) -> None:
        """Call ``turn`` when there is a slot for it, which may be now."""
        if self._free is None:
            turn(*arguments)
        elif self._free > 0:
            self._free -= 1
            turn(*arguments)
        else:
            self._waiting.append(partial(turn, *arguments))

    def release(self) -> None:
        """Hand the slot to the next in line."""
        if self._free is None:
            return
        if self._waiting:
            self._env.call_after(0, self._waiting.pop(0))
        else:
            self._free += 1
