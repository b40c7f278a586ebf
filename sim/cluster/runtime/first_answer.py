"""A pull until its first host has answered, which is often all there is to it.

Most pulls of a large cluster ask one registry what a tag means, and have everything.
They need no process: two calls do what ``ImagePull`` does until then, at the same
times. What has to be asked or brought after that is left to it.

Source: as in ``image_pull`` and ``resolver``, whose first steps these are.
"""

from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, TypeVar

from sim.cluster.registry.gate import NOT_HEARD
from sim.cluster.registry.request import Request, Response
from sim.cluster.runtime.image_pull import Daemon
from sim.cluster.runtime.pull_request import Host, PullRequest
from sim.rules.registry_faults import Unreached


class Running(Protocol):
    """Something under way that can be broken off."""

    def interrupt(self) -> None:
        """Break it off: nobody hears of it any more."""


T = TypeVar("T")


class FirstAnswer(Generic[T]):
    """Asks the first host by HEAD; ``go_on`` is called with the answer.

    ``pull`` began at ``started_us``, ``host`` is asked, and ``done`` is for whoever
    goes on: it gets what the pull comes to. ``go_on`` returns what runs on.
    """

    __slots__ = (
        "_asked_us",
        "_daemon",
        "_go_on",
        "_off",
        "_rest",
        "done",
        "host",
        "pull",
        "started_us",
    )

    _asked_us: int

    def __init__(
        self,
        daemon: Daemon,
        pull: PullRequest,
        host: Host,
        go_on: "Callable[[FirstAnswer[T], Response], Running | None]",
        done: Callable[[T], object],
    ) -> None:
        self._daemon = daemon
        self._go_on = go_on
        self._off = False
        self._rest: Running | None = None
        self.pull = pull
        self.host = host
        self.done = done
        self.started_us = daemon.env.now
        daemon.env.call_after(daemon.profile.pull_us, self._ask)

    def _ask(self) -> None:
        if self._off:
            return
        daemon, host = self._daemon, self.host
        digest = daemon.log.names.id(self.pull.target.reference.digest or "")
        request = self.pull.ask(daemon.profile.request_us + host.connect_us, digest)
        self._asked_us = daemon.env.now
        self._send(request)

    def _send(self, request: Request) -> None:
        """Send it, again if nobody heard it before; see ``RegistryGate.dial``."""
        if self._off:
            return
        env, gate = self._daemon.env, self.host.registry.gate
        wait_us, unreached = gate.round_trip(request, env.now - self._asked_us)
        if unreached is NOT_HEARD:
            env.call_after(wait_us, partial(self._send, request))
        else:
            env.call_after(wait_us, partial(self._answered, request, unreached))

    def _answered(self, request: Request, unreached: Unreached | None) -> None:
        if self._off:
            return
        target = self.pull.target
        response = self.host.registry.head(
            request, target.repository, target.resolved, self._asked_us, unreached
        )
        go_on = self._go_on
        self._rest = go_on(self, response)

    def interrupt(self) -> None:
        """Break it off; what goes on after the answer is told."""
        self._off = True
        if self._rest is not None:
            self._rest.interrupt()
