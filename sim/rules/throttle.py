"""The kubelet's limit on pulls a second: a token bucket that refuses.

Source: client-go util/flowcontrol/throttle.go over golang.org/x/time/rate
(Limiter.AllowN); used by pkg/kubelet/images/helpers.go.
"""

from sim.units import SECOND


class TokenBucket:
    """``qps`` tokens a second, at most ``burst``; starts full. ``qps`` 0 = no limit."""

    __slots__ = ("_burst", "_last_us", "_qps", "_tokens")

    def __init__(self, qps: float, burst: int) -> None:
        self._qps = qps
        self._burst = burst
        self._tokens = float(burst)
        self._last_us = 0

    def try_accept(self, now_us: int) -> bool:
        """Take a token if there is one; never waits."""
        if self._qps <= 0:
            return True
        # As in the library: seconds as a float times the rate, then the cap.
        gained = (now_us - self._last_us) / SECOND * self._qps
        tokens = min(self._tokens + gained, float(self._burst)) - 1
        if tokens < 0:
            return False
        self._tokens = tokens
        self._last_us = now_us
        return True
