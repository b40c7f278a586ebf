"""What a name means: the hosts are asked in order, by HEAD.

A digest that no host has as a manifest is looked for as a blob before giving up.

Source: containerd core/remotes/docker/resolver.go (Resolve).
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.registry.registry import Registry
from sim.cluster.registry.request import NOT_FOUND, Request, Response
from sim.cluster.runtime.pull_request import Host, PullError, PullRequest
from sim.cluster.runtime.registry_client import Ask, Authorizer, RegistryClient, Step
from sim.record.rows import NONE
from sim.rules.registry_answers import (
    Failure,
    Grade,
    gravest,
    resolve_failure,
)
from sim.rules.runtime_errors import connection_failed, resolve_failed
from sim.rules.runtime_profile import Containerd

NO_SUCH_METHOD = 405  # of a registry that knows no HEAD: GET says the same


class Resolver:
    """The first step of one pull.

    ``first`` is what the first host has answered, if it was asked already.
    """

    __slots__ = ("_authorizer", "_client", "_first", "_pull", "_version")

    def __init__(
        self,
        client: RegistryClient,
        pull: PullRequest,
        version: Containerd,
        first: Response | None = None,
    ) -> None:
        self._client = client
        self._pull = pull
        self._version = version
        self._first = first
        self._authorizer = Authorizer()

    def resolve(
        self, digest: int = NONE
    ) -> Generator[simpy.Event, Any, tuple[Host, Response]]:
        """Return who answered, and what the name means; raises ``PullError``."""
        by_digest = self._pull.reference.digest is not None
        hosts = self._pull.target.resolvers
        asks = [self._head, self._look_for_blob] if by_digest else [self._head]
        failed: list[tuple[Failure, Response]] = []
        for ask in asks:
            for host in hosts:
                last = host is hosts[-1]
                response = yield from self._send(host, ask, digest, last=last)
                if response.status == NO_SUCH_METHOD and ask == self._head:
                    response = yield from self._send(host, self._get, digest, last=last)
                if response.ok:
                    return host, response
                failed.append((self._failure(host, response), response))
        raise self._error(failed)

    def _send(self, host: Host, ask: Ask, digest: int, *, last: bool) -> Step:
        return self._client.send(self._authorizer, host, ask, last=last, digest=digest)

    def _head(self, registry: Registry, request: Request) -> Step:
        first, self._first = self._first, None
        if first is not None:
            return _answered(first)
        target = self._pull.target
        return registry.resolve(request, target.repository, target.resolved)

    def _get(self, registry: Registry, request: Request) -> Step:
        target = self._pull.target
        return registry.resolve(request, target.repository, target.resolved, "GET")

    def _look_for_blob(self, registry: Registry, request: Request) -> Step:
        return registry.look_for_blob(request, self._pull.reference.digest or "")

    def not_found(self, host: Host) -> PullError:
        """Return what comes of a tag that the only host does not have."""
        response = Response(status=NOT_FOUND, row=NONE)
        return self._error([(self._failure(host, response), response)])

    def _failure(self, host: Host, response: Response) -> Failure:
        reference = self._pull.reference
        what = f"manifests/{reference.digest or reference.tag}"
        url = host.url(reference, what)
        if response.unreached is not None:
            return Failure(text=connection_failed("HEAD", url, response.unreached))
        return resolve_failure(
            reference,
            [response.answer],
            credentials=self._pull.credential is not None,
            token_url=token_url(host, self._pull),
            url=url,
            version=self._version,
        )

    def _error(self, failed: list[tuple[Failure, Response]]) -> PullError:
        if not failed:  # no host may be asked what a tag means
            failed = [(Failure(text="no resolve hosts"), Response(status=0, row=NONE))]
        failure, response = failed[gravest([one for one, _ in failed], self._version)]
        reference = str(self._pull.reference)
        return PullError(
            resolve_failed(reference, failure, self._version),
            response.row,
            missing=failure.grade is Grade.NOT_FOUND,
        )


def _answered(response: Response) -> Step:
    yield from ()
    return response


def token_url(host: Host, pull: PullRequest) -> str:
    """Return the address that a token was asked at."""
    scope = pull.reference.path.replace("/", "%2F")
    base = host.url(pull.reference, "").partition("/v2/")[0]
    service = host.entry.host
    return f"{base}/token?scope=repository%3A{scope}%3Apull&service={service}"
