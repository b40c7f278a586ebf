"""The requests of one pull: connections that stay open, credentials, further tries.

A token belongs to one step (resolve, fetch), a connection to the whole pull; nothing
is kept for the next one. A token that was refused stays refused for the step.

Source: containerd core/remotes/docker/resolver.go (doWithRetries, retryRequest) and
authorizer.go.
"""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.cluster.clock import Clock
from sim.cluster.registry.body import Body
from sim.cluster.registry.registry import Registry
from sim.cluster.registry.request import REFUSED, UNAUTHORIZED, Request, Response
from sim.cluster.runtime.pull_request import Host, PullRequest
from sim.record.rows import NONE
from sim.rules.registry_answers import Answer, Challenge, asks_again
from sim.rules.runtime_profile import Containerd, RuntimeProfile

# Statuses after which a token that was posted for is asked for by GET.
NO_POST = (400, 401, 404, 405)

# Looking a member up takes longer than a call.
OPEN, BEARER = Challenge.NONE, Challenge.BEARER

Step = Generator[simpy.Event, Any, Response]
Ask = Callable[[Registry, Request], Step]


class Authorizer:
    """What one step knows of hosts: the scheme that they ask for, and tokens.

    A token is an event while it is fetched.
    """

    __slots__ = ("schemes", "tokens")

    def __init__(self) -> None:
        self.schemes: dict[str, Challenge] = {}
        self.tokens: dict[str, Response | simpy.Event] = {}

    def forget(self, host: str) -> None:
        """Begin anew with a host: its token was worth nothing."""
        self.schemes.pop(host, None)
        self.tokens.pop(host, None)


class RegistryClient:
    """The HTTP client of one pull."""

    __slots__ = ("_env", "_idle", "_profile", "_pull", "_version")

    def __init__(
        self,
        env: Clock,
        pull: PullRequest,
        profile: RuntimeProfile,
        version: Containerd,
    ) -> None:
        self._env = env
        self._pull = pull
        self._profile = profile
        self._version = version
        self._idle: dict[str, int] = {}

    def send(
        self,
        authorizer: Authorizer,
        host: Host,
        ask: Ask,
        *,
        last: bool,
        digest: int = NONE,
        body: Body | None = None,
    ) -> Step:
        """Ask one host until it answers for good; ``last`` = no other host follows."""
        name = host.entry.host
        answers: list[Answer] = []
        own_us = self._profile.request_us
        while True:
            scheme = authorizer.schemes.get(name, OPEN)
            if scheme is BEARER:
                token = yield from self._token(authorizer, host)
                if not token.ok:
                    return token
            request = self._pull.ask(
                own_us + self._connect(host),
                digest,
                None if scheme is OPEN else self._pull.credential,
                token=scheme is BEARER,
                body=body,
            )
            response = yield from ask(host.registry, request)
            ok = response.ok
            cut = ok and body is not None and body.left > 0
            if response.status != REFUSED and not cut:
                self.keep(host)
            if ok:
                return response
            answers.append(response.answer)
            if not self._again(answers, last=last):
                if response.challenge is BEARER:
                    authorizer.forget(name)
                return response
            if response.status == UNAUTHORIZED:
                authorizer.schemes[name] = response.challenge
            own_us = 0

    def _again(self, answers: list[Answer], *, last: bool) -> bool:
        return asks_again(
            answers,
            credentials=self._pull.credential is not None,
            last_host=last,
            version=self._version,
        )

    def keep(self, host: Host) -> None:
        """Have a connection that an answer came by, and that stays open."""
        name = host.entry.host
        self._idle[name] = self._idle.get(name, 0) + 1

    def _connect(self, host: Host) -> int:
        """Take an idle connection, or return what a new one costs."""
        name = host.entry.host
        if self._idle.get(name):
            self._idle[name] -= 1
            return 0
        return host.connect_us

    def _token(self, authorizer: Authorizer, host: Host) -> Step:
        """Return the token service's answer, asking it unless that is known."""
        name = host.entry.host
        known = authorizer.tokens.get(name)
        if isinstance(known, simpy.Event):
            answer: Response = yield known
            return answer
        if known is not None:
            return known
        turn = authorizer.tokens[name] = self._env.event()
        # Another host: always a connection of its own.
        shown = self._pull.credential
        request = self._pull.ask(host.connect_us, NONE, shown, token=True)
        method = "GET" if shown is None else "POST"
        response = yield from host.registry.token(request, method)
        if method == "POST" and response.status in NO_POST:
            response = yield from host.registry.token(request, "GET")
        authorizer.tokens[name] = response
        turn.succeed(response)
        return response
