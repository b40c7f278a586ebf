"""The arithmetic of rolling updates: pure numbers in, sizes out.

Source: pkg/controller/deployment (rolling.go, util/deployment_util.go, sync.go).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sim.value import value


@value
class Fenceposts:
    """How many pods more, and how many available pods fewer, an update may have."""

    surge: int
    unavailable: int


class SetSize(NamedTuple):
    """One ReplicaSet's numbers: what it asks for, and what is available of it."""

    spec: int
    available: int = 0


def scaled_value(value: str | int, total: int, *, up: bool) -> int:
    """Return an IntOrString as a number of pods; percentages of ``total``.

    Source: k8s.io/apimachinery pkg/util/intstr, GetScaledValueFromIntOrPercent.
    """
    if isinstance(value, int):
        return value
    percent = int(value.removesuffix("%")) * total
    return -(-percent // 100) if up else percent // 100


@lru_cache(maxsize=1024)
def fenceposts(
    max_surge: str | int, max_unavailable: str | int, replicas: int
) -> Fenceposts:
    """Resolve both limits; if both are 0, one pod may be unavailable.

    Source: deployment_util.go, ResolveFenceposts and MaxUnavailable.
    """
    surge = scaled_value(max_surge, replicas, up=True)
    unavailable = scaled_value(max_unavailable, replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Fenceposts(surge=surge, unavailable=min(unavailable, replicas))


def new_set_size(new_spec: int, total_spec: int, replicas: int, surge: int) -> int:
    """Return the size that the new ReplicaSet may have now.

    Source: deployment_util.go, NewRSNewReplicas; rolling.go, reconcileNewReplicaSet.
    """
    if new_spec >= replicas:
        return replicas
    room = replicas + surge - total_spec
    return new_spec + max(0, min(room, replicas - new_spec))


def old_set_sizes(
    old: Sequence[SetSize], new: SetSize, replicas: int, unavailable: int
) -> list[int]:
    """Return the sizes of the old ReplicaSets, oldest first, after one pass.

    Pods that are not available go first, whatever set they are in.

    Source: rolling.go, reconcileOldReplicaSets, cleanupUnhealthyReplicas,
    scaleDownOldReplicaSetsForRollingUpdate.
    """
    sizes = [size.spec for size in old]
    minimum = replicas - unavailable
    budget = sum(sizes) + new.spec - minimum - (new.spec - new.available)
    if budget <= 0:
        return sizes
    for number, size in enumerate(old):
        gone = max(0, min(budget, sizes[number] - size.available))
        sizes[number] -= gone
        budget -= gone
    removable = sum(size.available for size in old) + new.available - minimum
    for number in range(len(sizes)):
        gone = max(0, min(sizes[number], removable))
        sizes[number] -= gone
        removable -= gone
    return sizes


@value
class Proportion:
    """A ReplicaSet in the middle of an update: its size, the total noted with it."""

    spec: int
    noted_max: int


def proportional_sizes(
    sets: Sequence[Proportion], replicas: int, surge: int
) -> list[int]:
    """Spread a new number of replicas over active sets, largest first.

    ``sets`` are in the order in which they are served (the caller breaks ties:
    newer first when adding, older first when removing).

    Source: sync.go, scale; deployment_util.go, GetReplicaSetProportion.
    """
    allowed = replicas + surge if replicas > 0 else 0
    to_add = allowed - sum(one.spec for one in sets)
    added = 0
    sizes = []
    for one in sets:
        share = _share(one, allowed, to_add, added) if to_add else 0
        sizes.append(one.spec + share)
        added += share
    if sizes:
        sizes[0] = max(0, sizes[0] + to_add - added)
    return sizes


def _share(one: Proportion, allowed: int, to_add: int, added: int) -> int:
    if one.spec == 0:
        return 0
    noted = one.noted_max or allowed
    # Go's integer(float64): halves are rounded away from zero.
    exact = one.spec * allowed / noted
    share = int(exact + 0.5) - one.spec
    rest = to_add - added
    return min(share, rest) if to_add > 0 else max(share, rest)
