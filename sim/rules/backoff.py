"""Doubling delays: the tables of image back-off and restart back-off.

Source: client-go util/flowcontrol/backoff.go; constants from pkg/kubelet/kubelet.go.
"""

from collections.abc import Callable

from sim.units import SECOND

IMAGE_INITIAL_US = 10 * SECOND
IMAGE_MAX_US = 300 * SECOND
RESTART_INITIAL_US = 10 * SECOND
RESTART_MAX_US = 300 * SECOND
RESTART_EXPIRED_US = 600 * SECOND

ExpiryRule = Callable[[int, int, int], bool]
"""Event, last update and longest delay, in microseconds -> has the entry expired?"""


def expired_after_twice_the_longest(
    event_us: int, last_update_us: int, max_us: int
) -> bool:
    """Tell whether a key was quiet for strictly more than twice the longest delay.

    Source: backoff.go, ``hasExpired``.
    """
    return event_us - last_update_us > 2 * max_us


def restart_expired(event_us: int, last_update_us: int, max_us: int) -> bool:  # noqa: ARG001 - the rule of all tables, but this one knows no cap
    """Tell whether a container ran for strictly more than ten minutes.

    Source: kubelet.go, the ``HasExpiredFunc`` of the crash-loop table.
    """
    return event_us - last_update_us > RESTART_EXPIRED_US


class BackOff:
    """Keys with a delay that doubles on every failure, up to a longest one.

    There is no jitter. All times are microseconds of one clock. An expired entry
    stays in the table, with its old delay, until ``next`` or ``gc`` meets it.

    Source: client-go util/flowcontrol/backoff.go, ``Backoff``.
    """

    __slots__ = ("_entries", "_expired", "_initial_us", "_max_us")

    def __init__(
        self, initial_us: int, max_us: int, expired: ExpiryRule | None = None
    ) -> None:
        self._initial_us = initial_us
        self._max_us = max_us
        self._expired = expired or expired_after_twice_the_longest
        self._entries: dict[str, tuple[int, int]] = {}  # key -> delay, last update

    @property
    def is_empty(self) -> bool:
        """Whether no key has a delay."""
        return not self._entries

    def next(self, key: str, now_us: int, event_us: int | None = None) -> int:
        """Note a failure now and return the delay that it earns.

        ``event_us`` (default now) is what the key's age is judged by: a key that was
        quiet for too long before it starts again.
        """
        entry = self._live(key, now_us if event_us is None else event_us)
        # Upstream does not cap the first delay.
        delay = min(2 * entry[0], self._max_us) if entry else self._initial_us
        self._entries[key] = (delay, now_us)
        return delay

    def entry(self, key: str) -> tuple[int, int] | None:
        """Return a key's delay and the time of its last failure, None if unknown."""
        return self._entries.get(key)

    def restore(self, key: str, delay_us: int, updated_us: int) -> None:
        """Have noted failures, the last at a time, that earned a delay."""
        self._entries[key] = (delay_us, updated_us)

    def get(self, key: str) -> int:
        """Return the delay stored for a key, 0 if there is none."""
        entry = self._entries.get(key)
        return entry[0] if entry else 0

    def is_in_backoff_since_update(self, key: str, now_us: int) -> bool:
        """Tell whether the delay since the last failure runs; its end is free."""
        if key not in self._entries:
            return False
        entry = self._live(key, now_us)
        return entry is not None and now_us - entry[1] < entry[0]

    def is_in_backoff_since(self, key: str, event_us: int, now_us: int) -> bool:
        """Tell whether the key's delay, counted from an event, still runs."""
        entry = self._live(key, event_us)
        return entry is not None and now_us - event_us < entry[0]

    def gc(self, now_us: int) -> None:
        """Forget the keys that were quiet for too long."""
        if not self._entries:
            return
        self._entries = {
            key: entry
            for key, entry in self._entries.items()
            if not self._expired(now_us, entry[1], self._max_us)
        }

    def reset(self, key: str) -> None:
        """Forget one key; unknown keys are fine."""
        self._entries.pop(key, None)

    def delete_entry(self, key: str) -> None:
        """Forget one key, as ``reset`` does: upstream has both names."""
        self.reset(key)

    def _live(self, key: str, event_us: int) -> tuple[int, int] | None:
        entry = self._entries.get(key)
        if entry is None or self._expired(event_us, entry[1], self._max_us):
            return None
        return entry


def image_back_off() -> BackOff:
    """Return the kubelet's table of image pulls, by pod and image as written."""
    return BackOff(IMAGE_INITIAL_US, IMAGE_MAX_US)


def restart_back_off(max_us: int = RESTART_MAX_US) -> BackOff:
    """Return the table of container restarts; a short limit lowers the first delay."""
    return BackOff(min(RESTART_INITIAL_US, max_us), max_us, restart_expired)
