"""How many pods run each build: what changes, and when."""

import numpy as np
import pandas as pd

from sim.analysis.columns import Ints, times


def steps(service: pd.DataFrame, build: str = "build") -> pd.DataFrame:
    """Return, at every change, how many pods of a workload run each build.

    What happens at one instant is one change; only changes are returned. ``build`` is
    the column of ``service`` that tells builds apart.
    """
    time_us, edge, which = edges(service)
    owners, owner_texts = pd.factorize(service["owner"])
    builds, build_texts = pd.factorize(service[build])
    pods, _ = pd.factorize(service["pod"])
    key = (owners * max(1, len(build_texts)) + builds)[which]
    changes = _changes_of_pods(key, pods[which], time_us, edge)
    frame = pd.DataFrame({"key": key, "time_us": time_us, "change": changes})
    # Of several at one instant, who was touched first comes first.
    grouped = frame.groupby(["time_us", "key"], sort=False, as_index=False)
    moments = grouped["change"].sum()
    moments = moments[moments["change"] != 0]
    counts = moments.groupby("key", sort=False)["change"].cumsum()
    keys = moments["key"].to_numpy()
    return pd.DataFrame(
        {
            "owner": owner_texts.take(keys // max(1, len(build_texts))).array,
            "build": build_texts.take(keys % max(1, len(build_texts))).array,
            "time_us": times(moments["time_us"].to_numpy()),
            "pods": counts.to_numpy(),
        }
    )


def _changes_of_pods(key: Ints, pods: Ints, time_us: Ints, edge: Ints) -> Ints:
    """Return by how many pods each edge changes what runs of its key.

    A pod counts once, however many of its containers run the build; and what it does
    at one instant is one change, which stands at its last edge then.
    """
    order = np.lexsort((np.arange(len(key)), time_us, pods, key))
    key, pods, time_us, edge = key[order], pods[order], time_us[order], edge[order]
    same = (key[1:] == key[:-1]) & (pods[1:] == pods[:-1])
    last = np.r_[~(same & (time_us[1:] == time_us[:-1])), True][: len(key)]
    total = np.cumsum(edge)
    begins = np.flatnonzero(np.r_[True, ~same][: len(key)])
    before = np.repeat(np.r_[0, total][begins], np.diff(np.r_[begins, len(key)]))
    runs = (total - before != 0)[last]
    first = np.r_[True, ~same][: len(key)]
    group = np.cumsum(first)[last]
    change = np.diff(np.r_[0, runs.astype(np.int64)])[: len(runs)]
    opens = np.r_[True, group[1:] != group[:-1]][: len(runs)]
    change[opens] = runs[opens]
    changes = np.zeros(len(key), dtype=np.int64)
    changes[order[last]] = change
    return changes


def edges(service: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """Return every start and end by time: time, +1 or -1, which interval."""
    starts = service["start_us"].to_numpy(dtype=np.int64)
    ended = np.flatnonzero(~service["open"].to_numpy(dtype=np.bool_))
    ends = service["end_us"].to_numpy(dtype=np.int64)[ended]
    time_us = np.concatenate([starts, ends])
    edge = np.repeat(np.array([1, -1]), [len(starts), len(ends)])
    which = np.concatenate([np.arange(len(starts)), ended])
    order = np.lexsort((edge, time_us))
    return time_us[order], edge[order], which[order]
