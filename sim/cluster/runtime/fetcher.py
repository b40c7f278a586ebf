"""The bytes of one pull: manifests and blobs by digest, from the first host that has.

A body that ends early is continued by a range request, as often as each try brings
something. Bytes are checked at the end alone.

Source: containerd core/remotes/docker/fetcher.go, httpreadseeker.go and
core/content/helpers.go (Copy).
"""

from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.transfers import Link
from sim.cluster.registry.body import Body
from sim.cluster.registry.registry import Registry
from sim.cluster.registry.request import Request, Response
from sim.cluster.runtime.pull_request import Host, PullError, PullRequest
from sim.cluster.runtime.registry_client import Authorizer, RegistryClient, Step
from sim.cluster.runtime.resolver import token_url
from sim.record.names import Names
from sim.record.rows import NONE
from sim.rules import runtime_errors as errors
from sim.rules.registry_answers import (
    Asked,
    Failure,
    Grade,
    gravest,
    token_failure,
)
from sim.rules.runtime_profile import Containerd, RuntimeProfile

# Tries that may bring nothing before a body that ends early is given up.
TRIES_WITHOUT_PROGRESS = 3
Wait = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of an image: how its request is recorded, where it is, its media type."""

    what: str
    path: str
    media_type: str = ""


MANIFEST = Part(what="GET manifest", path="manifests")
CONFIG = Part(
    what="GET config",
    path="blobs",
    media_type="application/vnd.oci.image.config.v1+json",
)
LAYER = Part(
    what="GET blob",
    path="blobs",
    media_type="application/vnd.oci.image.layer.v1.tar+gzip",
)


class Fetcher:
    """The second step of one pull, with an authorizer of its own."""

    __slots__ = (
        "_authorizer",
        "_client",
        "_env",
        "_hosts",
        "_ingress",
        "_names",
        "_profile",
        "_pull",
        "_version",
    )

    def __init__(
        self,
        env: Clock,
        names: Names,
        client: RegistryClient,
        pull: PullRequest,
        *,
        ingress: Link,
        profile: RuntimeProfile,
        version: Containerd,
    ) -> None:
        self._env = env
        self._names = names
        self._client = client
        self._pull = pull
        self._ingress = ingress
        self._profile = profile
        self._version = version
        self._authorizer = Authorizer()
        self._hosts = [host for host in pull.target.hosts if host.may("pull")]

    def fetch(self, part: Part, body: Body) -> Wait:
        """Bring the rest of a body and commit it; raises ``PullError``."""
        fruitless = 0
        row = NONE
        while body.left:
            before = body.received
            response = yield from self._open(part, body)
            row = response.row
            fruitless = 0 if body.received > before else fruitless + 1
            if body.left and fruitless > TRIES_WITHOUT_PROGRESS:
                raise self._failed(Failure(text="unexpected EOF"), row)
        if body.corrupt:
            got = "sha256:" + sha256(f"corrupt {body.digest}".encode()).hexdigest()
            text = errors.corrupt_layer(str(self._pull.reference), got, body.digest)
            raise PullError(text, row)
        yield self._env.delay(self._profile.commit_us)

    def _open(self, part: Part, body: Body) -> Step:
        """Walk the hosts; return the first that serves, with what it served."""

        def get(registry: Registry, request: Request) -> Step:
            return registry.get(request, part.what, body, self._ingress)

        digest = self._names.id(body.digest)
        failed: list[tuple[Failure, Response]] = []
        for host in self._hosts:
            response = yield from self._client.send(
                self._authorizer,
                host,
                get,
                last=host is self._hosts[-1],
                digest=digest,
                body=body,
            )
            if response.ok:
                return response
            failed.append((self._failure(host, part, body, response), response))
        chosen = gravest([failure for failure, _ in failed], self._version)
        failure, response = failed[chosen]
        raise self._failed(failure, response.row)

    def _failed(self, failure: Failure, row: int) -> PullError:
        text = errors.fetch_failed(str(self._pull.reference), failure)
        return PullError(text, row, missing=failure.grade is Grade.NOT_FOUND)

    def _failure(
        self, host: Host, part: Part, body: Body, response: Response
    ) -> Failure:
        url = host.url(self._pull.reference, f"{part.path}/{body.digest}")
        if response.unreached is not None:
            return Failure(
                text=errors.connection_failed("GET", url, response.unreached)
            )
        if response.asked is Asked.TOKEN:
            return Failure(
                text=token_failure(
                    response.status,
                    credentials=self._pull.credential is not None,
                    url=token_url(host, self._pull),
                    version=self._version,
                )
            )
        if response.status == 404:
            if part is MANIFEST:
                return errors.manifest_missing(url)
            return errors.blob_missing(body.digest, part.media_type)
        return errors.fetch_failure(
            response.status, url, message=response.message, version=self._version
        )
