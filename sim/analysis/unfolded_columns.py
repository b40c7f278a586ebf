"""The columns of a compact record's full one, made of its steps."""

from array import array
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.columns import Ints
from sim.analysis.unfolding import (
    ASKED,
    BACK_OFF,
    ENDED,
    FAILED,
    HELD,
    NOT_THERE,
    PULLING,
    SHOWN_FAILED,
    SHOWN_HELD,
    STARTED,
    Steps,
)
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NAME_COLUMNS, NONE, TYPECODES
from sim.rules import event_messages
from sim.rules.reasons import WaitingReason

_KINDS = {
    SHOWN_FAILED: Kind.CONTAINER_WAITING,
    SHOWN_HELD: Kind.CONTAINER_WAITING,
    BACK_OFF: Kind.BACK_OFF,
    HELD: Kind.START_FAILED,
    PULLING: Kind.PULLING,
    STARTED: Kind.PULL_STARTED,
    ASKED: Kind.REQUEST,
    ENDED: Kind.PULL_FAILED,
    FAILED: Kind.START_FAILED,
}
_ALL = frozenset(_KINDS)
# Where a step says the same as the row that it is folded into.
_SAME = {
    "node": _ALL,
    "image": _ALL,
    "digest": _ALL,
    "object": {ASKED},
    "pod": _ALL - {ASKED},
    "container": _ALL - {STARTED, ASKED},
    "text": {ENDED},
}
_SAID = {
    ("reason", SHOWN_FAILED): str(WaitingReason.ERR_IMAGE_PULL),
    ("reason", SHOWN_HELD): str(WaitingReason.IMAGE_PULL_BACK_OFF),
    ("reason", HELD): str(WaitingReason.IMAGE_PULL_BACK_OFF),
    ("reason", FAILED): str(WaitingReason.ERR_IMAGE_PULL),
    ("text", STARTED): "anonymous",
    ("text", ASKED): NOT_THERE,
}


def full_record(log: EventLog, meta: dict[str, Any], *, thin: bool) -> EventLog:
    """Return the full record of a compact one; ``thin`` = one look an attempt."""
    names = _Names(log.names.texts)
    columns = _Columns(Steps(log, thin=thin), names, meta)
    return EventLog.from_columns(columns, names.texts)


class _Names:
    """Names by number; one that the compact record did not need is new."""

    __slots__ = ("_numbers", "texts")

    def __init__(self, texts: list[str]) -> None:
        self.texts = list(texts)
        self._numbers = {text: number for number, text in enumerate(texts)}

    def number(self, text: str) -> int:
        if not text:
            return NONE
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


class _Columns(Mapping[str, "array[int]"]):
    """All columns by time, each made when it is asked for: they are large."""

    __slots__ = ("_backing_off", "_order", "_said", "_steps")

    def __init__(self, steps: Steps, names: _Names, meta: dict[str, Any]) -> None:
        self._steps = steps
        self._order = np.argsort(steps.time_us, kind="stable")
        self._said = {where: names.number(text) for where, text in _SAID.items()}
        self._backing_off = self._messages(names, meta)

    def __getitem__(self, name: str) -> "array[int]":
        code = TYPECODES[name]
        column: array[int] = array(code)
        cells = self._cells(name)[self._order].astype(code, copy=False)
        column.frombytes(cells.tobytes())
        return column

    def __iter__(self) -> Iterator[str]:
        return iter(TYPECODES)

    def __len__(self) -> int:
        return len(TYPECODES)

    def _cells(self, name: str) -> NDArray[Any]:
        steps = self._steps
        if name == "time_us":
            return steps.time_us
        if name in ("cause", "source"):
            return self._renumbered(steps.cause if name == "cause" else steps.source)
        cells: NDArray[Any] = steps.columns.all(name)[steps.rows]
        for step in sorted(_ALL.difference(_SAME.get(name, ()))):
            where = np.flatnonzero(steps.steps == step)
            cells[where] = self._says(name, step, where)
        return cells

    def _renumbered(self, links: NDArray[np.int32]) -> NDArray[np.int32]:
        number = np.empty(len(links) + 1, dtype=np.int32)
        number[self._order] = np.arange(len(links), dtype=np.int32)
        number[NONE] = NONE
        found: NDArray[np.int32] = number[links]
        return found

    def _says(self, name: str, step: int, where: Ints) -> Any:
        """Return what steps say where their row says something else."""
        if name == "kind":
            return int(_KINDS[step])
        if name == "span" and step == ASKED:
            return self._steps.spans
        if name == "text" and step == SHOWN_FAILED:
            return self._steps.errors[self._steps.rows[where]]
        if name == "text" and step == SHOWN_HELD:
            return self._backing_off[self._steps.rows[where]]
        return self._said.get((name, step), NONE if name in NAME_COLUMNS else 0)

    def _messages(self, names: _Names, meta: dict[str, Any]) -> NDArray[np.int32]:
        """Return, by row, the message of a container that backs off after it."""
        steps, texts = self._steps, [*names.texts, ""]
        of_rows = np.full(len(steps.place), NONE, dtype=np.int32)
        rows = steps.compact
        images = steps.columns.numbers("image", rows).tolist()
        pairs = list(zip(images, steps.errors[rows].tolist(), strict=True))
        with_error = meta["profile"].get("last_error_in_back_off", True)
        known = {}
        for image, error in dict.fromkeys(pairs):
            last = f"{WaitingReason.ERR_IMAGE_PULL}: {texts[error]}"
            message = event_messages.back_off_pulling(texts[image])
            message = f"{message}: {last}" if with_error else message
            known[image, error] = names.number(message)
        of_rows[rows] = [known[pair] for pair in pairs]
        return of_rows
