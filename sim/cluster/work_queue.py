"""A controller's work queue: keys wait once, and are served in this very instant.

Client rate limits and the latency of the API server are not simulated: everything
that follows from a change happens at its time, one key after another.

Source: client-go util/workqueue.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from sim.cluster.clock import Clock

Key = TypeVar("Key")


class WorkQueue(Generic[Key]):
    """Keys in order of arrival; ``reconcile`` is called for one after another."""

    __slots__ = ("_env", "_keys", "_reconcile", "_scheduled")

    def __init__(self, env: Clock, reconcile: Callable[[Key], None]) -> None:
        self._env = env
        self._reconcile = reconcile
        self._keys: dict[Key, None] = {}
        self._scheduled = False

    def add(self, key: Key) -> None:
        """Let a key be reconciled, once, as soon as it is its turn."""
        self._keys[key] = None
        self._wake()

    def add_after(self, key: Key, delay_us: int) -> None:
        """Let a key be reconciled after a while."""
        self._env.call_after(delay_us, lambda: self.add(key))

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._env.call_after(0, self._serve)

    def _serve(self) -> None:
        self._scheduled = False
        key = next(iter(self._keys))
        del self._keys[key]
        self._reconcile(key)
        if self._keys:
            self._wake()
