"""Who waited for an image, from when to when, and what was to blame."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from sim.analysis.columns import Columns, Ints, last_before, steps_back
from sim.analysis.tables import NOT_YET, Tables
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE, Row

_FAILURES = (Kind.NEVER_PULL, Kind.PULL_FAILED, Kind.INSPECT_FAILED)
# Reasons that have nothing to do with an image.
NO_IMAGE_REASONS = (*NOT_YET, "CrashLoopBackOff")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageWait:
    """A container's wait for an image in vain; ``open`` = it waits still.

    ``failure`` is the last attempt in it, ``blame`` the row that tells best why: an
    outside act, or the failure itself where nothing but the pod's own creation
    stands behind it.
    """

    pod: str
    owner: str
    since_us: int
    until_us: int
    open: bool
    failure: Row
    blame: Row


def image_waits(log: EventLog, tables: Tables) -> list[ImageWait]:
    """Return the waits for images: those that last first, then the longest."""
    columns = Columns(log)
    spells = _spells(tables.waiting)
    if spells.empty:
        return []
    failed = columns.rows(Kind.START_FAILED)
    last = last_before(
        columns.pairs_of(spells["pod"], spells["container"]),
        spells["until_us"].to_numpy(dtype=np.int64),
        columns.pairs("pod", "container", failed),
        columns.numbers("time_us", failed),
    )
    spells = spells[last >= 0]
    failures = failed[last[last >= 0]]
    blames = _blames(columns, failures)
    lasting = spells["until_us"] - spells["since_us"]
    order = np.lexsort((-lasting, ~spells["open"]))
    read = cache(log.__getitem__)
    return [
        ImageWait(
            pod=str(one["pod"]),
            owner=str(one["owner"]),
            since_us=int(one["since_us"]),
            until_us=int(one["until_us"]),
            open=bool(one["open"]),
            failure=read(failure),
            blame=read(blame),
        )
        for one, failure, blame in zip(
            spells.iloc[order].to_dict("records"),
            failures[order].tolist(),
            blames[order].tolist(),
            strict=True,
        )
    ]


def _spells(waiting: pd.DataFrame) -> pd.DataFrame:
    """Return what a container waited for without a break, from its first image reason.

    A container that ran in between has waited twice. Spells that ended before another
    wait come first, in the order of these; the others follow as they began.
    """
    troubled = waiting.loc[~waiting["reason"].isin(NO_IMAGE_REASONS), "pod"]
    rows = waiting[waiting["pod"].isin(set(troubled))]
    rows = rows.sort_values("start_us", kind="stable").assign(place=range(len(rows)))
    rows = rows.assign(key=rows.groupby(["pod", "container"], sort=False).ngroup())
    rows = rows.sort_values(["key", "place"])
    same = rows["key"].eq(rows["key"].shift())
    unbroken = same & rows["end_us"].shift().ge(rows["start_us"]).fillna(value=False)
    rows = rows.assign(spell=(~unbroken).cumsum())
    first_place = rows.groupby("spell")["place"].first()
    keys = rows.groupby("spell")["key"].first()
    broken = keys.eq(keys.shift(-1))
    broken_at = first_place.shift(-1).where(broken)
    image = rows[~rows["reason"].isin(NO_IMAGE_REASONS)]
    first = image.groupby("spell").first()
    last = rows.groupby("spell").last().loc[first.index]
    found = pd.DataFrame(
        {
            "pod": first["pod"],
            "container": first["container"],
            "owner": first["owner"],
            "since_us": first["start_us"],
            "until_us": last["end_us"],
            "open": last["open"],
            "lasts": ~broken.loc[first.index],
            "place": broken_at.loc[first.index].fillna(first["place"]),
        }
    )
    return found.sort_values(["lasts", "place"], kind="stable")


def _blames(columns: Columns, failures: Ints) -> Ints:
    """Return the row that tells best why, for each failure.

    A plug-in that gave nothing says why in its own row. Where nothing but the pod's
    own creation stands behind a failure, the attempt itself does.
    """
    none = np.full(len(failures), NONE)
    given, attempt, end = none.copy(), none.copy(), none.copy()
    made = np.zeros(len(failures), dtype=np.bool_)
    for rows in steps_back(columns, failures):
        there = rows >= 0
        kinds = np.where(there, columns.kinds(rows), 0)
        given = np.where((given < 0) & (kinds == Kind.PROVIDER_FAILED), rows, given)
        attempt = np.where((attempt < 0) & np.isin(kinds, _FAILURES), rows, attempt)
        made |= kinds == Kind.POD_CREATED
        end = np.where(there, rows, end)
    own = np.where(attempt >= 0, attempt, failures)
    return np.where(given >= 0, given, np.where(made, own, end))
