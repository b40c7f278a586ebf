"""A registry that has no content of its own: it fetches what it lacks from another.

It asks its upstream what a tag means, every time or when its answer is older than
``tag_cache_us``, and fetches a manifest at once with the first question for it. When
the upstream fails, even with 404, it answers what it last saw: a stale tag, with
status 200. Blobs stream through: whoever asks first and whoever comes meanwhile wait
for the same download.

Source: distribution/registry 2.8, registry/proxy (proxytagservice.go,
proxymanifeststore.go, proxyblobstore.go).
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.transfers import Link
from sim.cluster.registry.body import Body
from sim.cluster.registry.outages import Outages
from sim.cluster.registry.registry import Registry
from sim.cluster.registry.request import (
    MANIFEST_BYTES,
    NOT_FOUND,
    OK,
    SERVER_ERROR,
    Found,
    Request,
    Response,
    Search,
)
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.scenario import model

HIT = "hit"
MISS = "miss"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a tag meant when the upstream was asked; ``source`` is the push's row."""

    build: model.Build
    asked_us: int
    source: int


class PullThroughCache:
    """What a host finds that caches another, which ``at`` finds.

    Its own downloads break off with an outage of its host as well.
    """

    __slots__ = (
        "_at",
        "_builds",
        "_cache",
        "_env",
        "_filling",
        "_host",
        "_ingress",
        "_log",
        "_outages",
        "_stored",
        "_tags",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        declared: model.Registry,
        cache: model.Cache,
        *,
        outages: Outages,
        at: Callable[[str], Registry],
    ) -> None:
        self._env = env
        self._log = log
        self._host = log.names.id(declared.host)
        self._cache = cache
        self._outages = outages
        self._at = at
        self._ingress = Link(declared.bandwidth)
        outages.links.append(self._ingress)
        self._tags: dict[tuple[str, str], Seen] = {}
        self._builds: dict[str, Seen] = {}  # by digest
        self._stored: dict[str, int] = {}  # by digest: since when
        self._filling: dict[str, simpy.Process] = {}

    # --- what names mean ---

    def meaning(self, request: Request, repository: str, reference: str) -> Search:
        """Look up what a reference means, asking the upstream if need be."""
        name = f"{self._cache.of}/{repository.partition('/')[2]}"
        if ":" in reference and self._has(reference):
            known = self._builds[reference]
            return Found(status=OK, build=known.build, source=known.source, note=HIT)
        seen = self._tags.get((name, reference))
        if seen and self._env.now - seen.asked_us < self._cache.tag_us:
            return self._remembered(request, seen, seen.source, "")
        upstream = self._at(self._cache.of)
        answer = yield from upstream.resolve(self._own(request), name, reference)
        if answer.ok and answer.build is not None:
            self._remember(name, reference, answer)
            return (yield from self._with_manifest(request, answer.build, answer))
        if seen and self._cache.serve_stale:
            return self._remembered(request, seen, answer.row, "stale")
        stale = self._cache.serve_stale and ":" not in reference
        unknown = stale or answer.status == NOT_FOUND
        status = NOT_FOUND if unknown else SERVER_ERROR
        return Found(status=status, source=answer.row, note=MISS)

    def _remember(self, name: str, reference: str, answer: Response) -> None:
        assert answer.build is not None  # noqa: S101 - it was served
        seen = Seen(build=answer.build, asked_us=self._env.now, source=answer.source)
        self._builds[answer.build.digest] = seen
        if ":" not in reference:
            self._tags[name, reference] = seen

    def _with_manifest(
        self, request: Request, build: model.Build, answer: Response
    ) -> Search:
        """Have the manifest as well before the question for it is answered."""
        there = self._has(build.digest)
        if not there:
            manifest = Body(build.digest, MANIFEST_BYTES)
            filled: Response = yield self._fill(request, "GET manifest", manifest)
            if not filled.ok:
                return Found(status=filled.status, source=filled.row, note=MISS)
        note = HIT if there else MISS
        return Found(status=OK, build=build, source=answer.source, note=note)

    def _remembered(
        self, request: Request, seen: Seen, source: int, reason: str
    ) -> Found:
        """Answer without the upstream: that is a row, for it may not be true."""
        names = self._log.names
        row = self._log.append(
            Kind.TAG_FROM_CACHE,
            node=request.node,
            object=self._host,
            image=request.image,
            digest=names.id(seen.build.digest),
            reason=names.id(reason),
            text=names.id(self._cache.of),
            span=self._env.now - seen.asked_us,
            cause=request.cause,
            source=source,
        )
        return Found(status=OK, build=seen.build, source=row, note=HIT)

    # --- content ---

    def content(self, request: Request, what: str, body: Body) -> Found:
        """Look for a blob or manifest, and bring it here if it is not."""
        if self._has(body.digest):
            return Found(status=OK, note=HIT)
        return Found(status=OK, note=MISS, arriving=self._fill(request, what, body))

    def _has(self, digest: str) -> bool:
        since_us = self._stored.get(digest, NONE)
        return since_us != NONE and self._env.now - since_us < self._cache.content_us

    def _fill(self, request: Request, what: str, wanted: Body) -> simpy.Process:
        """Return the download of this content, under way or begun now."""
        digest = wanted.digest
        if digest not in self._filling:
            body = Body(digest, wanted.size_bytes, wanted.index)
            own = replace(self._own(request), digest=self._log.names.id(digest))
            self._filling[digest] = self._env.process(self._download(own, what, body))
        return self._filling[digest]

    def _download(
        self, request: Request, what: str, body: Body
    ) -> Generator[simpy.Event, Any, Response]:
        """Fetch a body, continued where it ends early; return the answer."""
        upstream = self._at(self._cache.of)
        before = NONE
        response = Response(status=OK, row=request.cause)
        outages = self._outages.lasting
        while response.ok and body.left and before < body.received and not outages:
            before = body.received
            response = yield from upstream.get(request, what, body, self._ingress)
        if response.ok and not body.left:
            self._stored[body.digest] = self._env.now
        elif response.status != NOT_FOUND:
            response = replace(response, status=SERVER_ERROR)
        del self._filling[body.digest]
        return response

    def _own(self, request: Request) -> Request:
        """Return a request as the cache itself sends it to its upstream.

        Its connections stay open, and an anonymous token is not counted here.
        """
        return replace(
            request,
            node=self._host,
            credential=None,
            token=True,
            lead_us=0,
            body=None,
        )
