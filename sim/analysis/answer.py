"""The answer in words: at most five lines that are true of any run."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.catalogue import say, shown
from sim.analysis.columns import rows_of
from sim.analysis.origins import why_changed, why_one
from sim.analysis.sentences import sentence
from sim.analysis.tables import (
    Tables,
    builds_at,
    builds_by_container,
    mixed_intervals,
    owners,
    unscheduled_at,
    waiting_at,
)
from sim.analysis.waits import ImageWait, image_waits
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import Row
from sim.units import SECOND
from sim.units import format_time as exact_time

LINES = 5
_NO_REASON = (
    Kind.APPLIED,
    Kind.SECRET_APPLIED,
    Kind.PROVIDER_SET,
    Kind.NODE_FILE_WRITTEN,
)


def answer(
    log: EventLog, meta: dict[str, Any], tables: Tables, language: str = "en"
) -> list[str]:
    """Return up to five lines: what runs where, since when, and because of what.

    Trouble comes before calm: where five lines do not hold everything, workloads
    that wait or are mixed are the ones that are told of.
    """
    facts = _Facts(log, meta, tables, language)
    names = owners(tables)
    trouble = [*facts.waits(), *facts.nowhere(), *facts.refusals()]
    mixes = {owner: facts.mixed_story(owner) for owner in names}
    trouble += [(owner, story) for owner, story in mixes.items() if story]
    if not names and not trouble:
        return [say(language, "answer_nobody")]
    room = max(1, LINES - len(trouble))
    if len(names) > room:
        told = {owner for owner, _ in trouble}
        names.sort(key=lambda owner: owner not in told)
    runs = [facts.runs(owner) for owner in names[:room]]
    lines = [*runs, *(line for _, line in trouble)][:LINES]
    calm = (facts.calm_story(owner) for owner in names if not mixes[owner])
    for _, line in zip(range(LINES - len(lines)), filter(None, calm), strict=False):
        lines.append(line)
    return lines


def format_time(time_us: int) -> str:
    """Return a time without fractions of a second."""
    return exact_time(time_us // SECOND * SECOND)


def workload(owner: str) -> str:
    """Return a workload as people write it: ``deployment/web``, ``team-b/...``."""
    return shown(owner)


class _Facts:
    """The lines about one run, each made on demand."""

    __slots__ = ("_language", "_log", "_meta", "_tables", "_until")

    def __init__(
        self, log: EventLog, meta: dict[str, Any], tables: Tables, language: str
    ) -> None:
        self._log = log
        self._meta = meta
        self._tables = tables
        self._language = language
        self._until = int(meta["until_us"])

    def _say(self, message: str, **parameters: object) -> str:
        return say(self._language, message, **parameters)

    def _counted(self, message: str, count: int, **parameters: str) -> str:
        if count == 1:
            return self._say(f"{message}_one", **parameters)
        return self._say(message, count=count, **parameters)

    def runs(self, owner: str) -> str:
        """Say what a workload's pods do at the end."""
        parts = self._running(owner)
        # What a container runs may hold commas itself.
        between = "; " if any(": " in part for part in parts) else ", "
        parts += [
            self._counted("answer_part_waiting", count, reason=reason)
            for reason, count in waiting_at(self._tables, owner, self._until).items()
        ]
        nowhere = unscheduled_at(self._tables, owner, self._until)
        if nowhere:
            parts.append(self._counted("answer_part_nowhere", nowhere))
        return self._say(
            "answer_runs",
            time=format_time(self._until),
            workload=workload(owner),
            builds=between.join(parts) or self._say("answer_nothing"),
        )

    def _running(self, owner: str) -> list[str]:
        """Say how many pods run which build, of each container if there are several."""
        each = builds_by_container(self._tables, owner, self._until)
        if len(each) < 2:
            return self._pods(builds_at(self._tables, owner, self._until))
        return [
            self._say(
                "answer_container",
                container=container,
                builds=", ".join(self._pods(each[container])),
            )
            for container in sorted(each)
        ]

    def _pods(self, builds: dict[str, int]) -> list[str]:
        return [
            self._counted("answer_part", count, build=build)
            for build, count in builds.items()
        ]

    def waits(self) -> Iterator[tuple[str, str]]:
        """Say which pods waited for an image in vain, how long, why: one a cause."""
        groups: dict[tuple[object, ...], list[ImageWait]] = {}
        for wait in image_waits(self._log, self._tables):
            row = wait.blame
            same = row.row if row.cause < 0 else (row.kind, row.image)
            groups.setdefault((wait.owner, wait.open, same), []).append(wait)
        for group in groups.values():
            yield group[0].owner, self._waits(group)

    def _waits(self, group: list[ImageWait]) -> str:
        wait = group[0]
        more = len({one.pod for one in group}) - 1
        message = "answer_waits" if wait.open else "answer_waited"
        return self._say(
            f"{message}_more" if more else message,
            pod=shown(wait.pod),
            since=format_time(wait.since_us),
            because=self._because(wait),
            **({"more": more} if more else {}),
            **({} if wait.open else {"until": format_time(wait.until_us)}),
        )

    def _because(self, wait: ImageWait) -> str:
        act = sentence(wait.blame, self._meta, self._language)
        if wait.blame.kind in _NO_REASON:
            # That a secret was applied is no reason; what is wrong with it is.
            return self._say("because_reason", reason=wait.failure.reason, act=act)
        return act.rstrip(".")  # as a registry's own message may end

    def nowhere(self) -> Iterator[tuple[str, str]]:
        """Say which workloads have pods that no node took, and the scheduler's why."""
        failed: dict[str, Row] = {}
        for row in rows_of(self._log, Kind.FAILED_SCHEDULING):
            failed[row.pod] = row
        pods = self._tables.pods
        nowhere = pods[pods["scheduled_us"].isna() & pods["gone_us"].isna()]
        for owner, mine in nowhere.groupby("owner", sort=False):
            pod = next((p for p in mine["pod"] if p in failed), None)
            if pod is not None:
                yield (
                    str(owner),
                    self._say(
                        "answer_nowhere",
                        since=format_time(int(mine["created_us"].min())),
                        because=sentence(failed[pod], self._meta, self._language),
                    ),
                )

    def refusals(self) -> Iterator[tuple[str, str]]:
        """Say what the API server refused first, of each workload."""
        first: dict[str, Row] = {}
        for row in rows_of(self._log, Kind.ADMISSION_DENIED):
            first.setdefault(row.object, row)
        for owner, row in first.items():
            line = self._say(
                "answer_refused",
                workload=workload(owner),
                time=format_time(row.time_us),
                because=sentence(row, self._meta, self._language),
            )
            yield owner, line

    def mixed_story(self, owner: str) -> str:
        """Say since when, or how long, a workload was mixed, and why; or nothing."""
        spans = mixed_intervals(self._tables, owner, self._until)
        if not spans:
            return ""
        values = {
            "workload": workload(owner),
            "length": format_time(sum(end - start for start, end in spans)),
            "because": why_changed(
                self._log, self._meta, self._tables, owner, self._language
            ),
        }
        if spans[-1][1] == self._until:
            since = format_time(spans[-1][0])
            return self._say("answer_mixed", since=since, **values)
        return self._say("answer_was_mixed", until=format_time(spans[-1][1]), **values)

    def calm_story(self, owner: str) -> str:
        """Say why a workload never ran two builds at once; nothing if it never ran."""
        mine = self._tables.service[self._tables.service["owner"] == owner]
        if mine.empty:
            return ""
        for _, service in mine.groupby("container", sort=False):
            builds = service.drop_duplicates("digest", keep="first")
            if len(builds) > 1:
                return self._say(
                    "answer_changed",
                    workload=workload(owner),
                    before=builds["build"].iloc[-2],
                    after=builds["build"].iloc[-1],
                    time=format_time(int(builds["start_us"].iloc[-1])),
                    because=why_changed(
                        self._log, self._meta, self._tables, owner, self._language
                    ),
                )
        several = mine["container"].nunique() > 1
        return self._say(
            "answer_one_each" if several else "answer_one",
            workload=workload(owner),
            because=why_one(self._log, mine, self._language),
        )
