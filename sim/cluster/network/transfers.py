"""Transfers, and what advances together: claims of nodes, parts of groups.

The transfers between one registry and one node are a claim: they are equal, and all
have got the same number of bytes since the claim began. What equal nodes take from
one registry is a part of their group; it counts the bytes once for all of them. A
transfer ends when the count of its claim reaches its end. ``network`` decides who
belongs to which group, and at what rate its parts advance.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from operator import attrgetter

import simpy

from sim.units import SECOND

# What is left of a transfer below this many bytes, or below this part of all that
# its group has got so far, has arrived: counts are floats.
ARRIVED_BYTES = 1e-9
ARRIVED_PART = 1e-12
NEVER_US = 2**63 - 1
NOT_KNOWN_US = -1
NO_NUMBER = -1
_end = attrgetter("end")


class LinkBroken(Exception):  # noqa: N818 - it names what happened
    """A transfer ended early because one of its ends went away."""


class Link:
    """A link of ``rate`` bytes a second; None carries anything.

    At a registry, ``per_flow`` shares it by transfers instead of by nodes, and
    ``connection_rate`` is the most that one transfer gets. ``due_us`` is when the
    parts of a limited registry link are looked at next, ``number`` counts the
    registries in the order in which they began to send.
    """

    __slots__ = (
        "claims",
        "connection_rate",
        "due_us",
        "group",
        "groups",
        "number",
        "per_flow",
        "rate",
    )

    def __init__(
        self,
        rate: int | None,
        *,
        per_flow: bool = False,
        connection_rate: int | None = None,
    ) -> None:
        self.rate = rate
        self.per_flow = per_flow
        self.connection_rate = connection_rate
        self.claims: dict[Link, Claim] = {}  # by the link at the other end
        self.group: Group | None = None  # that a node belongs to
        self.groups: dict[Group, Part] = {}  # that take from a registry
        self.due_us = NEVER_US
        self.number = NO_NUMBER


class Transfer:
    """Bytes on their way; ``done`` fires when the last has arrived.

    ``end`` is the count of its claim at which that is; ``claim`` is None when it is
    over.
    """

    __slots__ = ("claim", "done", "end", "number", "size_bytes")

    def __init__(self, number: int, done: simpy.Event, size_bytes: int) -> None:
        self.number = number
        self.done = done
        self.size_bytes = size_bytes
        self.end = 0.0
        self.claim: Claim | None = None

    def received(self, now_us: int) -> int:
        """Return the whole bytes that have arrived by now; all when it is over."""
        if self.claim is None:
            return self.size_bytes
        left = self.end - self.claim.counted(now_us)
        return min(self.size_bytes, max(0, int(self.size_bytes - left)))

    @property
    def rate(self) -> float:
        """Bytes a second at this moment."""
        part = self.claim.part if self.claim else None
        return part.rate if part else 0.0


class Claim:
    """The transfers between a registry and a node; it ends with the last of them.

    While it has a ``part``, each transfer has got the part's count and ``ahead``
    bytes; ``count`` is that sum as it was when the claim last left a part.
    """

    __slots__ = (
        "ahead",
        "count",
        "node",
        "part",
        "source",
        "transfers",
        "turn",
    )

    def __init__(self, source: Link, node: Link) -> None:
        self.source = source
        self.node = node
        self.transfers: dict[Transfer, None] = {}
        self.part: Part | None = None
        self.ahead = 0.0
        self.count = 0.0
        self.turn = 0  # counts the parts: an entry in a heap of an older one is stale

    def add(self, transfer: Transfer, size_bytes: int) -> None:
        """Let a transfer begin; the claim has no part."""
        transfer.claim = self
        transfer.end = self.count + size_bytes
        self.transfers[transfer] = None

    def counted(self, now_us: int) -> float:
        """Return the bytes that each transfer has got since the claim began."""
        if self.part is None:
            return self.count
        part = self.part
        since = part.rate * (now_us - part.since_us) / SECOND
        return part.count + since + self.ahead

    def remove(self, transfer: Transfer) -> None:
        """Forget a transfer, and the claim if it was the last."""
        transfer.claim = None
        del self.transfers[transfer]
        if not self.transfers:
            del self.node.claims[self.source], self.source.claims[self.node]

    def arrived(self, spare: float) -> list[Transfer]:
        """Return the transfers whose last byte is here, or short of it by so little."""
        assert self.part is not None  # noqa: S101 - it was due there
        # Compared as in the part's heap, where rounding has made it due.
        count = self.part.count + spare
        return [t for t in self.transfers if t.end - self.ahead <= count]

    def enter(self, part: "Part") -> None:
        """Advance with a part from now on."""
        self.part = part
        self.ahead = self.count - part.count
        first = min(self.transfers, key=_end)  # few, the oldest first
        heappush(part.heap, (first.end - self.ahead, first.number, self.turn, self))
        part.end_us = NOT_KNOWN_US

    def leave(self, now_us: int) -> None:
        """Advance alone: its transfers are about to change."""
        part = self.part
        if part is not None:
            part.advance(now_us)
            part.end_us = NOT_KNOWN_US
            self.count = part.count + self.ahead
            self.part = None
            self.turn += 1


class Part:
    """What each node of a group takes from one registry; see ``max_min.Part``.

    ``rate`` is that of one transfer, ``count`` the bytes that each has got since the
    group began; ``end_us`` is when the next transfer of any node ends, not known
    while nodes come and go, and ``due_us`` when a part of an unlimited registry link
    is looked at next.
    """

    __slots__ = (
        "count",
        "due_us",
        "end_us",
        "heap",
        "limit",
        "rate",
        "since_us",
        "source",
        "transfers",
        "weight",
    )

    def __init__(self, source: Link, transfers: int, now_us: int) -> None:
        each = source.connection_rate
        self.source = source
        self.transfers = transfers
        self.weight = transfers if source.per_flow else 1
        self.limit = None if each is None else each * transfers
        self.rate = 0.0
        self.count = 0.0
        self.since_us = now_us
        self.due_us = NEVER_US
        self.end_us = NEVER_US
        self.heap: list[tuple[float, int, int, Claim]] = []

    def advance(self, now_us: int) -> None:
        """Let the bytes of the time since the last look arrive."""
        if now_us != self.since_us:
            self.count += self.rate * (now_us - self.since_us) / SECOND
            self.since_us = now_us

    def _has_next(self) -> bool:
        """Whether the heap shows the next transfer that ends, of any node."""
        heap = self.heap
        while heap and heap[0][3].turn != heap[0][2]:
            heappop(heap)
        return bool(heap)

    def flow(self, rate: float, now_us: int) -> None:
        """Advance at a rate from now on; look when the next transfer ends, later."""
        self.advance(now_us)
        self.rate = rate
        if rate <= 0 or not self._has_next():
            self.end_us = NEVER_US
            return
        first = self.heap[0][0]
        # Half of what may be short, so that rounding costs no microsecond.
        left = first - self.count - _spare(first) / 2
        self.end_us = now_us + max(1, -int(-left * SECOND // rate))

    def take_arrived(self, now_us: int) -> list[Transfer]:
        """Take out of the heap, and return, what has arrived by now if it is due."""
        found: list[Transfer] = []
        if self.end_us > now_us:
            return found
        self.advance(now_us)
        spare = _spare(self.count)
        arrived = self.count + spare
        while self._has_next() and self.heap[0][0] <= arrived:
            found += heappop(self.heap)[3].arrived(spare)
        if not found:  # else who ends these makes its node leave
            self.flow(self.rate, now_us)
        return found


def _spare(count: float) -> float:
    return max(ARRIVED_BYTES, ARRIVED_PART * count)


Key = tuple[int | tuple[int, int] | None, ...]
"""The rate of a node's link; by registry, its number and that of transfers from it."""


class Group:
    """Equal nodes; see ``max_min.Group``."""

    __slots__ = ("key", "members", "parts", "rate")

    def __init__(self, key: Key, rate: int | None, parts: Sequence[Part]) -> None:
        self.key = key
        self.rate = rate
        self.parts = parts
        self.members = 0
