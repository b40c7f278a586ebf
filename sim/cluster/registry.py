"""One registry host: what it answers, after which time, and when it refuses.

Every request is a row, whether it is answered or not. A registry answers after its
latency (the round trip); blobs then cross its egress link and the node's. Requests
for a repository of another host are those of a mirror: it looks for the same path in
its own.

Source: distribution specification (OCI) for requests and status codes;
distribution/registry 2.8 for what a moved tag leaves behind.
"""

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import simpy

from sim.cluster.body import Body
from sim.cluster.clock import Clock
from sim.cluster.network import Network
from sim.cluster.rate_limiter import RateLimiter
from sim.cluster.repository import Repository
from sim.cluster.transfers import Link, LinkBroken
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules.keyring import Credential
from sim.rules.rate_limit import counts
from sim.rules.registry_answers import INSUFFICIENT_SCOPE, Asked, Challenge
from sim.rules.registry_answers import Answer as Answered
from sim.rules.registry_faults import NO_FAULTS, Unreachable
from sim.scenario import model
from sim.units import SECOND

MANIFEST_BYTES = 1_500

REFUSED = 0
OK = 200
PARTIAL = 206
UNAUTHORIZED = 401
NOT_FOUND = 404
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

_MESSAGES = {
    TOO_MANY_REQUESTS: "toomanyrequests: You have reached your pull rate limit."
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer: HTTP status (0 = none), the row it is in, and what it names.

    ``unreached`` says why there is none; ``message`` is the body of a refusal.
    """

    status: int
    row: int
    build: model.Build | None = None
    source: int = NONE
    challenge: Challenge = Challenge.NONE
    challenge_error: str = ""
    message: str = ""
    unreached: Unreachable | None = None
    asked: Asked = Asked.MANIFEST

    @property
    def ok(self) -> bool:
        """Whether what was asked for was served."""
        return self.status in (OK, PARTIAL)

    @property
    def answer(self) -> Answered:
        """What of it decides what comes next."""
        return Answered(
            asked=self.asked,
            status=self.status,
            challenge=self.challenge,
            challenge_error=self.challenge_error,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Who asks whom for what, and because of which row; numbers of the record.

    ``wanted`` is the row that asked for the image: what nobody ever pushed is due to
    that, not to the credential it was asked with. ``node`` is the registry itself
    where a cache asks its upstream. ``lead_us`` is what passes before the request is
    sent: the client's own time, and a new connection. ``body`` is what a GET fills.
    """

    node: int
    image: int
    digest: int
    cause: int
    wanted: int
    credential: Credential | None
    token: bool = False
    lead_us: int = 0
    body: Body | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a registry has of what was asked for.

    ``source`` is the row that decided it, ``note`` what the row of the answer adds,
    ``arriving`` the download that brings it here, whose result is a ``Response``.
    """

    status: int
    build: model.Build | None = None
    source: int = NONE
    note: str = ""
    arriving: simpy.Event | None = None


Answer = Generator[simpy.Event, Any, Response]
Search = Generator[simpy.Event, Any, Found]


class Registry:
    """One host, which is down as long as any outage lasts."""

    __slots__ = (
        "_blobs",
        "_env",
        "_id",
        "_limiter",
        "_log",
        "_network",
        "_outages",
        "accounts",
        "burst_bytes",
        "declared",
        "egress",
        "faults",
        "grants",
        "host",
        "latency_us",
        "repositories",
        "token_service",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        network: Network,
        declared: model.Registry,
    ) -> None:
        self._env = env
        self._log = log
        self._network = network
        self._id = log.names.id(declared.host)
        self._blobs: dict[str, None] = {}
        limit = declared.rate_limit
        self._limiter = None if limit is None else RateLimiter(limit)
        self.declared = declared
        self.host = declared.host
        self.latency_us = declared.latency_us
        self.egress = Link(
            declared.bandwidth,
            per_flow=declared.fairness == "flow",
            connection_rate=declared.connection_bandwidth,
        )
        each = declared.connection_bandwidth or 0
        self.burst_bytes = each * declared.connection_burst_us // SECOND
        self.accounts = declared.accounts
        self.token_service = declared.token_service
        self.grants = True  # whether a token gives the right to pull
        self.faults = NO_FAULTS
        self.repositories: dict[str, Repository] = {}
        self._outages: list[int] = []

    @property
    def down(self) -> bool:
        """Whether connections are refused."""
        return bool(self._outages)

    @property
    def down_row(self) -> int:
        """The row of the oldest outage that lasts, -1 while the registry is up."""
        return self._outages[0] if self._outages else NONE

    def go_down(self, row: int) -> None:
        """Refuse connections from now on, and break off what is under way."""
        self._outages.append(row)
        self._network.cut(self.egress)

    def end_outage(self, row: int) -> bool:
        """End one outage; return whether the registry answers again by that."""
        if row not in self._outages:
            return False
        self._outages.remove(row)
        return not self._outages

    def come_up(self) -> None:
        """Answer again, whatever outages there were."""
        self._outages.clear()

    def change(self, latency_us: int, bandwidth: int | None) -> None:
        """Answer after another time and serve at another rate from now on."""
        self.latency_us = latency_us
        self._network.set_rate(self.egress, bandwidth)

    def login(self, username: str, password: str) -> int:
        """Return the status that a login with these gets, without asking over time."""
        if self.down:
            return REFUSED
        credential = Credential(username=username, password=password)
        return OK if self._admits(credential) else UNAUTHORIZED

    def repository(self, image: str) -> Repository:
        """Return the repository of this name here, whatever host the name has."""
        path = image.partition("/")[2]
        return self.repositories.setdefault(f"{self.host}/{path}", Repository())

    def hold(self, image: str, build: model.Build) -> None:
        """Hold a build, its config and its layers."""
        self.repository(image).hold(build)
        self._blobs |= dict.fromkeys(layer.digest for layer in build.layers)
        self._blobs |= dict.fromkeys((build.digest, build.config_digest))

    def delete_manifest(self, image: str, digest: str, row: int) -> None:
        """Serve this manifest of a repository no longer; its blobs stay."""
        self.repository(image).delete_manifest(digest, row)
        if all(one.build(digest) is None for one in self.repositories.values()):
            self._blobs.pop(digest, None)

    # --- requests ---

    def token(self, request: Request, method: str) -> Answer:
        """Ask the token service for one, with the password or anonymously."""
        began_us = self._env.now
        what = f"{method} token"
        yield self._env.timeout(request.lead_us + self.latency_us)
        given = request.credential is None or self._knows(request.credential)
        status = OK if given else UNAUTHORIZED
        row = self._row(request, what, status, began_us)
        return Response(status=status, row=row, asked=Asked.TOKEN)

    def resolve(
        self, request: Request, repository: str, reference: str, method: str = "HEAD"
    ) -> Answer:
        """HEAD a manifest by tag or digest: say what the reference means now."""
        began_us = self._env.now
        what = f"{method} manifest"
        left = yield from self._reach(request, what, reference)
        if isinstance(left, Response):
            return left
        found = yield from self._meaning(request, repository, reference)
        # What is not there was deleted, or never was: then it is due to who asked.
        gone = request.wanted if found.source == NONE else found.source
        why = NONE if found.build else gone
        note = left or found.note
        row = self._row(request, what, found.status, began_us, source=why, note=note)
        return Response(
            status=found.status, row=row, build=found.build, source=found.source
        )

    def look_for_blob(self, request: Request, digest: str) -> Answer:
        """HEAD a blob: the last try for the digest of a manifest, which is none."""
        began_us = self._env.now
        what = "HEAD blob"
        left = yield from self._reach(request, what, digest)
        if isinstance(left, Response):
            return left
        row = self._row(request, what, NOT_FOUND, began_us, source=request.wanted)
        return Response(status=NOT_FOUND, row=row)

    def get(self, request: Request, what: str, body: Body, ingress: Link) -> Answer:
        """GET what is left of a manifest, config or layer, over the node's link.

        The answer is good if the headers were; ``body`` shows what arrived.
        """
        began_us = self._env.now
        left = yield from self._reach(request, what, body.digest)
        if isinstance(left, Response):
            return left
        found = yield from self._content(request, what, body)
        before = body.received
        status, source = found.status, found.source
        try:
            if status == OK:
                status = PARTIAL if before else OK
                late = yield from self._send(what, body, ingress, found.arriving)
                if late is not None:
                    found = self._missing(late)
                    status, source = found.status, found.source
        except LinkBroken:
            source = self.down_row
        finally:
            self._arrived(body)
            row = self._row(
                request,
                what,
                status,
                began_us,
                size_bytes=body.received - before,
                source=source,
                note=left or found.note,
            )
        return Response(status=status, row=row, source=source)

    def _send(
        self, what: str, body: Body, ingress: Link, arriving: simpy.Event | None
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Send what is here, or what is arriving; return the answer if that fails.

        Of the rest of a body as much is sent as the faults let pass.
        """
        left, faults = body.left, self.faults
        passing = faults.passing_bytes(what, left, again=body.received > 0)
        # What passes without delay is here at once.
        at_once = min(self.burst_bytes, passing)
        body.received += at_once
        body.corrupt |= faults.corrupt and what == "GET blob"
        transfer = self._network.transfer(self.egress, ingress, passing - at_once)
        body.transfer = transfer
        try:
            if arriving is not None:
                transfer.done.defused = True  # it may break before it is waited for
                response: Response = yield arriving
                if not response.ok:
                    self._take_back(body, at_once)
                    if self.down:
                        raise LinkBroken
                    return response
            yield transfer.done
            if passing < left and faults.stall_us:
                yield self._env.timeout(faults.stall_us)
        except simpy.Interrupt:
            self._network.cancel(transfer)
            raise
        return None

    def _take_back(self, body: Body, at_once: int) -> None:
        """Nothing of it was sent after all."""
        if body.transfer is not None:
            self._network.cancel(body.transfer)
            body.transfer = None
        body.received -= at_once

    def _arrived(self, body: Body) -> None:
        if body.transfer is not None:
            body.received += body.transfer.received(self._env.now)
            body.transfer = None

    def _missing(self, response: Response) -> Found:
        """Return what is found when what was arriving does not come."""
        return Found(status=response.status, source=response.row)

    def _meaning(self, request: Request, repository: str, reference: str) -> Search:
        """Look up what a reference means, asking elsewhere if need be."""
        del request
        yield from ()
        build, source = self.repository(repository).find(reference)
        status = OK if build else NOT_FOUND
        return Found(status=status, build=build, source=source)

    def _content(self, request: Request, what: str, body: Body) -> Search:
        """Look for a blob or manifest, bringing it here if need be."""
        del what
        yield from ()
        if (body.index or body.digest) in self._blobs:
            return Found(status=OK)
        return Found(status=NOT_FOUND, source=request.wanted)

    # --- before anything is looked for ---

    def _reach(
        self, request: Request, what: str, digest: str
    ) -> Generator[simpy.Event, Any, Response | str]:
        """Take the round trip; return an answer if that is already the end of it.

        Else return what the header says that is left of a rate limit.
        """
        began_us = self._env.now
        unreached = self.faults.unreached
        after_us = unreached.after_us if unreached else None
        round_trip_us = self.latency_us if after_us is None else after_us
        lead_us = 0 if unreached or self.down else request.lead_us
        yield self._env.timeout(lead_us + round_trip_us)
        if self.down:
            return self._refuse(request, what, began_us, Unreachable.REFUSED)
        if unreached:
            return self._refuse(request, what, began_us, unreached.why)
        challenged = self._challenge(request)
        if challenged is not None:
            row = self._row(request, what, UNAUTHORIZED, began_us)
            challenge, error = challenged
            return Response(
                status=UNAUTHORIZED,
                row=row,
                challenge=challenge,
                challenge_error=error,
            )
        status = self.faults.status(what, digest)
        if status:
            row = self._row(request, what, status, began_us)
            return Response(status=status, row=row, message=_MESSAGES.get(status, ""))
        return self._limited(request, what, began_us)

    def _limited(self, request: Request, what: str, began_us: int) -> Response | str:
        if self._limiter is None or not self._counts(what):
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
        row = self._row(
            request, what, TOO_MANY_REQUESTS, began_us, source=source, note=one.left
        )
        return Response(
            status=TOO_MANY_REQUESTS,
            row=row,
            source=source,
            message=_MESSAGES[TOO_MANY_REQUESTS],
        )

    def _counts(self, what: str) -> bool:
        limit = self.declared.rate_limit
        method, _, kind = what.partition(" ")
        return limit is not None and kind == "manifest" and counts(limit, method)

    def _refuse(
        self, request: Request, what: str, began_us: int, why: Unreachable
    ) -> Response:
        row = self._row(request, what, REFUSED, began_us, source=self.down_row)
        return Response(status=REFUSED, row=row, unreached=why)

    def _challenge(self, request: Request) -> tuple[Challenge, str] | None:
        """Return what a 401 asks for, and the error it names; None = let in."""
        if self.token_service:
            if not request.token:
                return Challenge.BEARER, ""
            return None if self.grants else (Challenge.BEARER, INSUFFICIENT_SCOPE)
        if self._admits(request.credential):
            return None
        return Challenge.BASIC, ""

    def _knows(self, credential: Credential) -> bool:
        accounts = self.accounts or {}
        return accounts.get(credential.username) == credential.password

    def _admits(self, credential: Credential | None) -> bool:
        if self.accounts is None:
            return True
        if credential is None:
            return False
        return self._knows(credential)

    def _row(
        self,
        request: Request,
        what: str,
        status: int,
        began_us: int,
        *,
        size_bytes: int = 0,
        source: int = NONE,
        note: str = "",
    ) -> int:
        names = self._log.names
        return self._log.append(
            Kind.REQUEST,
            node=request.node,
            object=self._id,
            image=request.image,
            digest=request.digest,
            reason=names.id(note),
            text=names.id(_text(what, status)),
            amount=size_bytes,
            span=self._env.now - began_us,
            cause=request.cause,
            source=source,
        )


@lru_cache(maxsize=1024)
def _text(what: str, status: int) -> str:
    return f"{what} {status or 'refused'}"
