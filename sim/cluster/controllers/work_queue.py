"""A controller's work queue: keys wait once, and are served in this very instant.

Client rate limits and the latency of the API server are not simulated: everything
that follows from a change happens at its time, one key after another.

Source: client-go util/workqueue.
"""

from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

from sim.cluster.clock import Clock
from sim.units import MILLISECOND, SECOND

FIRST_RETRY_US = 5 * MILLISECOND
LONGEST_RETRY_US = 1000 * SECOND

Key = TypeVar("Key")


class WorkQueue(Generic[Key]):
    """Keys in order of arrival; ``reconcile`` is called for one after another."""

    __slots__ = ("_due", "_env", "_failures", "_keys", "_reconcile", "_scheduled")

    def __init__(self, env: Clock, reconcile: Callable[[Key], None]) -> None:
        self._env = env
        self._reconcile = reconcile
        self._keys: dict[Key, None] = {}
        self._due: dict[Key, int] = {}
        self._failures: Counter[Key] = Counter()
        self._scheduled = False

    def add(self, key: Key) -> None:
        """Let a key be reconciled, once, as soon as it is its turn."""
        self._keys[key] = None
        if not self._scheduled:
            self._wake()

    def add_after(self, key: Key, delay_us: int) -> None:
        """Let a key be reconciled after a while.

        A key waits for one moment only: of two that were asked for, the earlier
        stays and the other is forgotten.

        Source: delaying_queue.go, waitingLoop and insert.
        """
        due = self._env.now + delay_us
        if delay_us <= 0:
            self.add(key)
        elif due < self._due.get(key, due + 1):
            self._due[key] = due
            self._env.call_after(delay_us, lambda: self._mature(key, due))

    def rests(self, key: Key) -> bool:
        """Tell whether a key does not wait for its turn but for a moment."""
        return key in self._due and key not in self._keys

    def _mature(self, key: Key, due: int) -> None:
        if self._due.get(key) == due:
            del self._due[key]
            self.add(key)

    def add_rate_limited(self, key: Key) -> None:
        """Let a key that failed be reconciled again: 5 ms later, doubling.

        Source: default_rate_limiters.go, ItemExponentialFailureRateLimiter.
        """
        delay = min(FIRST_RETRY_US << self._failures[key], LONGEST_RETRY_US)
        self._failures[key] += 1
        self.add_after(key, delay)

    def forget(self, key: Key) -> None:
        """Begin with the first delay again: the key was reconciled."""
        self._failures.pop(key, None)

    def _wake(self) -> None:
        self._scheduled = True
        self._env.call_after(0, self._serve)

    def _serve(self) -> None:
        self._scheduled = False
        key = next(iter(self._keys))
        del self._keys[key]
        self._reconcile(key)
        if self._keys and not self._scheduled:
            self._wake()
