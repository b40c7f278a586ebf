"""Bytes in time: transfers from registries to nodes share links max-min fair.

Nodes with equal links and equal numbers of transfers from the same registries are a
group and advance together: a group keeps one count of bytes per registry, and a heap
with the next end of each node (``transfers``). So a change costs by the number of
groups that it concerns, not by the number of nodes or transfers.

Shares are solved anew whenever transfers begin or end, for the groups that share a
limited registry link, step by step, with what changed. One timer waits for the next
end of all. Times are whole microseconds, rounded up.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush

from sim.cluster.clock import Clock
from sim.cluster.transfers import (
    NEVER_US,
    Claim,
    Group,
    Key,
    Link,
    LinkBroken,
    Part,
    Transfer,
)
from sim.rules.max_min import water_levels


class Network:
    """All transfers of a cluster."""

    __slots__ = ("_armed_us", "_due", "_env", "_groups", "_sources", "_started")

    def __init__(self, env: Clock) -> None:
        self._env = env
        self._groups: dict[Key, Group] = {}
        self._sources: dict[Link, int] = {}
        self._started = 0
        # (when, number that keeps the last from being compared, what is watched)
        self._due: list[tuple[int, int, Link | Part]] = []
        self._armed_us = NEVER_US

    def transfer(self, egress: Link, ingress: Link, size_bytes: int) -> Transfer:
        """Start sending; wait for ``done`` of what is returned.

        ``done`` fails with ``LinkBroken`` if a link is cut. A transfer that is cut or
        cancelled has the size of what had arrived.
        """
        self._started += 1
        transfer = Transfer(self._started, self._env.event(), size_bytes)
        limits = (egress.rate, ingress.rate, egress.connection_rate)
        if size_bytes == 0 or limits == (None, None, None):
            transfer.done.succeed()
            return transfer
        touched = self._leave(ingress)
        claim = ingress.claims.get(egress)
        if claim is None:
            claim = Claim(egress, ingress)
            ingress.claims[egress] = egress.claims[ingress] = claim
        claim.add(transfer, size_bytes)
        self._share([*touched, *self._join(ingress)])
        return transfer

    def cancel(self, transfer: Transfer) -> None:
        """Forget a transfer; nobody waits for it any more."""
        self._break([transfer])

    def _break(self, transfers: Sequence[Transfer]) -> None:
        now = self._env.now
        under_way = [t for t in transfers if t.claim is not None]
        for transfer, got in [(t, t.received(now)) for t in under_way]:
            transfer.size_bytes = got
        if under_way:
            self._end(under_way)

    def cut(self, link: Link) -> None:
        """Break off everything that crosses a link."""
        crossing = [t for claim in link.claims.values() for t in claim.transfers]
        crossing.sort(key=lambda transfer: transfer.number)
        self._break(crossing)
        for transfer in crossing:
            transfer.done.fail(LinkBroken())

    def set_rate(self, egress: Link, rate: int | None) -> None:
        """Change what a registry's link carries; all that share it share anew."""
        nodes = list(egress.claims)
        touched = [group for node in nodes for group in self._leave(node)]
        egress.rate = rate
        egress.due_us = NEVER_US  # what is watched for its ends may be another now
        free = list(_unlimited(egress))
        for transfer, claim in free:
            claim.remove(transfer)
        for node in nodes:
            touched += self._join(node)
        self._share(touched)
        for transfer, _ in free:
            transfer.done.succeed()

    def _end(self, transfers: Sequence[Transfer]) -> None:
        claims = {t: t.claim for t in transfers if t.claim is not None}
        nodes = dict.fromkeys(claim.node for claim in claims.values())
        touched = [group for node in nodes for group in self._leave(node)]
        for transfer, claim in claims.items():
            claim.remove(transfer)
        for node in nodes:
            touched += self._join(node)
        self._share(touched)

    # --- groups ---

    def _leave(self, node: Link) -> list[Group]:
        """Take a node out of its group; return that, or who shared a link with it."""
        group = node.group
        if group is None:
            return []
        for claim in node.claims.values():
            claim.leave(self._env.now)
        node.group = None
        group.members -= 1
        if group.members:
            return [group]
        del self._groups[group.key]
        others: list[Group] = []
        for part in group.parts:
            source = part.source
            del source.groups[group]
            if source.rate is not None:
                others += source.groups
        return others

    def _join(self, node: Link) -> list[Group]:
        """Put a node into the group of its likes; return it, if anything is left."""
        for source in [s for s, claim in node.claims.items() if not claim.transfers]:
            del node.claims[source], source.claims[node]
        if not node.claims:
            return []
        group = self._group(node)
        group.members += 1
        node.group = group
        for part in group.parts:
            part.advance(self._env.now)
            node.claims[part.source].enter(part)
        return [group]

    def _group(self, node: Link) -> Group:
        numbers = self._sources
        parts = [
            (numbers.setdefault(source, len(numbers)), len(claim.transfers), source)
            for source, claim in node.claims.items()
        ]
        parts.sort()
        key = (node.rate, tuple([(number, count) for number, count, _ in parts]))
        group = self._groups.get(key)
        if group is None:
            now = self._env.now
            made = [Part(source, count, now) for _, count, source in parts]
            group = self._groups[key] = Group(key, node.rate, made)
            for part in made:
                part.source.groups[group] = part
        return group

    # --- shares ---

    def _share(self, touched: Iterable[Group]) -> None:
        """Solve anew whatever may change, and wait for the next end."""
        changed = dict.fromkeys(touched)
        groups = _connected(changed)
        now = self._env.now
        ends: dict[Link | Part, int] = {}
        for group, levels in zip(groups, water_levels(groups), strict=True):
            for part, level in zip(group.parts, levels, strict=True):
                rate = level * part.weight / part.transfers
                if rate != part.rate:
                    part.advance(now)
                    part.rate = rate
                    part.look_ahead()
                elif group in changed:
                    part.look_ahead()
                # Shares of a limited link change together: it is watched for them.
                watched = part if part.source.rate is None else part.source
                if part.end_us <= ends.get(watched, NEVER_US):
                    ends[watched] = part.end_us
        for watched, end_us in ends.items():
            self._watch(watched, end_us)
        self._arm()

    def _watch(self, watched: Link | Part, end_us: int) -> None:
        # One that is due too early is put off when its time comes.
        if end_us < watched.due_us:
            watched.due_us = end_us
            self._started += 1
            heappush(self._due, (end_us, self._started, watched))

    def _arm(self) -> None:
        if self._due and self._due[0][0] < self._armed_us:
            self._armed_us = self._due[0][0]
            wait_us = self._armed_us - self._env.now
            self._env.call_after(wait_us, self._fire)

    def _fire(self) -> None:
        if self._armed_us != self._env.now:
            return
        self._armed_us = NEVER_US
        due = self._take_due()
        arrived = [t for watched in due for t in self._arrived(watched)]
        arrived.sort(key=lambda transfer: transfer.number)
        if arrived:
            self._end(arrived)
        for watched in due:
            ends = (part.end_us for part in _parts(watched))
            self._watch(watched, min(ends, default=NEVER_US))
        self._arm()
        for transfer in arrived:
            transfer.done.succeed()

    def _take_due(self) -> list[Link | Part]:
        found = []
        while self._due and self._due[0][0] <= self._env.now:
            due_us, _, watched = heappop(self._due)
            if watched.due_us == due_us:
                watched.due_us = NEVER_US
                found.append(watched)
        return found

    def _arrived(self, watched: Link | Part) -> Iterator[Transfer]:
        now = self._env.now
        for part in _parts(watched):
            if part.end_us <= now:
                part.advance(now)
                yield from part.arrived()
                part.look_ahead()


def _unlimited(egress: Link) -> Iterator[tuple[Transfer, Claim]]:
    """Yield the transfers that nothing limits: they arrive at once."""
    if egress.rate is None and egress.connection_rate is None:
        for node, claim in egress.claims.items():
            if node.rate is None:
                yield from ((transfer, claim) for transfer in claim.transfers)


def _parts(watched: Link | Part) -> Iterable[Part]:
    return (watched,) if isinstance(watched, Part) else watched.groups.values()


def _connected(touched: Iterable[Group]) -> list[Group]:
    """Return the groups that share a limited registry link, step by step."""
    found = {group: None for group in touched if group.members}
    groups = list(found)
    sources: dict[Link, None] = {}
    for group in groups:  # grows while it is walked
        for part in group.parts:
            source = part.source
            if source.rate is None or source in sources:
                continue
            sources[source] = None
            for other in source.groups:
                if other not in found:
                    found[other] = None
                    groups.append(other)
    return groups
