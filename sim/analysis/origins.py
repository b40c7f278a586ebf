"""Where the builds of a workload come from: what set them apart, or kept them one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.catalogue import say
from sim.analysis.columns import Columns, Flags, Ints, rows_of, steps_back
from sim.analysis.explain import chain
from sim.analysis.sentences import sentence, short_image
from sim.analysis.tables import Tables
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.rules.reference import ImageReferenceError, pull_form
from sim.units import SECOND, format_time


def _time(time_us: int) -> str:
    return format_time(time_us // SECOND * SECOND)


def why_changed(
    log: EventLog, meta: dict[str, Any], tables: Tables, owner: str, language: str
) -> str:
    """Say the outside act that set the builds of a workload's containers apart."""
    starts = _starts_of_changed(log, tables, owner)
    rewritten = _rewritten(log, starts)
    if rewritten is not None:
        return sentence(rewritten, meta, language)
    origins = _origins(log, starts)
    pushed = [row for row in origins if row.kind is Kind.TAG_PUSHED and row.time_us]
    if pushed:
        push = pushed[-1]
        kept = _found_cached(log, starts, push)
        return say(
            language,
            "because_pushed" if kept else "because_pushed_running",
            image=push.image,
            build=push.text,
            time=_time(push.time_us),
        )
    baked = [row for row in origins if row.kind is Kind.PRE_PULLED]
    if baked:
        return say(language, "because_baked", image=short_image(baked[0].image))
    return sentence(origins[-1], meta, language)


def _starts_of_changed(log: EventLog, tables: Tables, owner: str) -> list[Row]:
    """Return the starts of the containers of which more than one build ever ran."""
    mine = tables.service[tables.service["owner"] == owner]
    several = {
        str(container)
        for container, service in mine.groupby("container", sort=False)
        if len(set(service["digest"])) > 1
    }
    columns = Columns(log)
    rows = _starts(columns, mine)
    wanted = columns.find_all(sorted(several))
    rows = rows[np.isin(columns.numbers("container", rows), wanted)]
    return [log[number] for number in rows.tolist()]


def _starts(columns: Columns, service: pd.DataFrame) -> Ints:
    """Return the rows that started containers of the pods in a table of service."""
    rows = columns.rows(Kind.STARTED)
    pods = columns.find_all(service["pod"].unique())
    return rows[np.isin(columns.numbers("pod", rows), pods)]


def _rewritten(log: EventLog, starts: list[Row]) -> Row | None:
    """Return the command that gave pods another image, if that set builds apart.

    What counts is the last build that was new to its container: whether it came
    with a new image text, or the text was known and meant something else.
    """
    digests: dict[str, set[str]] = {}
    images: dict[str, set[str]] = {}
    last: Row | None = None
    for row in starts:
        known = digests.setdefault(row.container, set())
        texts = images.setdefault(row.container, set())
        if known and row.digest not in known:
            last = row if row.image not in texts else None
        known.add(row.digest)
        texts.add(row.image)
    if last is None:
        return None
    made = [r for r in rows_of(log, Kind.POD_CREATED, pod=last.pod) if r.row < last.row]
    act = chain(log, made[-1].row)[-1]
    if act.kind is Kind.KUBECTL:
        return act
    # What made room for the pod came from elsewhere; what it is like did not.
    told = [
        row
        for row in rows_of(log, Kind.KUBECTL, object=made[-1].object)
        if row.row < made[-1].row and not row.reason
    ]
    return told[-1] if told else None


def _origins(log: EventLog, starts: list[Row]) -> list[Row]:
    """Return the outside acts that builds in service go back to, by time."""
    ends: dict[int, Row] = {}
    digests: set[str] = set()
    for row in starts:
        if row.digest not in digests:
            digests.add(row.digest)
            path = chain(log, row.row)
            baked = [r for r in path if r.kind is Kind.PRE_PULLED]
            end = baked[0] if baked else path[-1]
            ends[end.row] = end
    return sorted(ends.values(), key=lambda row: (row.time_us, row.row))


def _found_cached(log: EventLog, starts: list[Row], push: Row) -> bool:
    """Whether a container started with another build after a push, without a pull."""
    rows = [
        row.row
        for row in starts
        if row.time_us > push.time_us and row.digest != push.digest
    ]
    return bool(_are_cached(Columns(log), np.array(rows, dtype=np.int64)).any())


def _are_cached(columns: Columns, starts: Ints) -> Flags:
    """Whether each start found its image on the node."""
    found = np.zeros(len(starts), dtype=np.bool_)
    for rows in steps_back(columns, starts):
        found |= (rows >= 0) & (columns.kinds(rows) == Kind.PRESENT)
    return found


def why_one(log: EventLog, service: pd.DataFrame, language: str) -> str:
    """Say why the containers of a workload ran one build each.

    ``service`` are the workload's rows of that table. What is said is true: if tags
    moved, who started when decides; if none did, that is the reason.
    """
    images = [str(image) for image in service["image"].unique()]
    if all("@" in image for image in images):
        return say(language, "because_digest")
    moves = list(_moves(log, images))
    if not moves:
        return say(language, "because_unmoved")
    first_start = int(service["start_us"].min())
    while_running = [row for row in moves if row.time_us > first_start]
    if not while_running:
        return say(language, "because_after", image=moves[-1].image)
    move = while_running[0]
    if int(service["start_us"].max()) < move.time_us:
        return say(language, "because_before", image=move.image)
    columns = Columns(log)
    later = _starts(columns, service)
    later = later[columns.numbers("time_us", later) >= move.time_us]
    cached = bool(_are_cached(columns, later).all())
    message = "because_cached" if cached else "because_same"
    return say(language, message, image=move.image)


def _moves(log: EventLog, images: list[str]) -> Iterator[Row]:
    """Yield the pushes that changed what one of these images means."""
    wanted = {_canonical(image) for image in images}
    meant: dict[str, str] = {}
    for row in rows_of(log, Kind.TAG_PUSHED):
        before = meant.get(row.image)
        meant[row.image] = row.digest
        if row.image in wanted and before is not None and before != row.digest:
            yield row


def _canonical(image: str) -> str:
    try:
        return pull_form(image)
    except ImageReferenceError:
        return image
