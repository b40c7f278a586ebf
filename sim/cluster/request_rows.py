"""The rows of one registry: every request, whether it is answered or not."""

from functools import lru_cache

from sim.cluster.clock import Clock
from sim.cluster.registry_request import Request
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog


class RequestRows:
    """Writes what was asked of one host."""

    __slots__ = ("_env", "_log", "host")

    def __init__(self, env: Clock, log: EventLog, host: str) -> None:
        self._env = env
        self._log = log
        self.host = log.names.id(host)

    def append(
        self,
        request: Request,
        what: str,
        status: int,
        began_us: int,
        *,
        size_bytes: int = 0,
        source: int = NONE,
        note: str = "",
        silent: bool = False,
    ) -> int:
        """Write one request that ends now, and return its row.

        A status of 0 is a refused connection, or one that nobody answered.
        """
        names = self._log.names
        return self._log.append(
            Kind.REQUEST,
            node=request.node,
            object=self.host,
            image=request.image,
            digest=request.digest,
            reason=names.id(note),
            text=names.id(_text(what, status, silent=silent)),
            amount=size_bytes,
            span=self._env.now - began_us,
            cause=request.cause,
            source=source,
        )


@lru_cache(maxsize=1024)
def _text(what: str, status: int, *, silent: bool) -> str:
    return f"{what} {status or ('unanswered' if silent else 'refused')}"
