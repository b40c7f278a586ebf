"""What a node fetches at the same time: each blob once, so many at a time.

Who needs a blob that is being fetched waits, in its download slot, and finds it. What
a failed fetch had written stays, and is continued by the next.

Source: containerd core/unpack/unpacker.go (lockBlobDescriptor, limiter) and the
ingests of plugins/content/local.
"""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.registry.body import Body
from sim.cluster.runtime.image_store import ImageStore
from sim.cluster.runtime.pull_request import PullError

Wait = Generator[simpy.Event, Any, None]
Fetch = Callable[[Body], Wait]


class DownloadSlots:
    """``max_concurrent_downloads``: of a pull, or of the whole daemon; in order."""

    __slots__ = ("_env", "_free", "_waiting")

    def __init__(self, env: Clock, count: int) -> None:
        self._env = env
        self._free = count
        self._waiting: list[simpy.Event] = []

    def take(self) -> Wait:
        """Wait for a slot; who is interrupted meanwhile has none."""
        if self._free:
            self._free -= 1
            return
        turn = self._env.event()
        self._waiting.append(turn)
        try:
            yield turn
        except simpy.Interrupt:
            if turn.triggered:
                self.release()
            else:
                self._waiting.remove(turn)
            raise

    def release(self) -> None:
        """Hand the slot to the next in line."""
        if self._waiting:
            self._waiting.pop(0).succeed()
        else:
            self._free += 1


class Content:
    """The content store of one node, as far as blobs are on their way to it."""

    __slots__ = ("_env", "_ingests", "_store", "_waiting")

    def __init__(self, env: Clock, store: ImageStore) -> None:
        self._env = env
        self._store = store
        self._ingests: dict[str, Body] = {}
        self._waiting: dict[str, list[simpy.Event]] = {}

    def bring(self, body: Body, fetch: Fetch, stored_bytes: int = 0) -> Wait:
        """Have a blob, by fetching it unless somebody does; raises ``PullError``.

        ``stored_bytes`` are what it counts on disk.
        """
        digest = body.digest
        while not self._store.has_blob(digest):
            waiting = self._waiting.get(digest)
            if waiting is not None:
                turn = self._env.event()
                waiting.append(turn)
                yield turn
                continue
            self._waiting[digest] = []
            body = self._ingests.setdefault(digest, body)
            try:
                yield from fetch(body)
                del self._ingests[digest]
                self._store.add_blob(digest, stored_bytes)
            except (PullError, simpy.Interrupt):
                self._give_up(body)
                raise
            finally:
                for turn in self._waiting.pop(digest):
                    turn.succeed()

    def _give_up(self, body: Body) -> None:
        body.keep_written()
        if body.corrupt or not body.received:
            self._ingests.pop(body.digest, None)
