"""The kubelet's limit on pulls a second: a token bucket that refuses.

Source: client-go util/flowcontrol/throttle.go over golang.org/x/time/rate
(Limiter.AllowN); used by pkg/kubelet/images/helpers.go.
"""

import struct

from sim.units import SECOND

NANOSECONDS = 10**9


class TokenBucket:
    """``qps`` tokens a second, at most ``burst``; starts full. ``qps`` 0 = no limit.

    All arithmetic is that of the library in 64-bit floats, so that pulls which come
    exactly at a token's time are judged alike.
    """

    __slots__ = ("_burst", "_last_us", "_qps", "_tokens")

    def __init__(self, qps: float, burst: int) -> None:
        self._qps = _float32(qps)
        self._burst = burst
        self._tokens = float(burst)
        self._last_us = 0

    @property
    def limit(self) -> tuple[float, int]:
        """Tokens a second, as the library has them, and the most there are."""
        return self._qps, self._burst

    @property
    def state(self) -> tuple[float, int]:
        """The tokens that were left when one was taken last, and that time."""
        return self._tokens, self._last_us

    def restore(self, tokens: float, last_us: int) -> None:
        """Have had these tokens left when one was taken last."""
        self._tokens, self._last_us = tokens, last_us

    def try_accept(self, now_us: int) -> bool:
        """Take a token if there is one at ``now_us``; never waits.

        Source: rate.go, ``advance`` and ``reserveN`` with no wait allowed.
        """
        if self._qps <= 0:
            return True
        gained = _seconds(max(0, now_us - self._last_us)) * self._qps
        tokens = min(self._tokens + gained, float(self._burst)) - 1
        if self._burst < 1 or (tokens < 0 and not self._covers(tokens)):
            return False
        self._tokens = tokens
        self._last_us = now_us
        return True

    def _covers(self, tokens: float) -> bool:
        # A shortage whose wait is cut to no nanoseconds is none.
        return int(-tokens / self._qps * NANOSECONDS) <= 0


def _seconds(elapsed_us: int) -> float:
    """Return seconds as Go's Duration.Seconds adds them up: whole, then the rest."""
    whole, rest_us = divmod(elapsed_us, SECOND)
    return whole + rest_us * 1000 / NANOSECONDS


def _float32(number: float) -> float:
    # The kubelet hands its rate over in single precision.
    narrow: float = struct.unpack("f", struct.pack("f", number))[0]
    return narrow
