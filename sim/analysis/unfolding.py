"""The steps of a full record that a compact one stands for.

A step is a row to be: the row that it is folded into, which of its steps it is, when,
and what it goes back to. Steps are numbered row by row, so that links are found by
counting; ``unfolded_columns`` puts them in the order of their times.
"""

import numpy as np

from sim.analysis.columns import Columns, Flags, Ints, last_before
from sim.record.kinds import FOLDED, Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules.reasons import WaitingReason

# Which step; the first is a row that nothing is folded into.
(
    PLAIN,
    SHOWN_FAILED,
    SHOWN_HELD,
    BACK_OFF,
    HELD,
    PULLING,
    STARTED,
    ASKED,
    ENDED,
    FAILED,
) = range(10)
NOT_THERE = "HEAD manifest 404"
_HELD_REASON = str(WaitingReason.IMAGE_PULL_BACK_OFF)
_FAILURES = (Kind.START_FAILED, *FOLDED)
_FAILED_PULLS = (Kind.PULL_FAILED, Kind.PULL_RETRIED)
_FILES = (Kind.NODE_JOINED, Kind.NODE_FILE_WRITTEN, Kind.NODE_FILE_REMOVED)


def sizes(log: EventLog) -> tuple[int, int]:
    """Return how many rows the full record has, and with one look an attempt."""
    columns = Columns(log)
    rows = columns.rows(*FOLDED)
    folded = Folded(columns, rows)
    others = len(log) - len(rows)
    looks = folded.looks
    steps = int(folded.told.sum() + folded.tail.sum())
    whole, thin = int(looks.sum()), int(np.minimum(looks, 1).sum())
    return others + steps + 2 * whole, others + steps + 2 * thin


class Folded:
    """What each compact row says: ``told`` statuses, ``looks``, steps of an attempt."""

    __slots__ = (
        "asked",
        "began_us",
        "held",
        "last_us",
        "looks",
        "retried",
        "tail",
        "told",
    )

    def __init__(self, columns: Columns, rows: Ints) -> None:
        reasons = columns.numbers("reason", rows)
        counts = columns.mapped(reasons, lambda text: len(_reasons(text)))
        self.told: Ints = counts.astype(np.int64)
        held = columns.mapped(reasons, lambda text: text == _HELD_REASON)
        self.held: Flags = held.astype(np.bool_)
        self.looks = columns.numbers("amount", rows)
        self.retried: Flags = columns.kinds(rows) == Kind.PULL_RETRIED
        self.asked: Flags = self.retried & (columns.numbers("object", rows) >= 0)
        self.tail: Ints = 3 * self.retried.astype(np.int64) + 2 * self.asked
        ended_us = columns.numbers("time_us", rows)
        self.began_us: Ints = ended_us - columns.numbers("span", rows)
        self.last_us: Ints = np.where(self.retried, ended_us, self.began_us)


def _reasons(text: str) -> list[str]:
    return text.split(", ") if text else []


