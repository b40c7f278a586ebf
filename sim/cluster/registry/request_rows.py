"""The rows of one registry: every request, whether it is answered or not."""

from sim.cluster.clock import Clock
from sim.cluster.registry.request import Request
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE

# Looking a member up takes longer than a call.
REQUEST_ROW = Kind.REQUEST


class RequestRows:
    """Writes what was asked of one host."""

    __slots__ = ("_env", "_log", "_texts", "host")

    def __init__(self, env: Clock, log: EventLog, host: str) -> None:
        self._env = env
        self._log = log
        self.host = log.names.id(host)
        # (what, status, silent) -> number of the text that says so
        self._texts: dict[tuple[str, int, bool], int] = {}

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
        reason = self._log.names.id(note)
        key = what, status, silent
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self._log.names.id(_text(*key))
        return self._log.append(
            REQUEST_ROW,
            node=request.node,
            object=self.host,
            image=request.image,
            digest=request.digest,
            reason=reason,
            text=text,
            amount=size_bytes,
            span=self._env.now - began_us,
            cause=request.cause,
            source=source,
        )


def _text(what: str, status: int, silent: bool) -> str:
    return f"{what} {status or ('unanswered' if silent else 'refused')}"
