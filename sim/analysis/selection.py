"""Which pods are shown where not all fit: trouble first, then a fair part."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from sim.analysis.tables import NOT_YET, Tables

T = TypeVar("T")


def waited(tables: Tables) -> set[str]:
    """Return the pods that waited for an image they could not get."""
    calm = (*NOT_YET, "CrashLoopBackOff")
    waiting = tables.waiting
    return {str(pod) for pod in waiting.loc[~waiting["reason"].isin(calm), "pod"]}


def some(names: Sequence[str], most: int, first: AbstractSet[str]) -> list[str]:
    """Return all names in their order, or as many as fit.

    Names in ``first`` get up to half of the places; the others stand at even distances,
    so that none is left out for standing last.
    """
    if len(names) <= most:
        return list(names)
    wanted = [name for name in names if name in first][: most // 2]
    rest = [name for name in names if name not in set(wanted)]
    kept = {*wanted, *evenly(rest, most - len(wanted))}
    return [name for name in names if name in kept]


def evenly(items: Sequence[T], most: int) -> list[T]:
    """Return all items, or as many as fit, at even distances; the last one stays."""
    if len(items) <= most:
        return list(items)
    return [items[(number + 1) * len(items) // most - 1] for number in range(most)]
