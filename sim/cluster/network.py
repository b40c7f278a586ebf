"""Bytes in time: links that transfers share max-min fair.

A transfer crosses two links: the egress of a registry and the link of a node. Every
change of who transfers solves the shares anew for the transfers that are connected
by links to the one that changed (progressive filling), and one timer per such group
waits for its next end. Times are whole microseconds, rounded up.

Source of the model: max-min fairness by progressive filling (Bertsekas and Gallager,
Data Networks, section 6.5.2), one share per node at a registry's egress.
"""

from collections import Counter
from collections.abc import Iterator

import simpy

from sim.cluster.clock import Clock
from sim.units import SECOND

# What is left of a transfer below this many bytes has arrived: shares are floats.
ARRIVED_BYTES = 1e-3


class LinkBroken(Exception):  # noqa: N818 - it names what happened
    """A transfer ended early because one of its ends went away."""


class Link:
    """A link of ``rate`` bytes a second; None carries anything."""

    __slots__ = ("rate", "transfers")

    def __init__(self, rate: int | None) -> None:
        self.rate = rate
        self.transfers: dict[Transfer, None] = {}


class Transfer:
    """Bytes on their way; ``done`` fires when the last has arrived."""

    __slots__ = ("done", "generation", "left", "links", "rate")

    def __init__(self, links: tuple[Link, Link], size: int, done: simpy.Event) -> None:
        self.links = links
        self.left = float(size)
        self.rate = 0.0
        self.done = done
        self.generation = 0


class Network:
    """All transfers of a cluster."""

    __slots__ = ("_env", "_generation", "_updated_us")

    def __init__(self, env: Clock) -> None:
        self._env = env
        # Per group of connected transfers there is one timer; a group is known by
        # its members, and a member's generation tells a stale timer from the live.
        self._generation = 0
        self._updated_us: dict[Transfer, int] = {}

    def transfer(self, egress: Link, ingress: Link, size_bytes: int) -> Transfer:
        """Start sending; wait for ``done`` of what is returned.

        ``done`` fails with ``LinkBroken`` if a link is cut.
        """
        transfer = Transfer((egress, ingress), size_bytes, self._env.event())
        if size_bytes == 0 or (egress.rate is None and ingress.rate is None):
            transfer.done.succeed()
            return transfer
        group = self._connected(transfer)
        self._advance(group)
        for link in transfer.links:
            link.transfers[transfer] = None
        self._updated_us[transfer] = self._env.now
        self._share([*group, transfer])
        return transfer

    def cancel(self, transfer: Transfer) -> None:
        """Forget a transfer; nobody waits for it any more."""
        if transfer not in self._updated_us:
            return
        group = self._connected(transfer)
        self._advance(group)
        self._remove(transfer)
        self._share([other for other in group if other is not transfer])

    def cut(self, link: Link) -> None:
        """Break off everything that crosses a link."""
        for transfer in list(link.transfers):
            self.cancel(transfer)
            transfer.done.fail(LinkBroken())

    def set_rate(self, link: Link, rate: int | None) -> None:
        """Change what a link carries; all that is connected by it shares anew."""
        under_way = list(link.transfers)
        group = dict.fromkeys(t for one in under_way for t in self._connected(one))
        self._advance(list(group))
        link.rate = rate
        for one in under_way:
            if all(other.rate is None for other in one.links):
                self._remove(one)
                group.pop(one, None)
                one.done.succeed()
            else:
                group |= dict.fromkeys([one, *self._connected(one)])
        for part in _parts(list(group)):
            self._share(part)

    def _remove(self, transfer: Transfer) -> None:
        del self._updated_us[transfer]
        for link in transfer.links:
            del link.transfers[transfer]

    def _connected(self, transfer: Transfer) -> list[Transfer]:
        """The transfers under way that share a limited link with it, step by step."""
        seen: dict[Transfer, None] = {}
        links = [link for link in transfer.links if link.rate is not None]
        known = set(links)
        for link in links:  # grows while it is walked
            for other in link.transfers:
                if other not in seen:
                    seen[other] = None
                    for far in other.links:
                        if far.rate is not None and far not in known:
                            known.add(far)
                            links.append(far)
        return list(seen)

    def _advance(self, group: list[Transfer]) -> None:
        """Let the bytes of the time since the last change arrive."""
        now = self._env.now
        for transfer in group:
            passed = now - self._updated_us[transfer]
            transfer.left -= transfer.rate * passed / SECOND
            self._updated_us[transfer] = now

    def _share(self, group: list[Transfer]) -> None:
        """Give everybody their share and wait for the first end."""
        if not group:
            return
        fill(group)
        self._generation += 1
        generation = self._generation
        for transfer in group:
            transfer.generation = generation
        wait_us = min(_time_left_us(transfer) for transfer in group)
        first = group[0]

        def arrive() -> None:
            if first.generation == generation and first in self._updated_us:
                self._arrive(group, generation)

        self._env.call_after(wait_us, arrive)

    def _arrive(self, group: list[Transfer], generation: int) -> None:
        self._advance(group)
        arrived = [t for t in group if t.left <= ARRIVED_BYTES]
        for transfer in arrived:
            self._remove(transfer)
        rest = [t for t in group if t.left > ARRIVED_BYTES]
        for part in _parts(rest):
            self._share(part)
        for transfer in arrived:
            assert transfer.generation == generation  # noqa: S101 - one live timer
            transfer.done.succeed()


def _time_left_us(transfer: Transfer) -> int:
    return max(1, -int(-transfer.left * SECOND // transfer.rate))


def _parts(group: list[Transfer]) -> Iterator[list[Transfer]]:
    """Split transfers into groups that share no limited link."""
    rest = dict.fromkeys(group)
    while rest:
        part = [next(iter(rest))]
        del rest[part[0]]
        for transfer in part:  # grows while it is walked
            for link in transfer.links:
                if link.rate is None:
                    continue
                for other in link.transfers:
                    if other in rest:
                        del rest[other]
                        part.append(other)
        yield part


def fill(group: list[Transfer]) -> None:
    """Set every transfer's rate to its max-min share by progressive filling.

    The transfers between one registry and one node are one claim, however many they
    are, and share what it gets: a node does not win by opening more connections.
    """
    claims: dict[tuple[Link, Link], list[Transfer]] = {}
    for transfer in group:
        claims.setdefault(transfer.links, []).append(transfer)
    left = {link: float(link.rate) for pair in claims for link in pair if link.rate}
    waiting = dict.fromkeys(claims)
    while waiting:
        users = Counter(link for pair in waiting for link in pair if link in left)
        tight = min(users, key=lambda link: left[link] / users[link])
        share = left[tight] / users[tight]
        for pair in [pair for pair in waiting if tight in pair]:
            del waiting[pair]
            for transfer in claims[pair]:
                transfer.rate = share / len(claims[pair])
            for link in pair:
                if link in left:
                    left[link] -= share
