"""The answer in words: at most five lines that are true of any run."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.catalogue import say, shown
from sim.analysis.explain import chain
from sim.analysis.sentences import sentence, short_image
from sim.analysis.tables import (
    Tables,
    builds_at,
    mixed_intervals,
    owners,
    unscheduled_at,
    waiting_at,
)
from sim.record.kinds import Kind
from sim.record.log import EventLog, Row
from sim.units import SECOND
from sim.units import format_time as exact_time

LINES = 5
IMAGE_REASONS = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")


def answer(
    log: EventLog, meta: dict[str, Any], tables: Tables, language: str = "en"
) -> list[str]:
    """Return up to five lines: what runs where, since when, and because of what."""
    until = int(meta["until_us"])
    names = owners(tables)
    if not names:
        return [say(language, "answer_nobody")]
    lines = [_runs(tables, owner, until, language) for owner in names]
    lines += _waits(log, meta, tables, language)
    ran = set(tables.service["owner"])
    lines += [
        _mixed(log, meta, tables, owner, language) for owner in names if owner in ran
    ]
    return lines[:LINES]


def format_time(time_us: int) -> str:
    """Return a time without fractions of a second."""
    return exact_time(time_us // SECOND * SECOND)


def workload(owner: str) -> str:
    """Return a workload as people write it: ``deployment/web``, ``team-b/...``."""
    return shown(owner)


def _runs(tables: Tables, owner: str, until: int, language: str) -> str:
    parts = [
        _counted("answer_part", count, language, build=build)
        for build, count in builds_at(tables, owner, until).items()
    ]
    parts += [
        _counted("answer_part_waiting", count, language, reason=reason)
        for reason, count in waiting_at(tables, owner, until).items()
    ]
    nowhere = unscheduled_at(tables, owner, until)
    if nowhere:
        parts.append(_counted("answer_part_nowhere", nowhere, language))
    return say(
        language,
        "answer_runs",
        time=format_time(until),
        workload=workload(owner),
        builds=", ".join(parts) or say(language, "answer_nothing"),
    )


def _counted(message: str, count: int, language: str, **parameters: str) -> str:
    suffix = "_one" if count == 1 else ""
    if count == 1:
        return say(language, message + suffix, **parameters)
    return say(language, message, count=count, **parameters)


def _mixed(
    log: EventLog, meta: dict[str, Any], tables: Tables, owner: str, language: str
) -> str:
    until = int(meta["until_us"])
    spans = mixed_intervals(tables, owner, until)
    if not spans:
        because = _why_one(log, tables, owner, language)
        return say(language, "answer_one", workload=workload(owner), because=because)
    length = format_time(sum(end - start for start, end in spans))
    because = _why_mixed(log, meta, tables, owner, language)
    if spans[-1][1] == until:
        return say(
            language,
            "answer_mixed",
            workload=workload(owner),
            since=format_time(spans[-1][0]),
            length=length,
            because=because,
        )
    return say(
        language,
        "answer_was_mixed",
        workload=workload(owner),
        length=length,
        until=format_time(spans[-1][1]),
        because=because,
    )


def _pushes(log: EventLog) -> list[Row]:
    return [row for row in log.rows(Kind.TAG_PUSHED) if row.time_us]


def _why_mixed(
    log: EventLog, meta: dict[str, Any], tables: Tables, owner: str, language: str
) -> str:
    """Say the outside act that set the builds of a workload apart."""
    origins = _origins(log, tables, owner)
    pushed = [row for row in origins if row.kind is Kind.TAG_PUSHED and row.time_us]
    if pushed:
        push = pushed[-1]
        return say(
            language,
            "because_pushed",
            image=push.image,
            build=push.text,
            time=format_time(push.time_us),
        )
    baked = [row for row in origins if row.kind is Kind.PRE_PULLED]
    if baked:
        return say(language, "because_baked", image=short_image(baked[0].image))
    return sentence(origins[-1], meta, language)


def _origins(log: EventLog, tables: Tables, owner: str) -> list[Row]:
    """Return the outside acts that the builds of a workload go back to, by time."""
    pods = set(tables.pods.loc[tables.pods["owner"] == owner, "pod"])
    ends: dict[int, Row] = {}
    digests: set[str] = set()
    for row in log.rows(Kind.STARTED):
        if row.pod in pods and row.digest not in digests:
            digests.add(row.digest)
            path = chain(log, row.row)
            baked = [r for r in path if r.kind is Kind.PRE_PULLED]
            end = baked[0] if baked else path[-1]
            ends[end.row] = end
    return sorted(ends.values(), key=lambda row: (row.time_us, row.row))


def _why_one(log: EventLog, tables: Tables, owner: str, language: str) -> str:
    service = tables.service[tables.service["owner"] == owner]
    images = [str(image) for image in service["image"].unique()]
    if images and all("@" in image for image in images):
        return say(language, "because_digest")
    moved = _pushes(log)
    message = "because_lucky" if moved else "because_unmoved"
    return say(language, message)


def _waits(
    log: EventLog, meta: dict[str, Any], tables: Tables, language: str
) -> Iterator[str]:
    """Say which pods waited for an image in vain, how long, and why: one a cause."""
    said: set[int] = set()
    for pod, since, until, is_open in _image_waits(tables):
        failures = list(log.rows(Kind.START_FAILED, pod=pod))
        if not failures:
            continue
        origin = chain(log, failures[0].row)[-1]
        if origin.row in said:
            continue
        said.add(origin.row)
        yield say(
            language,
            "answer_waits" if is_open else "answer_waited",
            pod=shown(pod),
            since=format_time(since),
            until=format_time(until),
            because=sentence(origin, meta, language),
        )


def _image_waits(tables: Tables) -> Iterator[tuple[str, int, int, bool]]:
    """Yield (pod, first, last, still) of the waits for an image, longest first."""
    table = tables.waiting[tables.waiting["reason"].isin(IMAGE_REASONS)]
    spans = table.groupby("pod", sort=False).agg(
        first=("start_us", "min"), last=("end_us", "max"), still=("open", "any")
    )
    spans["length"] = spans["last"] - spans["first"]
    for span in (
        spans.sort_values("length", ascending=False, kind="stable")
        .reset_index()
        .to_dict("records")
    ):
        yield span["pod"], int(span["first"]), int(span["last"]), bool(span["still"])
