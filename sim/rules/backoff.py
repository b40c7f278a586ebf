"""Doubling delays: the tables of image back-off and restart back-off.

Source: client-go util/flowcontrol/backoff.go; constants from pkg/kubelet/kubelet.go.
"""

from sim.units import SECOND

IMAGE_INITIAL_US = 10 * SECOND
IMAGE_LONGEST_US = 300 * SECOND
RESTART_INITIAL_US = 10 * SECOND
RESTART_FORGOTTEN_US = 600 * SECOND


class BackOff:
    """Keys with a delay that doubles on every failure, up to a longest one.

    ``forgotten_us`` is the quiet time after which a key starts again from the first
    delay; by default twice the longest. All times are microseconds.
    """

    __slots__ = ("_entries", "_forgotten_us", "_initial_us", "_longest_us")

    def __init__(
        self, initial_us: int, longest_us: int, forgotten_us: int | None = None
    ) -> None:
        self._initial_us = initial_us
        self._longest_us = longest_us
        self._forgotten_us = 2 * longest_us if forgotten_us is None else forgotten_us
        self._entries: dict[str, tuple[int, int]] = {}  # key -> (delay, last update)

    def next(self, key: str, now_us: int, event_us: int | None = None) -> int:
        """Note a failure now and return the delay that it earns.

        ``event_us`` (default now) is when the failure happened: a key that was quiet
        for too long before it starts again.
        """
        entry = self._entries.get(key)
        event = now_us if event_us is None else event_us
        if entry is None or self._expired(entry[1], event):
            delay = self._initial_us
        else:
            delay = min(2 * entry[0], self._longest_us)
        self._entries[key] = (delay, now_us)
        return delay

    def get(self, key: str) -> int:
        """Return the delay stored for a key, 0 if there is none."""
        entry = self._entries.get(key)
        return entry[0] if entry else 0

    def is_in_backoff_since_update(self, key: str, now_us: int) -> bool:
        """Whether the delay since the last failure still runs; its end is free."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry[1], now_us):
            return False
        return now_us - entry[1] < entry[0]

    def is_in_backoff_since(self, key: str, event_us: int, now_us: int) -> bool:
        """Whether the key's delay, counted from an event, still runs."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry[1], event_us):
            return False
        return now_us - event_us < entry[0]

    def gc(self, now_us: int) -> None:
        """Forget the keys that were quiet for too long."""
        self._entries = {
            key: entry
            for key, entry in self._entries.items()
            if not self._expired(entry[1], now_us)
        }

    def reset(self, key: str) -> None:
        """Forget one key."""
        self._entries.pop(key, None)

    def _expired(self, last_update_us: int, event_us: int) -> bool:
        return event_us - last_update_us > self._forgotten_us


def image_back_off() -> BackOff:
    """The kubelet's table of image pulls, by pod and image as written."""
    return BackOff(IMAGE_INITIAL_US, IMAGE_LONGEST_US)


def restart_back_off(longest_us: int) -> BackOff:
    """The kubelet's table of container restarts; a short limit lowers the first."""
    first_us = min(RESTART_INITIAL_US, longest_us)
    return BackOff(first_us, longest_us, RESTART_FORGOTTEN_US)
