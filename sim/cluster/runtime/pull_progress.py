"""Who gives a pull up that brings no bytes: image_pull_progress_timeout.

Bytes are looked at from time to time, in whole MiB, and only while a download has its
first: a pull is given up at the first look that is more than the time-out after the
look that saw the last new bytes.

Source: containerd internal/cri/server/images/image_pull.go (pullProgressReporter) and
core/content/helpers.go (copies are written in buffers of a MiB).
"""

from collections.abc import Callable

from sim.cluster.clock import Clock
from sim.cluster.registry.body import Body
from sim.units import SECOND

INTERVAL_US = 10 * SECOND


class PullProgress:
    """Watches the downloads of one pull; the times of looks count from its start."""

    __slots__ = (
        "_before",
        "_bodies",
        "_env",
        "_give_up",
        "_interval_us",
        "_most",
        "_seen_us",
        "_started_us",
        "_timeout_us",
        "_watching",
    )

    def __init__(
        self, env: Clock, started_us: int, timeout_us: int, give_up: Callable[[], None]
    ) -> None:
        self._env = env
        self._timeout_us = timeout_us
        self._give_up = give_up
        short = 0 < timeout_us < INTERVAL_US
        self._interval_us = timeout_us // 2 if short else INTERVAL_US
        self._started_us = started_us
        self._seen_us = started_us
        self._bodies: dict[Body, None] = {}
        self._before = 0  # bytes of what is complete
        self._most = 0
        self._watching = False

    def stop(self) -> None:
        """The pull is over: nobody is there to give it up."""
        self._give_up = _nothing

    def begin(self, body: Body) -> None:
        """A download begins."""
        self._bodies[body] = None
        if self._timeout_us and not self._watching:
            self._watching = True
            past = (self._env.now - self._started_us) % self._interval_us
            self._seen_us = self._env.now - past
            self._look_later()

    def end(self, body: Body) -> None:
        """A download is over."""
        del self._bodies[body]
        self._before += body.written(self._env.now)

    def _look_later(self) -> None:
        past = (self._env.now - self._started_us) % self._interval_us
        self._env.call_after(self._interval_us - past, self._look)

    def _look(self) -> None:
        if not self._bodies:  # the next download begins to watch again
            self._watching = False
            return
        now = self._env.now
        written = [body.written(now) for body in self._bodies]
        total = self._before + sum(written)
        if total > self._most or not any(written):
            self._most = total
            self._seen_us = now
        elif now - self._seen_us > self._timeout_us:
            self._give_up()
            return
        self._look_later()


def _nothing() -> None:
    pass
