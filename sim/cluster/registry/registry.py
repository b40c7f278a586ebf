"""One registry host: what it answers, and after which time.

Every request is a row, whether it is answered or not. A registry answers after its
latency (the round trip); blobs then cross its egress link and the node's.

Source: distribution specification (OCI) for requests and status codes;
distribution/registry 2.8 for what a moved tag leaves behind.
"""

from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.network.transfers import Link, LinkBroken
from sim.cluster.registry.body import Body
from sim.cluster.registry.gate import RegistryGate
from sim.cluster.registry.outages import Outages
from sim.cluster.registry.request import (
    NOT_FOUND,
    OK,
    PARTIAL,
    REFUSED,
    UNAUTHORIZED,
    Answer,
    Found,
    Request,
    Response,
    Search,
)
from sim.cluster.registry.request_rows import RequestRows
from sim.cluster.registry.store import RegistryStore
from sim.cluster.registry.uplink import Uplink
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.keyring import Credential
from sim.rules.registry_answers import Asked
from sim.rules.registry_faults import Unreached
from sim.scenario import model

HEAD = "HEAD manifest"


class Lookup(Protocol):
    """Where a registry looks for what it is asked for: its store, or elsewhere."""

    def meaning(
        self, request: Request, repository: str, reference: str
    ) -> Found | Search:
        """Look up what a reference means; it may have to be asked elsewhere."""

    def content(self, request: Request, what: str, body: Body) -> Found:
        """Look for a blob or manifest, bringing it here if need be."""


class Registry:
    """One host; ``store`` is what was pushed here, ``outages`` are those that last.

    It answers from its store if no other ``lookup`` is given.
    """

    __slots__ = (
        "_env",
        "_lookup",
        "_rows",
        "declared",
        "gate",
        "host",
        "outages",
        "store",
        "uplink",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        declared: model.Registry,
        *,
        outages: Outages,
        uplink: Uplink,
        lookup: Lookup | None = None,
    ) -> None:
        self._env = env
        self._rows = RequestRows(env, log, declared.host)
        self.declared = declared
        self.host = declared.host
        self.outages = outages
        self.gate = RegistryGate(env, log, declared, outages, self._rows)
        self.uplink = uplink
        self.store = RegistryStore(declared.host)
        self._lookup: Lookup = self.store if lookup is None else lookup

    @property
    def is_plain(self) -> bool:
        """Whether what it has not is answered with 404, at once and to anybody."""
        return self.answers_itself and self.gate.is_open

    @property
    def answers_itself(self) -> bool:
        """Whether it never asks elsewhere before it answers, as a cache does."""
        return self._lookup is self.store

    def change(self, latency_us: int, bandwidth: int | None) -> None:
        """Answer after another time and serve at another rate from now on."""
        self.gate.latency_us = latency_us
        self.uplink.set_rate(bandwidth)

    def login(self, username: str, password: str) -> int:
        """Return the status that a login with these gets, without asking over time."""
        if self.outages.lasting:
            return REFUSED
        credential = Credential(username=username, password=password)
        return OK if self.gate.accounts.admit(credential) else UNAUTHORIZED

    # --- requests ---

    def token(self, request: Request, method: str) -> Answer:
        """Ask the token service for one, with the password or anonymously."""
        began_us = self._env.now
        what = f"{method} token"
        yield self._env.delay(request.lead_us + self.gate.latency_us)
        credential = request.credential
        given = credential is None or self.gate.accounts.know(credential)
        status = OK if given else UNAUTHORIZED
        row = self._rows.append(request, what, status, began_us)
        return Response(status=status, row=row, asked=Asked.TOKEN)

    def resolve(
        self, request: Request, repository: str, reference: str, method: str = "HEAD"
    ) -> Answer:
        """HEAD a manifest by tag or digest: say what the reference means now."""
        began_us = self._env.now
        what = f"{method} manifest"
        unreached = yield from self.gate.dial(request)
        left = self.gate.arrive(request, what, reference, began_us, unreached)
        if isinstance(left, Response):
            return left
        found = self._lookup.meaning(request, repository, reference)
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
        """Answer a HEAD that was dialled, as ``resolve`` does.

        A registry that has to ask elsewhere is none that can.
        """
        left = self.gate.arrive(request, HEAD, reference, began_us, unreached)
        if isinstance(left, Response):
            return left
        found = self._lookup.meaning(request, repository, reference)
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
        unreached = yield from self.gate.dial(request)
        left = self.gate.arrive(request, "HEAD blob", digest, began_us, unreached)
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
        gate = self.gate
        unreached = yield from gate.dial(request)
        left = gate.arrive(request, what, body.digest, began_us, unreached, counted)
        if isinstance(left, Response):
            return left
        found = self._lookup.content(request, what, body)
        note = left or found.note
        if found.status != OK:
            row = self._rows.append(
                request, what, found.status, began_us, source=found.source, note=note
            )
            return Response(status=found.status, row=row, source=found.source)
        status, source = PARTIAL if body.received else OK, NONE
        before = body.received
        try:
            late = yield from self.uplink.send(
                what, body, ingress, gate.faults, found.arriving
            )
            if late is not None:
                status, source = late.status, late.row
        except LinkBroken:
            source = self.outages.oldest
        finally:
            body.arrived(self._env.now)
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
