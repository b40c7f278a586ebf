"""What chance decides about one kubelet's clock.

A node's chance comes from streams of its own, so another node more or less changes
none of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sim.cluster.kubelet.sync_loop import (
    HOUSEKEEPING_PERIOD_US,
    TICK_US,
    Coin,
    Requeue,
    Sleeper,
)
from sim.cluster.numbered_draws import numbered_draw
from sim.cluster.streams import Draw, Streams, uniform_us
from sim.rules.pod_sync import jitter
from sim.units import SECOND

CLOCK_PHASE_US = 2 * SECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class Clockwork:
    """One kubelet's phases and draws; times are microseconds.

    ``pleg_phase_us`` is the first relist's distance from the start; ``requeue`` makes
    a delay of its base and jitter factor; ``coin`` decides tick against housekeeping,
    ``tie`` whether a list shows a change of its last instant.
    """

    start_us: int
    pleg_phase_us: int
    requeue: Requeue
    coin: Coin
    tie: Draw
    tick_us: int = TICK_US


def drawn_clockwork(shows_us: int, streams: Streams, node: str) -> Clockwork:
    """Return the chance of one kubelet, ``node`` being its entity in the streams.

    It started some while before its node shows, so its clocks have a phase. Requeues
    and coins are drawn by number: what happens to one pod must not depend on when
    others are looked at.
    """
    phase = streams.stream(node, "clock")
    start_us = shows_us - uniform_us(phase, 0, CLOCK_PHASE_US)
    coins = streams.coin_key(node)

    def requeue(worker: Sleeper, _: int, base_us: int, factor: float) -> int:
        if not base_us:
            return 0
        key = streams.pod_key(worker.pod.full_name, worker.pod.created_us)
        return jitter(base_us, factor, numbered_draw(key, worker.due))

    return Clockwork(
        start_us=start_us,
        pleg_phase_us=uniform_us(phase, 0, SECOND),
        requeue=requeue,
        coin=lambda at_us: numbered_draw(
            coins, (at_us - start_us) // HOUSEKEEPING_PERIOD_US
        ),
        tie=_when_drawn(lambda: streams.stream(node, "pleg")),
    )


def _when_drawn(make: Callable[[], Draw]) -> Draw:
    """Make a stream when it is first drawn from: most kubelets never do."""
    made: list[Draw] = []

    def draw() -> float:
        if not made:
            made.append(make())
        return made[0]()

    return draw
