"""The plain version of the network: every rate of every transfer solved anew, slowly.

It knows no groups, no counts and no heaps. At every moment at which a transfer begins
or ends it fills the links again, transfer by transfer, and lets time pass to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.units import SECOND

HERE_BYTES = 1e-7


@dataclass(eq=False)
class Registry:
    """A registry's link; see ``sim.cluster.network.transfers.Link``."""

    rate: int | None
    per_flow: bool = False
    connection_rate: int | None = None


@dataclass(eq=False)
class Node:
    """A node's link."""

    rate: int | None


@dataclass(eq=False)
class Flow:
    """One transfer, from ``start_us`` on; ``end_us`` is filled in."""

    registry: Registry
    node: Node
    size: int
    start_us: int
    left: float = 0.0
    rate: float = 0.0
    end_us: int = -1


@dataclass(eq=False)
class _Pipe:
    """Anything with a rate that transfers go through, a connection's limit, too."""

    rate: float
    flows: list[Flow] = field(default_factory=list)


def weight_of(flow: Flow, flows: Sequence[Flow]) -> float:
    """Return 1, or the transfer's part of its node where nodes share a registry."""
    if flow.registry.per_flow:
        return 1.0
    mates = [
        other
        for other in flows
        if (other.registry, other.node) == (flow.registry, flow.node)
    ]
    return 1 / len(mates)


def pipes_of(flows: Sequence[Flow]) -> list[_Pipe]:
    """Return all that limits these transfers."""
    pipes: dict[object, _Pipe] = {}
    for flow in flows:
        for key, rate in (
            (flow.registry, flow.registry.rate),
            (flow.node, flow.node.rate),
            (flow, flow.registry.connection_rate),
        ):
            if rate is not None:
                pipes.setdefault(key, _Pipe(float(rate))).flows.append(flow)
    return list(pipes.values())


def fill(flows: Sequence[Flow]) -> None:
    """Set the max-min rate of every transfer, which is limited by something."""
    pipes = pipes_of(flows)
    weights = {flow: weight_of(flow, flows) for flow in flows}
    waiting = dict.fromkeys(flows)
    room = {pipe: pipe.rate for pipe in pipes}
    while waiting:
        thirst = {
            pipe: sum(weights[flow] for flow in pipe.flows if flow in waiting)
            for pipe in pipes
        }
        levels = {p: max(0.0, room[p]) / t for p, t in thirst.items() if t}
        tight = min(levels, key=lambda pipe: levels[pipe])
        for flow in [flow for flow in tight.flows if flow in waiting]:
            del waiting[flow]
            flow.rate = levels[tight] * weights[flow]
            for pipe in pipes:
                if flow in pipe.flows:
                    room[pipe] -= flow.rate


def run(flows: Sequence[Flow]) -> None:
    """Let time pass until every transfer has arrived; times are whole microseconds."""
    now = 0
    coming = sorted(flows, key=lambda flow: flow.start_us)
    under_way: list[Flow] = []
    while coming or under_way:
        while coming and coming[0].start_us <= now:
            flow = coming.pop(0)
            flow.left = float(flow.size)
            under_way.append(flow)
        for flow in [flow for flow in under_way if flow.left <= HERE_BYTES]:
            under_way.remove(flow)
            flow.end_us = now
        fill(under_way)
        times = [flow.start_us for flow in coming[:1]]
        times += [
            now + max(1, -int(-flow.left * SECOND // flow.rate)) for flow in under_way
        ]
        if not times:
            return
        for flow in under_way:
            flow.left -= flow.rate * (min(times) - now) / SECOND
        now = min(times)
