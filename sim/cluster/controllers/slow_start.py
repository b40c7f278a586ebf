"""Create pods in batches that double, so that a refusal does not come a thousandfold.

Source: pkg/controller/replicaset/replica_set.go, slowStartBatch; pkg/controller/daemon.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from sim.cluster.objects import Pod

FIRST_BATCH = 1

Item = TypeVar("Item")


def slow_start(items: Iterable[Item], create: Callable[[Item], Pod | None]) -> bool:
    """Create a pod for each item; a batch with a refusal is the last.

    Returns False if a pod was refused.
    """
    rest, size = iter(items), FIRST_BATCH
    while batch := list(islice(rest, size)):
        made = [create(item) for item in batch]
        if None in made:
            return False
        size *= 2
    return True
