"""What a page shows of a run that is too large for it: a fair part, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.analysis.selection import evenly, some, waited
from sim.analysis.tables import Tables

MAX_PODS = 500
MAX_NODES = 50
MAX_REQUESTS = 2_000
MAX_EVENTS = 6_000


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
    return Shown(
        pods=tuple(some(pods, MAX_PODS, waited(tables))),
        nodes=tuple(evenly(nodes, MAX_NODES)),
    )
