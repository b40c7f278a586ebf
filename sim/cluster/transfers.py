"""Transfers, and what advances together: claims of nodes, parts of groups.

The transfers between one registry and one node are a claim: they are equal, and all
have got the same number of bytes since the claim began. What equal nodes take from
one registry is a part of their group; it counts the bytes once for all of them. A
transfer ends when the count of its claim reaches its end. ``network`` decides who
belongs to which group, and at what rate its parts advance.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

import simpy

from sim.units import SECOND

# What is left of a transfer below this many bytes, or below this part of all that
# its group has got so far, has arrived: counts are floats.
ARRIVED_BYTES = 1e-9
ARRIVED_PART = 1e-12
NEVER_US = 2**63 - 1


class LinkBroken(Exception):  # noqa: N818 - it names what happened
    """A transfer ended early because one of its ends went away."""


class Link:
    """A link of ``rate`` bytes a second; None carries anything.

    At a registry, ``per_flow`` shares it by transfers instead of by nodes, and
    ``connection_rate`` is the most that one transfer gets. ``due_us`` is when the
    parts of a limited registry link are looked at next.
    """

    __slots__ = (
        "claims",
        "connection_rate",
        "due_us",
        "group",
        "groups",
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
    """The transfers between a registry and a node.

    While it has a ``part``, each transfer has got the part's count and ``ahead``
    bytes; ``count`` is that sum as it was when the claim last left a part.
    """

    __slots__ = (
        "ahead",
        "count",
        "heap",
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
        self.heap: list[tuple[float, int, Transfer]] = []
        self.part: Part | None = None
        self.ahead = 0.0
        self.count = 0.0
        self.turn = 0  # counts the parts: an entry in a heap of an older one is stale

    def add(self, transfer: Transfer, size_bytes: int) -> None:
        """Let a transfer begin; the claim has no part."""
        transfer.claim = self
        transfer.end = self.count + size_bytes
        self.transfers[transfer] = None
        heappush(self.heap, (transfer.end, transfer.number, transfer))

    def counted(self, now_us: int) -> float:
        """Return the bytes that each transfer has got since the claim began."""
        if self.part is None:
            return self.count
        part = self.part
        since = part.rate * (now_us - part.since_us) / SECOND
        return part.count + since + self.ahead

    def remove(self, transfer: Transfer) -> None:
        """Forget a transfer."""
        transfer.claim = None
        del self.transfers[transfer]

    def first_end(self) -> float:
        """Return the count at which the next of its transfers ends."""
        while self.heap[0][2].claim is not self:
            heappop(self.heap)
        return self.heap[0][0]

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
        first = self.first_end()
        heappush(part.heap, (first - self.ahead, self.heap[0][1], self.turn, self))

    def leave(self, now_us: int) -> None:
        """Advance alone: its transfers are about to change."""
        if self.part is not None:
            self.part.advance(now_us)
            self.count = self.part.count + self.ahead
            self.part = None
            self.turn += 1


class Part:
    """What each node of a group takes from one registry; see ``max_min.Part``.

    ``rate`` is that of one transfer, ``count`` the bytes that each has got since the
    group began; ``end_us`` is when the next transfer of any node ends, ``due_us``
    when a part of an unlimited registry link is looked at next.
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
        self.count += self.rate * (now_us - self.since_us) / SECOND
        self.since_us = now_us

    def first(self) -> tuple[float, Claim] | None:
        """Return the count at which the next transfer of any node ends, and whose."""
        while self.heap:
            end, _, turn, claim = self.heap[0]
            if claim.turn == turn:
                return end, claim
            heappop(self.heap)
        return None

    def look_ahead(self) -> None:
        """Set ``end_us``, at least a microsecond after the last look."""
        first = self.first()
        if first is None or self.rate <= 0:
            self.end_us = NEVER_US
            return
        # Half of what may be short, so that rounding costs no microsecond.
        left = first[0] - self.count - _spare(first[0]) / 2
        self.end_us = self.since_us + max(1, -int(-left * SECOND // self.rate))

    def arrived(self) -> list[Transfer]:
        """Take out of the heap, and return, what has arrived by the last look."""
        spare = _spare(self.count)
        found: list[Transfer] = []
        while (first := self.first()) and first[0] <= self.count + spare:
            heappop(self.heap)
            found += first[1].arrived(spare)
        return found


def _spare(count: float) -> float:
    return max(ARRIVED_BYTES, ARRIVED_PART * count)


Key = tuple[int | None, tuple[tuple[int, int], ...]]


class Group:
    """Equal nodes; see ``max_min.Group``."""

    __slots__ = ("key", "members", "parts", "rate")

    def __init__(self, key: Key, rate: int | None, parts: Sequence[Part]) -> None:
        self.key = key
        self.rate = rate
        self.parts = parts
        self.members = 0