class Steps:
    """All steps of a record, numbered row by row.

    ``rows`` are those that steps are folded into, ``steps`` which they are, ``place``
    where the steps of a row begin; arrays of compact rows have a number for each.
    """

    def __init__(self, log: EventLog, *, thin: bool) -> None:
        self.columns = columns = Columns(log)
        self.compact = columns.rows(*FOLDED)
        self.of = of = Folded(columns, self.compact)
        self.kept = np.minimum(of.looks, 1) if thin else of.looks
        counts = np.ones(len(log), dtype=np.int64)
        counts[self.compact] = of.told + 2 * self.kept + of.tail
        self.place: Ints = np.cumsum(counts) - counts
        self.rows = np.repeat(np.arange(len(log), dtype=np.int32), counts)
        self.steps = np.zeros(len(self.rows), dtype=np.int8)
        self.time_us: Ints = columns.all("time_us")[self.rows]
        self.cause = np.full(len(self.rows), NONE, dtype=np.int32)
        self.source = np.full(len(self.rows), NONE, dtype=np.int32)
        self._before()
        self._looks()
        self._attempts()
        self._shown()
        self._links()

    def _put(self, at: Ints, step: int | Ints, time_us: Ints, cause: Ints) -> None:
        self.steps[at] = step
        self.time_us[at] = time_us
        self.cause[at] = cause

    def _before(self) -> None:
        """Find, for all rows, the steps that others go back to, where they have any.

        ``failed`` is the last one that ended a sync, ``ended`` that of a pull.
        """
        columns, compact, of = self.columns, self.compact, self.of
        self._tail: Ints = self.place[compact] + of.told + 2 * self.kept
        pairs = columns.pairs("pod", "container", compact)

        def last(*kinds: Kind) -> Ints:
            rows = columns.rows(*kinds)
            among = columns.pairs("pod", "container", rows)
            found = last_before(pairs, compact - 1, among, rows)
            return np.where(found < 0, NONE, np.r_[rows, NONE][found])

        self.before, self.pulled = last(*_FAILURES), last(*_FAILED_PULLS)
        self._failed = self.place.copy()
        second = (of.told > 1) & (self.kept == 1)  # a status follows the only look
        self._failed[compact] = self._tail + of.tail - 1 - (second & ~of.retried)
        self._ended = self.place.copy()
        self._ended[compact] = self._tail + of.tail - 2
        held = np.flatnonzero(~of.retried)
        self._ended[compact[held]] = self._at(self._ended, self.pulled[held])
        since_us = columns.all("time_us").copy()
        since_us[compact] = of.last_us
        self.errors = columns.all("text").copy()  # of the pull that failed last
        self.errors[compact] = self._at(columns.all("text"), self.pulled)
        self.since_us: Ints = np.where(
            self.before < 0, of.began_us, since_us[self.before]
        )

    @staticmethod
    def _at(places: Ints, rows: Ints) -> Ints:
        return np.where(rows < 0, NONE, places[rows])

    def _look_us(self, which: Ints, number: Ints) -> Ints:
        """Return when looks were: the last known one, or the attempt, ends them."""
        of, since_us = self.of, self.since_us[which]
        parts = of.looks[which] + of.retried[which]
        span_us = of.began_us[which] - since_us
        found: Ints = since_us + (number + 1) * span_us // np.maximum(1, parts)
        return found

    def _looks(self) -> None:
        which = np.repeat(np.arange(len(self.compact)), self.kept)
        first = np.cumsum(self.kept) - self.kept
        number = np.arange(len(which)) - first[which]
        told = self.of.told[which]
        at = self.place[self.compact][which] + 2 * number
        at += np.where(number > 0, told, np.minimum(told, 1))
        time_us = self._look_us(which, number)
        ended = self._at(self._ended, self.pulled)[which]
        self._put(at, BACK_OFF, time_us, ended)
        self._put(at + 1, HELD, time_us, at)

    def _shown(self) -> None:
        """Put what the API showed: at the first looks, else as the attempt begins."""
        of, start = self.of, self.place[self.compact]
        failed = self._at(self._failed, self.before)
        for number in range(2):
            which = np.flatnonzero(of.told > number)
            at, cause = start[which], failed[which]
            if number:
                looked = self.kept[which] > 0
                at = at + 1 + 2 * looked
                cause = np.where(looked, at - 1, cause)
            time_us = self._look_us(which, np.full(len(which), number))
            soon = of.looks[which] <= number
            time_us = np.where(soon, of.began_us[which], time_us)
            held = of.held[which] | (number > 0)
            self._put(at, np.where(held, SHOWN_HELD, SHOWN_FAILED), time_us, cause)

    def _attempts(self) -> None:
        columns, of = self.columns, self.of
        which = np.flatnonzero(of.retried)
        at, rows, began_us = self._tail[which], self.compact[which], of.began_us[which]
        spec = columns.numbers("cause", rows)
        self._put(at, PULLING, began_us, self._at(self.place, spec))
        end = self._failed[rows]
        self._put(end - 1, ENDED, of.last_us[which], at)
        self._put(end, FAILED, of.last_us[which], end - 1)
        asked = np.flatnonzero(of.asked)
        at, rows = self._tail[asked], self.compact[asked]
        answers = self._answers(rows)
        took_us, self.spans = self._took(rows, answers)
        end_us = of.last_us[asked]
        started_us = np.maximum(of.began_us[asked], end_us - took_us)
        self._put(at + 1, STARTED, started_us, at)
        self._put(at + 2, ASKED, end_us, at + 1)
        self.source[at + 1] = self._at(self.place, self._files(rows))
        gone = columns.numbers("source", rows)
        self.source[at + 2] = np.where(gone < 0, at, self.place[gone])
        self.source[at + 3] = at + 2

    def _answers(self, rows: Ints) -> Ints:
        """Return, for attempts, the last request of the node that came to the same."""
        columns = self.columns
        known = columns.rows(Kind.REQUEST)
        text = columns.find(NOT_THERE)
        known = known[columns.numbers("text", known) == text]
        found = last_before(
            columns.pairs("node", "image", rows),
            rows,
            columns.pairs("node", "image", known),
            known,
        )
        return np.where(found < 0, NONE, np.r_[known, NONE][found])

    def _took(self, rows: Ints, answers: Ints) -> tuple[Ints, Ints]:
        """Return how long the runtime took for attempts, and the registry."""
        columns = self.columns
        time_us = columns.numbers("time_us", answers)
        started = columns.numbers("cause", answers)
        took_us = time_us - columns.numbers("time_us", started)
        known = answers >= 0
        whole_us = columns.numbers("span", rows)
        spans = np.where(known, columns.numbers("span", answers), 0)
        return np.where(known, took_us, whole_us), np.minimum(spans, whole_us)

    def _files(self, rows: Ints) -> Ints:
        """Return the acts that left nodes without a credential."""
        columns = self.columns
        acts = columns.rows(*_FILES)
        found = last_before(
            columns.numbers("node", rows), rows, columns.numbers("node", acts), acts
        )
        return np.where(found < 0, NONE, np.r_[acts, NONE][found])

    def _links(self) -> None:
        """Let rows that nothing is folded into go back to steps."""
        columns = self.columns
        plain = np.ones(len(self.place), dtype=np.bool_)
        plain[self.compact] = False
        rows = np.flatnonzero(plain)
        pulls = columns.kinds(rows) == Kind.BACK_OFF  # which a failed pull causes
        for name, links in (("cause", self.cause), ("source", self.source)):
            linked = columns.numbers(name, rows)
            links[self.place[rows]] = np.where(
                pulls, self._at(self._ended, linked), self._at(self._failed, linked)
            )
