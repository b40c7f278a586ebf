"""Who waited for an image, from when to when, and what was to blame."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from sim.analysis import compact
from sim.analysis.explain import chain
from sim.analysis.intervals import Record
from sim.analysis.tables import NOT_YET, Tables
from sim.record.kinds import Kind
from sim.record.log import EventLog, Row

_FAILURES = (Kind.NEVER_PULL, Kind.PULL_FAILED, Kind.INSPECT_FAILED)
# Reasons that have nothing to do with an image.
NO_IMAGE_REASONS = (*NOT_YET, "CrashLoopBackOff")

Spell = list[Record]


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
    failures = _failures(log)
    found = []
    for spell in _spells(tables):
        first, last = spell[0], spell[-1]
        known = failures.get((first["pod"], first["container"]), [])
        times = [log.columns["time_us"][number] for number in known]
        place = bisect_right(times, int(last["end_us"]))
        if not place:
            continue
        wait = ImageWait(
            pod=first["pod"],
            owner=first["owner"],
            since_us=int(first["start_us"]),
            until_us=int(last["end_us"]),
            open=bool(last["open"]),
            failure=log[known[place - 1]],
            blame=_blame(log, known[place - 1]),
        )
        found.append(wait)
    return sorted(found, key=lambda w: (not w.open, w.since_us - w.until_us))


def _failures(log: EventLog) -> dict[tuple[str, str], list[int]]:
    """Return the rows of failed starts, by pod and container, in order."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in compact.rows(log, (Kind.START_FAILED,)):
        found.setdefault((row.pod, row.container), []).append(row.row)
    return found


def _spells(tables: Tables) -> Iterator[Spell]:
    """Yield what a container waited for without a break, from its first image reason.

    A container that ran in between has waited twice.
    """
    table = tables.waiting
    troubled = table.loc[~table["reason"].isin(NO_IMAGE_REASONS), "pod"]
    rows = table[table["pod"].isin(set(troubled))].to_dict("records")
    spells: dict[tuple[str, str], Spell] = {}
    for one in sorted(rows, key=itemgetter("start_us")):
        key = (one["pod"], one["container"])
        spell = spells.get(key)
        if spell is not None and spell[-1]["end_us"] < one["start_us"]:
            yield spells.pop(key)
            spell = None
        if spell is not None:
            spell.append({str(name): value for name, value in one.items()})
        elif one["reason"] not in NO_IMAGE_REASONS:
            spells[key] = [{str(name): value for name, value in one.items()}]
    yield from spells.values()


def _blame(log: EventLog, failure: int) -> Row:
    path = chain(log, failure)
    # A plug-in that gave nothing says why in its own row.
    given = next((row for row in path if row.kind is Kind.PROVIDER_FAILED), None)
    if given is not None:
        return given
    if not any(row.kind is Kind.POD_CREATED for row in path):
        return path[-1]
    return next((row for row in path if row.kind in _FAILURES), path[0])
