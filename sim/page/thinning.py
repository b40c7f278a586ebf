"""What a page shows of a run that is too large for it: a fair part, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sim.analysis.tables import NOT_YET, Tables

MAX_PODS = 500
MAX_NODES = 50
MAX_REQUESTS = 2_000
MAX_EVENTS = 6_000

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The names of pods and nodes that a page shows of one variant, in order."""

    pods: tuple[str, ...]
    nodes: tuple[str, ...]


def choose(tables: Tables, nodes: Sequence[str]) -> Shown:
    """Return what is shown: everything, or what is in trouble and an even part.

    Pods that waited for an image come first, then pods and nodes at even distances,
    so that no workload and no group of nodes is left out for standing last.
    """
    pods = [str(pod) for pod in tables.pods["pod"].drop_duplicates()]
    calm = (*NOT_YET, "CrashLoopBackOff")
    waiting = tables.waiting
    troubled = {str(p) for p in waiting.loc[~waiting["reason"].isin(calm), "pod"]}
    return Shown(
        pods=tuple(_some(pods, MAX_PODS, troubled)),
        nodes=tuple(_some(list(nodes), MAX_NODES, set())),
    )


def _some(names: list[str], most: int, first: set[str]) -> list[str]:
    if len(names) <= most:
        return names
    wanted = [name for name in names if name in first][: most // 2]
    rest = [name for name in names if name not in set(wanted)]
    kept = {*wanted, *evenly(rest, most - len(wanted))}
    return [name for name in names if name in kept]


def evenly(items: Sequence[T], most: int) -> list[T]:
    """Return all items, or as many as fit, at even distances; the last one stays."""
    if len(items) <= most:
        return list(items)
    return [items[(number + 1) * len(items) // most - 1] for number in range(most)]
