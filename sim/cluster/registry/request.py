"""A request to a registry, what is found for it, and the answer.

Source: distribution specification (OCI) for the status codes.
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.registry.body import Body
from sim.record.rows import NONE
from sim.rules.keyring import Credential
from sim.rules.registry_answers import Answer as Answered
from sim.rules.registry_answers import Asked, Challenge
from sim.rules.registry_faults import Unreachable
from sim.scenario import model
from sim.value import value

MANIFEST_BYTES = 1_500

REFUSED = 0
OK = 200
PARTIAL = 206
UNAUTHORIZED = 401
NOT_FOUND = 404
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500


@value
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


@value
class Request:
    """Who asks whom for what, and because of which row; numbers of the record.

    ``wanted`` is the row that asked for the image: what nobody ever pushed is due to
    that, not to the credential it was asked with. ``node`` is the
    registry itself where a cache asks its upstream. ``lead_us`` is what passes before
    the request is sent: the client's own time, and a new connection. ``body`` is
    what a GET fills.
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


@value
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
