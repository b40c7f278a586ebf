"""Where the builds of a workload come from: what set them apart, or kept them one."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sim.analysis.catalogue import say
from sim.analysis.explain import chain
from sim.analysis.sentences import sentence, short_image
from sim.analysis.tables import Tables
from sim.record.kinds import Kind
from sim.record.log import EventLog, Row
from sim.rules.reference import ImageReferenceError, pull_form
from sim.units import SECOND, format_time


def _time(time_us: int) -> str:
    return format_time(time_us // SECOND * SECOND)


def why_changed(
    log: EventLog, meta: dict[str, Any], tables: Tables, owner: str, language: str
) -> str:
    """Say the outside act that set the builds of a workload's containers apart."""
    starts = list(_starts_of_changed(log, tables, owner))
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


def _starts_of_changed(log: EventLog, tables: Tables, owner: str) -> Iterator[Row]:
    """Yield the starts of the containers of which more than one build ever ran."""
    mine = tables.service[tables.service["owner"] == owner]
    several = {
        str(container)
        for container, service in mine.groupby("container", sort=False)
        if len(set(service["digest"])) > 1
    }
    pods = set(mine["pod"])
    for row in log.rows(Kind.STARTED):
        if row.pod in pods and row.container in several:
            yield row


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
    made = [r for r in log.rows(Kind.POD_CREATED, pod=last.pod) if r.row < last.row]
    act = chain(log, made[-1].row)[-1]
    if act.kind is Kind.KUBECTL:
        return act
    # What made room for the pod came from elsewhere; what it is like did not.
    told = [
        row
        for row in log.rows(Kind.KUBECTL, object=made[-1].object)
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
    return any(
        _is_cached(log, row)
        for row in starts
        if row.time_us > push.time_us and row.digest != push.digest
    )


def _is_cached(log: EventLog, start: Row) -> bool:
    path = chain(log, start.row)
    return any(row.kind is Kind.PRESENT for row in path)


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
    pods = set(service["pod"])
    later = [
        row
        for row in log.rows(Kind.STARTED)
        if row.pod in pods and row.time_us >= move.time_us
    ]
    cached = all(_is_cached(log, row) for row in later)
    message = "because_cached" if cached else "because_same"
    return say(language, message, image=move.image)


def _moves(log: EventLog, images: list[str]) -> Iterator[Row]:
    """Yield the pushes that changed what one of these images means."""
    wanted = {_canonical(image) for image in images}
    meant: dict[str, str] = {}
    for row in log.rows(Kind.TAG_PUSHED):
        before = meant.get(row.image)
        meant[row.image] = row.digest
        if row.image in wanted and before is not None and before != row.digest:
            yield row


def _canonical(image: str) -> str:
    try:
        return pull_form(image)
    except ImageReferenceError:
        return image
