"""What a request meets at a registry before anything is looked for."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.registry.accounts import RegistryAccounts
from sim.cluster.registry.outages import Outages
from sim.cluster.registry.rate_limiter import RateLimiter
from sim.cluster.registry.request import (
    REFUSED,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    Request,
    Response,
)
from sim.cluster.registry.request_rows import RequestRows
from sim.record.log import EventLog
from sim.rules.registry_faults import NO_FAULTS, Unreachable, Unreached
from sim.scenario import model
from sim.units import SECOND

# What a connection takes to fail when nothing answers. Until then its first packet is
# sent again, so long after the first try: one second later, then each wait doubles.
# Source: net/ipv4/tcp_timer.c of Linux, tcp_retransmit_timer, with RFC 6298's 1 s.
DIAL_TIMEOUT_US = 30 * SECOND
SENT_AGAIN_US = (1 * SECOND, 3 * SECOND, 7 * SECOND, 15 * SECOND)

NOT_HEARD = Unreached(why=Unreachable.TIMED_OUT)

_MESSAGES = {429: "toomanyrequests: You have reached your pull rate limit."}


class RegistryGate:
    """The way in to one host: outages, faults, accounts and the rate limit.

    ``latency_us`` is the round trip.
    """

    __slots__ = (
        "_env",
        "_limiter",
        "_log",
        "_outages",
        "_rows",
        "accounts",
        "faults",
        "latency_us",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        declared: model.Registry,
        outages: Outages,
        rows: RequestRows,
    ) -> None:
        self._env = env
        self._log = log
        self._outages = outages
        self._rows = rows
        limit = declared.rate_limit
        self._limiter = None if limit is None else RateLimiter(limit)
        self.latency_us = declared.latency_us
        self.accounts = RegistryAccounts(
            declared.accounts, token_service=declared.token_service
        )
        self.faults = NO_FAULTS

    @property
    def is_open(self) -> bool:
        """Whether everybody gets in at once, as often as they like."""
        as_it_should = not self._outages.lasting and self.faults == NO_FAULTS
        return self._limiter is None and as_it_should and self.accounts.open_to_all

    def dial(self, request: Request) -> Generator[simpy.Event, Any, Unreached | None]:
        """Wait until a request is answered, or return why it never is."""
        waited_us = 0
        while True:
            wait_us, unreached = self.round_trip(request, waited_us)
            yield self._env.delay(wait_us)
            if unreached is not NOT_HEARD:
                return unreached
            waited_us += wait_us

    def round_trip(
        self, request: Request, waited_us: int = 0
    ) -> tuple[int, Unreached | None]:
        """Return when a request that is sent now is answered, or why it never is.

        Who meets a closed port is refused, even if it opens before that is heard. A
        request that is ``NOT_HEARD`` is sent again after the time returned;
        ``waited_us`` has passed since its first try.
        """
        unreached = self.faults.unreached
        if not self._outages.lasting and unreached is None:
            return request.lead_us + self.latency_us, None
        if self._outages.silent:
            return self._unheard(waited_us)
        if self._outages.lasting:
            refused = Unreached(why=Unreachable.REFUSED, row=self._outages.oldest)
            return self.latency_us, refused
        after_us = unreached.after_us if unreached else None
        return self.latency_us if after_us is None else after_us, unreached

    def _unheard(self, waited_us: int) -> tuple[int, Unreached]:
        for again_us in SENT_AGAIN_US:
            if again_us > waited_us:
                return again_us - waited_us, NOT_HEARD
        timed_out = Unreached(why=Unreachable.TIMED_OUT, row=self._outages.oldest)
        return DIAL_TIMEOUT_US - waited_us, timed_out

    def arrive(
        self,
        request: Request,
        what: str,
        digest: str,
        began_us: int,
        unreached: Unreached | None,
        counted: str | None = None,
    ) -> Response | str:
        """Return an answer after the round trip if that is already the end of it.

        Else return what the header says that is left of a rate limit; ``counted``
        is what counts there, if it is not the request itself.
        """
        if (
            self.faults is NO_FAULTS
            and self._limiter is None
            and not self._outages.lasting
            and unreached is None
            and self.accounts.open_to(request)
        ):
            return ""
        if self._outages.lasting:
            unreached = self._down()
        if unreached is not None:
            return self._refuse(request, what, began_us, unreached)
        challenged = self.accounts.challenge(request)
        if challenged is not None:
            row = self._rows.append(request, what, UNAUTHORIZED, began_us)
            challenge, error = challenged
            return Response(
                status=UNAUTHORIZED,
                row=row,
                challenge=challenge,
                challenge_error=error,
            )
        status = self.faults.status(what, digest)
        if status:
            row = self._rows.append(request, what, status, began_us)
            return Response(status=status, row=row, message=_MESSAGES.get(status, ""))
        return self._limited(request, what if counted is None else counted, began_us)

    def _down(self) -> Unreached:
        silent = self._outages.silent
        why = Unreachable.TIMED_OUT if silent else Unreachable.REFUSED
        return Unreached(why=why, row=self._outages.oldest)

    def _limited(self, request: Request, what: str, began_us: int) -> Response | str:
        if self._limiter is None or not self._limiter.counts(what):
            return ""
        credential = request.credential
        one = self._limiter.admit(
            self._log.names.text(request.node),
            "" if credential is None else credential.username,
            request.wanted,
            self._env.now,
        )
        if one.admitted:
            return one.left
        source = one.used_up_by
        status = TOO_MANY_REQUESTS
        row = self._rows.append(
            request, what, status, began_us, source=source, note=one.left
        )
        return Response(status=status, row=row, message=_MESSAGES[status])

    def _refuse(
        self, request: Request, what: str, began_us: int, unreached: Unreached
    ) -> Response:
        why = unreached.why
        row = self._rows.append(
            request,
            what,
            REFUSED,
            began_us,
            source=unreached.row,
            silent=why is Unreachable.TIMED_OUT,
        )
        return Response(status=REFUSED, row=row, unreached=why)
