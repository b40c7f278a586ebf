"""What a page shows of a run that is too large for it: a fair part, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.analysis.selection import evenly, some, waited
from sim.analysis.tables import Tables

MAX_PODS = 500
MAX_NODES = 50
MAX_REQUESTS = 2_000
MAX_EVENTS = 6_000
MAX_CHANGES = 10_000


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


def last_in_part(changes: pd.DataFrame) -> "pd.Series[bool]":
    """Return which changes of builds in service are shown: all, or as many as fit.

    They are cut into parts, equal in number and one after another in time. Of each
    workload's build the last change in each part stays, so that all counts are right
    where one part ends and another begins.
    """
    if len(changes) <= MAX_CHANGES:
        return pd.Series(data=True, index=changes.index)
    keys = changes[["owner", "build"]]
    parts = MAX_CHANGES // len(keys.drop_duplicates())
    place = np.arange(len(changes))
    cut = keys.assign(part=place * max(1, parts) // len(changes))
    return ~cut.duplicated(keep="last")
