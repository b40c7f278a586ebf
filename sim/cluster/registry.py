"""One registry host: what it answers, after which time, and when it refuses.

Every request is a row, whether it is answered or not. A registry answers after its
latency (the round trip); blobs then cross its egress link and the node's. Requests
for a repository of another host are those of a mirror: it looks for the same path in
its own.

Source: distribution specification (OCI) for requests and status codes;
distribution/registry 2.8 for what a moved tag leaves behind.
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.body import Body
from sim.cluster.clock import Clock
from sim.cluster.network import Network
from sim.cluster.rate_limiter import RateLimiter
from sim.cluster.registry_accounts import RegistryAccounts
from sim.cluster.registry_request import (
    NOT_FOUND,
    OK,
    PARTIAL,
    REFUSED,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    Answer,
    Found,
    Request,
    Response,
    Search,
)
from sim.cluster.repository import Repository
from sim.cluster.request_rows import RequestRows
from sim.cluster.transfers import Link, LinkBroken
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.keyring import Credential
from sim.rules.registry_answers import Asked
from sim.rules.registry_faults import NO_FAULTS, Unreachable, Unreached
from sim.scenario import model
from sim.units import SECOND

# What a connection takes to fail when nothing answers.
DIAL_TIMEOUT_US = 30 * SECOND

HEAD = "HEAD manifest"
_HERE = Found(status=OK)

_MESSAGES = {429: "toomanyrequests: You have reached your pull rate limit."}


class Registry:
    """One host, which is down as long as any outage lasts."""

    __slots__ = (
        "_blobs",
        "_env",
        "_limiter",
        "_log",
        "_network",
        "_outages",
        "_repositories",
        "_rows",
        "accounts",
        "burst_bytes",
        "declared",
        "egress",
        "faults",
        "host",
        "latency_us",
        "repositories",
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
        self._rows = RequestRows(env, log, declared.host)
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
        self.accounts = RegistryAccounts(
            declared.accounts, token_service=declared.token_service
        )
        self.faults = NO_FAULTS
        self.repositories: dict[str, Repository] = {}
        self._repositories: dict[str, Repository] = {}  # by the names asked for
        # By the row of each outage that lasts: whether it is silent.
        self._outages: dict[int, bool] = {}

    @property
    def down(self) -> bool:
        """Whether nobody gets a connection."""
        return bool(self._outages)

    @property
    def is_plain(self) -> bool:
        """Whether what it has not is answered with 404, at once and to anybody."""
        as_it_should = not self._outages and self.faults == NO_FAULTS
        return (
            self.answers_itself
            and self._limiter is None
            and as_it_should
            and self.accounts.open_to_all
        )

    @property
    def answers_itself(self) -> bool:
        """Whether it never asks elsewhere before it answers, as a cache does."""
        return type(self) is Registry

    @property
    def down_row(self) -> int:
        """The row of the oldest outage that lasts, -1 while the registry is up."""
        return next(iter(self._outages), NONE)

    @property
    def _silent(self) -> bool:
        return any(self._outages.values())

    def go_down(self, row: int, *, silent: bool = False) -> None:
        """Refuse connections from now on, and break off what is under way.

        A ``silent`` host does not even refuse: who asks waits for a time-out.
        """
        self._outages[row] = silent
        self._network.cut(self.egress)

    def end_outage(self, row: int) -> bool:
        """End one outage; return whether the registry answers again by that."""
        if row not in self._outages:
            return False
        del self._outages[row]
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
        return OK if self.accounts.admit(credential) else UNAUTHORIZED

    # --- content ---

    def repository(self, image: str) -> Repository:
        """Return the repository of this name here, whatever host the name has."""
        found = self._repositories.get(image)
        if found is None:
            path = image.partition("/")[2]
            found = self.repositories.setdefault(f"{self.host}/{path}", Repository())
            self._repositories[image] = found
        return found

    def hold(self, image: str, build: model.Build) -> None:
        """Have the manifests and blobs of a build."""
        self.repository(image).hold(build)
        digests = [layer.digest for layer in build.layers]
        self._blobs |= dict.fromkeys([*digests, build.digest, build.config_digest])

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
        yield self._env.delay(request.lead_us + self.latency_us)
        credential = request.credential
        given = credential is None or self.accounts.know(credential)
        status = OK if given else UNAUTHORIZED
        row = self._rows.append(request, what, status, began_us)
        return Response(status=status, row=row, asked=Asked.TOKEN)

    def resolve(
        self, request: Request, repository: str, reference: str, method: str = "HEAD"
    ) -> Answer:
        """HEAD a manifest by tag or digest: say what the reference means now."""
        began_us = self._env.now
        what = f"{method} manifest"
        wait_us, unreached = self.round_trip(request)
        yield self._env.delay(wait_us)
        left = self._arrive(request, what, reference, began_us, unreached)
        if isinstance(left, Response):
            return left
        found = self._meaning(request, repository, reference)
        if not isinstance(found, Found):
            found = yield from found
        return self._resolved(request, what, found, began_us, left)

    def head(
        self,
        request: Request,
        repository: str,
        reference: str,
        began_us: int,
        unreached: Unreached | None,
    ) -> Response:
        """Answer a HEAD whose ``round_trip`` is over, as ``resolve`` does.

        A registry that has to ask elsewhere is none that can.
        """
        left = self._arrive(request, HEAD, reference, began_us, unreached)
        if isinstance(left, Response):
            return left
        found = self._meaning(request, repository, reference)
        assert isinstance(found, Found)  # noqa: S101 - see answers_itself
        return self._resolved(request, HEAD, found, began_us, left)

    def _resolved(
        self, request: Request, what: str, found: Found, began_us: int, left: str
    ) -> Response:
        # What is not there was deleted, or never was: then it is due to who asked.
        gone = request.wanted if found.source == NONE else found.source
        why = NONE if found.build else gone
        note = left or found.note
        row = self._rows.append(
            request, what, found.status, began_us, source=why, note=note
        )
        return Response(
            status=found.status, row=row, build=found.build, source=found.source
        )

    def look_for_blob(self, request: Request, digest: str) -> Answer:
        """HEAD a blob: the last try for the digest of a manifest, which is none."""
        began_us = self._env.now
        wait_us, unreached = self.round_trip(request)
        yield self._env.delay(wait_us)
        left = self._arrive(request, "HEAD blob", digest, began_us, unreached)
        if isinstance(left, Response):
            return left
        row = self._rows.append(
            request, "HEAD blob", NOT_FOUND, began_us, source=request.wanted
        )
        return Response(status=NOT_FOUND, row=row)

    def get(self, request: Request, what: str, body: Body, ingress: Link) -> Answer:
        """GET what is left of a manifest, config or layer, over the node's link.

        The answer is good if the headers were; ``body`` shows what arrived.
        """
        began_us = self._env.now
        # An index and one platform's manifest are documented as one pull.
        counted = "" if body.index else what
        wait_us, unreached = self.round_trip(request)
        yield self._env.delay(wait_us)
        left = self._arrive(request, what, body.digest, began_us, unreached, counted)
        if isinstance(left, Response):
            return left
        found = self._content(request, what, body)
        note = left or found.note
        if found.status != OK:
            row = self._rows.append(
                request, what, found.status, began_us, source=found.source, note=note
            )
            return Response(status=found.status, row=row, source=found.source)
        status, source = PARTIAL if body.received else OK, NONE
        before = body.received
        try:
            late = yield from self._send(what, body, ingress, found.arriving)
            if late is not None:
                status, source = self._missing(late).status, late.row
        except LinkBroken:
            source = self.down_row
        finally:
            self._arrived(body)
            row = self._rows.append(
                request,
                what,
                status,
                began_us,
                size_bytes=body.received - before,
                source=source,
                note=note,
            )
        return Response(status=status, row=row)

    def _meaning(
        self, request: Request, repository: str, reference: str
    ) -> Found | Search:
        """Look up what a reference means; it may have to be asked elsewhere."""
        del request
        build, source = self.repository(repository).find(reference)
        status = OK if build else NOT_FOUND
        return Found(status=status, build=build, source=source)

    def _content(self, request: Request, what: str, body: Body) -> Found:
        """Look for a blob or manifest, bringing it here if need be."""
        del what
        if (body.index or body.digest) in self._blobs:
            return _HERE
        return Found(status=NOT_FOUND, source=request.wanted)

    def _missing(self, response: Response) -> Found:
        """Return what is found when what was arriving does not come."""
        return Found(status=response.status, source=response.row)

    def _send(
        self, what: str, body: Body, ingress: Link, arriving: simpy.Event | None
    ) -> Generator[simpy.Event, Any, Response | None]:
        """Send a body, or as much of it as the faults let pass.

        What is ``arriving`` here passes through meanwhile; return the answer if it
        does not come.
        """
        left = body.left
        faults = self.faults
        passing = left
        if faults is not NO_FAULTS:
            passing = faults.passing_bytes(what, left, again=body.received > 0)
        # What passes without delay is here at once.
        at_once = min(self.burst_bytes, passing)
        transfer = self._network.transfer(self.egress, ingress, passing - at_once)
        try:
            if arriving is not None:
                transfer.done.defused = True  # it may break before it is waited for
                response: Response = yield arriving
                if not response.ok:
                    self._network.cancel(transfer)
                    if self.down:
                        raise LinkBroken
                    return response
            body.received += at_once
            body.corrupt |= faults.corrupt and what == "GET blob"
            body.transfer = transfer
            yield transfer.done
            if passing < left and faults.stall_us:
                yield self._env.delay(faults.stall_us)
        except simpy.Interrupt:
            self._network.cancel(transfer)
            raise
        return None

    def _arrived(self, body: Body) -> None:
        if body.transfer is not None:
            body.received += body.transfer.received(self._env.now)
            body.transfer = None

    # --- before anything is looked for ---

    def round_trip(self, request: Request) -> tuple[int, Unreached | None]:
        """Return when a request that is sent now is answered, or why it never is.

        Who meets a closed port is refused, even if it opens before that is heard.
        """
        unreached = self.faults.unreached
        if not self._outages and unreached is None:
            return request.lead_us + self.latency_us, None
        if self.down and not self._silent:
            refused = Unreached(why=Unreachable.REFUSED, row=self.down_row)
            return self.latency_us, refused
        after_us = unreached.after_us if unreached else None
        if self._silent:
            after_us = DIAL_TIMEOUT_US
        return self.latency_us if after_us is None else after_us, unreached

    def _arrive(
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
            and not self._outages
            and unreached is None
            and self.accounts.open_to(request)
        ):
            return ""
        if self.down:
            unreached = Unreached(why=self._unreachable(), row=self.down_row)
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

    def _unreachable(self) -> Unreachable:
        return Unreachable.TIMED_OUT if self._silent else Unreachable.REFUSED

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
