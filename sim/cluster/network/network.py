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
from operator import attrgetter

import simpy

from sim.cluster.clock import Clock
from sim.cluster.network.transfers import (
    NEVER_US,
    NO_NUMBER,
    NOT_KNOWN_US,
    Claim,
    Group,
    Key,
    Link,
    LinkBroken,
    Part,
    Transfer,
)
from sim.rules.max_min import water_levels

Touched = dict[Group, object]
"""Groups whose members or transfers change, in this order; the values say nothing."""

_number = attrgetter("number")


class Network:
    """All transfers of a cluster."""

    __slots__ = (
        "_armed_us",
        "_coupled",
        "_due",
        "_env",
        "_groups",
        "_sources",
        "_started",
        "_timers",
    )

    def __init__(self, env: Clock) -> None:
        self._env = env
        self._groups: dict[Key, Group] = {}
        self._coupled = 0  # groups that take from more than one registry
        self._sources = 0  # how many have sent
        self._started = 0
        # (when, number that keeps the last from being compared, what is watched)
        self._due: list[tuple[int, int, Link | Part]] = []
        self._timers: dict[int, None] = {}  # also those that wait in vain by now
        self._armed_us = NEVER_US

    def transfer(self, egress: Link, ingress: Link, size_bytes: int) -> Transfer:
        """Start sending; wait for ``done`` of what is returned.

        ``done`` fails with ``LinkBroken`` if a link is cut. A transfer that is cut or
        cancelled has the size of what had arrived.
        """
        self._started += 1
        transfer = Transfer(self._started, simpy.Event(self._env), size_bytes)
        limits = (egress.rate, ingress.rate, egress.connection_rate)
        if size_bytes == 0 or limits == (None, None, None):
            transfer.done.succeed()
            return transfer
        touched: Touched = {}
        self._leave(ingress, touched)
        claim = ingress.claims.get(egress)
        if claim is None:
            claim = self._claim(egress, ingress)
        claim.add(transfer, size_bytes)
        self._join(ingress, touched)
        self._share(touched)
        return transfer

    def _claim(self, egress: Link, ingress: Link) -> Claim:
        if egress.number == NO_NUMBER:
            egress.number = self._sources
            self._sources += 1
        claim = ingress.claims[egress] = egress.claims[ingress] = Claim(egress, ingress)
        return claim

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
        crossing.sort(key=_number)
        self._break(crossing)
        for transfer in crossing:
            transfer.done.fail(LinkBroken())

    def set_rate(self, egress: Link, rate: int | None) -> None:
        """Change what a registry's link carries; all that share it share anew."""
        nodes = list(egress.claims)
        touched: Touched = {}
        for node in nodes:
            self._leave(node, touched)
        egress.rate = rate
        egress.due_us = NEVER_US  # what is watched for its ends may be another now
        free = list(_unlimited(egress))
        for transfer, claim in free:
            claim.remove(transfer)
        for node in nodes:
            self._join(node, touched)
        self._share(touched)
        for transfer, _ in free:
            transfer.done.succeed()

    def _end(self, transfers: Sequence[Transfer]) -> None:
        nodes: dict[Link, None] = {}
        touched: Touched = {}
        for transfer in transfers:
            claim = transfer.claim
            if claim is not None:
                self._leave(claim.node, touched)
                claim.remove(transfer)
                nodes[claim.node] = None
        for node in nodes:
            self._join(node, touched)
        self._share(touched)

    # --- groups ---

    def _leave(self, node: Link, touched: Touched) -> None:
        """Take a node out of its group; that, or who shared a link with it, shares."""
        group = node.group
        if group is None:
            return
        now = self._env.now
        for claim in node.claims.values():
            claim.leave(now)
        node.group = None
        group.members -= 1
        if group.members:
            touched[group] = None
            return
        touched.pop(group, None)
        del self._groups[group.key]
        self._coupled -= len(group.parts) > 1
        for part in group.parts:
            source = part.source
            del source.groups[group]
            if source.rate is not None:
                touched.update(source.groups)

    def _join(self, node: Link, touched: Touched) -> None:
        """Put a node into the group of its likes, if anything is left for it."""
        if not node.claims:
            return
        group = self._group(node)
        group.members += 1
        node.group = group
        now = self._env.now
        for part in group.parts:
            part.advance(now)
            node.claims[part.source].enter(part)
        touched[group] = None

    def _group(self, node: Link) -> Group:
        claims = list(node.claims.values())
        if len(claims) > 1:
            claims.sort(key=lambda claim: claim.source.number)
        taken = [(claim.source.number, len(claim.transfers)) for claim in claims]
        key = (node.rate, *taken)
        group = self._groups.get(key)
        if group is None:
            now = self._env.now
            made = [Part(one.source, len(one.transfers), now) for one in claims]
            group = self._groups[key] = Group(key, node.rate, made)
            self._coupled += len(made) > 1
            for part in made:
                part.source.groups[group] = part
        return group

    # --- shares ---

    def _share(self, touched: Touched) -> None:
        """Solve anew whatever may change, and wait for the next end."""
        source = None if self._coupled else _only_source(touched)
        parts: Iterable[Part]
        if source is None:
            groups = _connected(touched)
            parts = [part for group in groups for part in group.parts]
        else:
            groups, parts = list(source.groups), source.groups.values()
        now = self._env.now
        ends: dict[Link | Part, int] = {}
        for part, level in zip(parts, water_levels(groups, source), strict=True):
            rate = level * part.weight / part.transfers
            if rate != part.rate or part.end_us == NOT_KNOWN_US:
                part.flow(rate, now)
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
            at_us = self._armed_us = self._due[0][0]
            if at_us not in self._timers:
                self._timers[at_us] = None
                self._env.call_after(at_us - self._env.now, self._fire)

    def _fire(self) -> None:
        now_us = self._env.now
        del self._timers[now_us]
        if self._armed_us != now_us:
            return
        self._armed_us = NEVER_US
        arrived = self._take_arrived()
        if arrived:
            arrived.sort(key=_number)
            self._end(arrived)
        else:
            self._arm()
        for transfer in arrived:
            transfer.done.succeed()

    def _take_arrived(self) -> list[Transfer]:
        """Return what has arrived of what is due; look later where nothing has."""
        now, due = self._env.now, self._due
        arrived: list[Transfer] = []
        while due and due[0][0] <= now:
            due_us, _, watched = heappop(due)
            if watched.due_us != due_us:
                continue
            watched.due_us = NEVER_US
            found = [t for part in _parts(watched) for t in part.take_arrived(now)]
            if found:
                arrived += found  # which ends what was shared here
            else:
                ends = [part.end_us for part in _parts(watched)]
                self._watch(watched, min(ends, default=NEVER_US))
        return arrived


def _unlimited(egress: Link) -> Iterator[tuple[Transfer, Claim]]:
    """Yield the transfers that nothing limits: they arrive at once."""
    if egress.rate is None and egress.connection_rate is None:
        for node, claim in egress.claims.items():
            if node.rate is None:
                yield from ((transfer, claim) for transfer in claim.transfers)


def _parts(watched: Link | Part) -> Iterable[Part]:
    return (watched,) if isinstance(watched, Part) else watched.groups.values()


def _only_source(touched: Touched) -> Link | None:
    """Return the limited registry link that all these take from, if there is one."""
    only = None
    for group in touched:
        source = group.parts[0].source
        if source.rate is None or (only is not None and source is not only):
            return None
        only = source
    return only


def _connected(touched: Touched) -> list[Group]:
    """Return the groups that share a limited registry link, step by step."""
    found = dict(touched)
    groups = list(found)
    sources: dict[Link, None] = {}
    for group in groups:  # grows while it is walked
        for part in group.parts:
            source = part.source
            if source.rate is None or source in sources:
                continue
            sources[source] = None
            known = len(found)
            found.update(source.groups)
            if len(found) > known:
                groups += list(found)[known:]
    return groups
