"""Max-min fair shares of links, by progressive filling over groups of equal nodes.

A node takes from one or more sources; what it takes from one of them is a part. Nodes
with equal links and equal parts are one group: all of them get the same, so the work
depends on the number of groups, not on that of nodes or transfers. The level of every
part rises together, in proportion to its weight, until a link is full or the part has
all that it can take; then it stays.

Source: Bertsekas and Gallager, Data Networks, section 6.5.2, with weights.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Protocol


class Source(Protocol):
    """A link out of a registry."""

    @property
    def rate(self) -> int | None:
        """Bytes a second, None = unlimited."""


class Part(Protocol):
    """What each node of a group takes from one source."""

    @property
    def source(self) -> Source:
        """Where it comes from."""

    @property
    def weight(self) -> int:
        """How its share grows beside others."""

    @property
    def limit(self) -> int | None:
        """The most that it can take, bytes a second, None = unlimited."""


class Group(Protocol):
    """Equal nodes that take the same from the same sources."""

    @property
    def rate(self) -> int | None:
        """Bytes a second of each node's own link, None = unlimited."""

    @property
    def members(self) -> int:
        """How many nodes these are."""

    @property
    def parts(self) -> Sequence[Part]:
        """What each of them takes: at least one part, no source twice."""


def water_levels(groups: Sequence[Group], only: Source | None = None) -> list[float]:
    """Return the level of each part, in order: bytes a second per weight, for a node.

    Of every part at least one of its source, its node's link and its own limit has
    to be limited. ``groups`` are all that share a limited source with one of them;
    ``only`` is the source of all their parts, if that is known.
    """
    if only is not None or _share_one_source(groups):
        return _levels_of_one_source(groups)
    filling = _Filling(groups)
    while filling.rising:
        filling.stop_next()
    return [drop.level for drop in filling.drops]


def _share_one_source(groups: Sequence[Group]) -> bool:
    first = groups[0].parts[0].source if groups else None
    for group in groups:  # no generator: every change of a transfer asks
        if len(group.parts) > 1 or group.parts[0].source is not first:
            return False
    return True


def _own_level(group: Group) -> float:
    """Return where the only part of a group has all that it can take."""
    part, limit = group.parts[0], group.rate
    if limit is None or (part.limit is not None and part.limit < limit):
        limit = part.limit
    return inf if limit is None else limit / part.weight


def _levels_of_one_source(groups: Sequence[Group]) -> list[float]:
    """Fill one link with groups that share nothing else; as ``_Filling`` does."""
    most = [_own_level(group) for group in groups]
    rate = groups[0].parts[0].source.rate if groups else None
    if rate is None:
        return most
    weights = [group.members * group.parts[0].weight for group in groups]
    full_at = rate / sum(weights)
    if full_at < min(most):
        return [full_at] * len(most)
    if full_at >= max(most):
        return most
    return _fill(rate, weights, most)


def _fill(rate: int, weights: Sequence[int], most: Sequence[float]) -> list[float]:
    """Fill one link until it is full; some have all that they can take before."""
    levels = [-1.0] * len(most)  # it still rises
    own = sorted((level, number) for number, level in enumerate(most))
    room, weight = float(rate), sum(weights)
    level = 0.0
    stopped = 0
    while own[stopped][0] <= (full_at := room / weight):
        while stopped < len(own) and own[stopped][0] <= full_at:
            level, number = max(level, own[stopped][0]), own[stopped][1]
            levels[number] = level
            weight -= weights[number]
            room -= weights[number] * level
            stopped += 1
        if not weight:
            return levels
    level = max(level, room / weight)
    return [level if known < 0 else known for known in levels]


class _Shared:
    """A link that several parts share: what is left, and the weights still rising."""

    __slots__ = ("drops", "room", "weight")

    def __init__(self, rate: int) -> None:
        self.room = float(rate)
        self.weight = 0
        self.drops: list[_Drop] = []

    @property
    def full_at(self) -> float:
        """The level at which it is full if nothing stops before."""
        return self.room / self.weight


class _Drop:
    """One part on its way up; -1 = it still rises."""

    __slots__ = ("level", "shared", "weight")

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.level = -1.0
        self.shared: list[tuple[_Shared, int]] = []  # with the number of nodes

    def cross(self, shared: _Shared, members: int) -> None:
        """Take from a link, once for each of these nodes."""
        self.shared.append((shared, members))
        shared.weight += members * self.weight
        shared.drops.append(self)

    def stop(self, level: float) -> None:
        """Stay at a level."""
        self.level = level
        for shared, members in self.shared:
            shared.weight -= members * self.weight
            shared.room -= members * self.weight * level


class _Filling:
    """How far the levels of some groups have risen."""

    __slots__ = ("_level", "_own", "_shared", "drops", "rising")

    def __init__(self, groups: Sequence[Group]) -> None:
        sources: dict[Source, _Shared] = {}
        own: list[tuple[float, int, _Drop]] = []
        self._shared: list[_Shared] = []
        self.drops: list[_Drop] = []
        for group in groups:
            self.drops += self._pour(group, sources, own)
        self._shared += sources.values()
        # The lowest comes last; the number keeps drops from being compared.
        self._own = sorted(own, reverse=True)
        self._level = 0.0
        self.rising = len(self.drops)

    def _pour(
        self,
        group: Group,
        sources: dict[Source, _Shared],
        own: list[tuple[float, int, _Drop]],
    ) -> Iterator[_Drop]:
        node = None
        if group.rate is not None and len(group.parts) > 1:
            node = _Shared(group.rate)
            self._shared.append(node)
        for part in group.parts:
            drop = _Drop(part.weight)
            limits = [part.limit] if node else [part.limit, group.rate]
            known = [limit for limit in limits if limit is not None]
            if known:
                own.append((min(known) / part.weight, len(own), drop))
            if node is not None:
                drop.cross(node, 1)
            source = part.source
            if source.rate is not None:
                if source not in sources:
                    sources[source] = _Shared(source.rate)
                drop.cross(sources[source], group.members)
            yield drop

    def stop_next(self) -> None:
        """Let the levels rise until a shared link is full; stop who is satisfied."""
        tight = min(
            (shared for shared in self._shared if shared.weight),
            key=lambda shared: shared.full_at,
            default=None,
        )
        full_at = inf if tight is None else tight.full_at
        # Whoever stops before only leaves more room: no link is full any earlier.
        satisfied = False
        while self._own and self._own[-1][0] <= full_at:
            level, _, drop = self._own.pop()
            if drop.level < 0:
                self._stop(drop, level)
                satisfied = True
        if tight is not None and not satisfied:
            for drop in tight.drops:
                if drop.level < 0:
                    self._stop(drop, full_at)

    def _stop(self, drop: _Drop, level: float) -> None:
        # Rounding may put a level a trifle below the one before, never really.
        self._level = max(self._level, level)
        drop.stop(self._level)
        self.rising -= 1
