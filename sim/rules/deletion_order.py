"""Which pods of a ReplicaSet go first when it shrinks.

Source: pkg/controller/controller_utils.go (ActivePodsWithRanks).
"""

from collections.abc import Iterable

from sim.value import value

INSERTION = 12


@value
class Candidate:
    """A pod that may go. Times are whole seconds, as the API has them.

    ``phase`` is 0 for Pending, 1 for Unknown, 2 for Running; ``on_node`` counts the
    pods of the Deployment on its node; ``restarts`` is that of the container with
    most.
    """

    name: str
    uid: str
    assigned: bool = True
    phase: int = 2
    ready: bool = True
    on_node: int = 1
    ready_s: int = 0
    restarts: int = 0
    created_s: int = 0


def first_to_go(candidates: Iterable[Candidate], now_s: int) -> list[Candidate]:
    """Return the pods in the order in which they are deleted; equals keep theirs."""
    return _sorted(list(candidates), now_s)


def _sorted(pods: list[Candidate], now_s: int) -> list[Candidate]:
    """Sort by insertion up to twelve pods, as Go's sort does, and merge what is more.

    The comparison is not transitive (ages within a factor of two compare by UID), so
    the result hangs on which pairs are compared: Python's own sort chooses these
    otherwise in other releases.
    """
    if len(pods) > INSERTION:
        middle = len(pods) // 2
        return _merged(
            _sorted(pods[:middle], now_s), _sorted(pods[middle:], now_s), now_s
        )
    for end in range(1, len(pods)):
        at = end
        while at and _compare(pods[at], pods[at - 1], now_s) < 0:
            pods[at - 1], pods[at] = pods[at], pods[at - 1]
            at -= 1
    return pods


def _merged(
    left: list[Candidate], right: list[Candidate], now_s: int
) -> list[Candidate]:
    found: list[Candidate] = []
    first, second = 0, 0
    while first < len(left) and second < len(right):
        if _compare(right[second], left[first], now_s) < 0:
            found.append(right[second])
            second += 1
        else:
            found.append(left[first])
            first += 1
    return [*found, *left[first:], *right[second:]]


def _compare(one: Candidate, other: Candidate, now_s: int) -> int:
    difference = _sign(_state(one), _state(other))
    if difference == 0 and one.ready and one.ready_s != other.ready_s:
        return _younger(one, other, now_s - one.ready_s, now_s - other.ready_s)
    if difference == 0:
        difference = _sign((-one.restarts,), (-other.restarts,))
    if difference == 0 and one.created_s != other.created_s:
        return _younger(one, other, now_s - one.created_s, now_s - other.created_s)
    return difference


def _state(pod: Candidate) -> tuple[int, ...]:
    return (pod.assigned, pod.phase, pod.ready, -pod.on_node)


def _younger(one: Candidate, other: Candidate, age_s: int, other_age_s: int) -> int:
    """Compare ages on a logarithmic scale; where that does not tell, by UID."""
    ages = (deletion_age(age_s),), (deletion_age(other_age_s),)
    return _sign(*ages) or (-1 if one.uid < other.uid else 1)


def _sign(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return (one > other) - (one < other)


def deletion_age(seconds: int) -> int:
    """The scale on which ages of pods are compared: the logarithm of nanoseconds.

    Source: pkg/controller/controller_utils.go, logarithmicRankDiff.
    """
    return (seconds * 10**9).bit_length() - 1 if seconds > 0 else -1
