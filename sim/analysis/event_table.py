"""The events of a run as one table: column by column, equal texts made once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import event_texts
from sim.analysis.columns import Columns, Ints, Texts, column_of, texts, times
from sim.analysis.event_texts import SINCE_CAUSE, Words
from sim.analysis.events import event_rows, event_type
from sim.record.kinds import Kind
from sim.record.log import NAME_COLUMNS, EventLog


def event_table(log: EventLog, meta: dict[str, Any]) -> pd.DataFrame:
    """Return all events in order, and the row of each; see ``kubernetes_events``."""
    columns = Columns(log)
    rows = event_rows(columns)
    kinds = columns.kinds(rows)
    blank = {
        name: np.empty(len(rows), dtype=object)
        for name in ("type", "reason", "about", "component", "message")
    }
    for number in np.unique(kinds).tolist():
        kind = Kind(number)
        here = np.flatnonzero(kinds == number)
        mine = rows[here]
        blank["type"][here] = event_type(kind)
        blank["reason"][here] = put(columns, mine, event_texts.reason(kind))
        blank["component"][here] = put(columns, mine, event_texts.component(kind))
        blank["message"][here] = put(columns, mine, event_texts.message(kind, meta))
    namespaces, objects = _about(columns, rows, kinds)
    return pd.DataFrame(
        {
            "time_us": times(columns.numbers("time_us", rows)),
            "type": column_of(blank["type"]),
            "reason": column_of(blank["reason"]),
            "namespace": column_of(namespaces),
            "object": column_of(objects),
            "component": column_of(blank["component"]),
            "node": columns.said(columns.numbers("node", rows)),
            "message": column_of(blank["message"]),
            "row": rows,
        }
    )


def _about(columns: Columns, rows: Ints, kinds: Any) -> tuple[Texts, Texts]:
    """Return namespace and object of events; most kinds are about the same pods."""
    namespaces = np.empty(len(rows), dtype=object)
    objects = np.empty(len(rows), dtype=object)
    together: dict[Words, list[int]] = {}
    for number in np.unique(kinds).tolist():
        together.setdefault(event_texts.about(Kind(number)), []).append(number)
    for words, numbers in together.items():
        here = np.flatnonzero(np.isin(kinds, numbers))
        said = put(columns, rows[here], words)
        codes, known = pd.factorize(said)
        parts = [text.partition("/") for text in known]
        spaces = texts([one[0] if one[2] else "default" for one in parts])
        named = texts([one[2] or one[0] for one in parts])
        namespaces[here], objects[here] = spaces[codes], named[codes]
    return namespaces, objects


def put(columns: Columns, rows: Ints, words: Words) -> Texts:
    """Return what each row says, each combination of names put into words once."""
    if not words.columns:
        return np.full(len(rows), words.say(), dtype=object)
    if len(words.columns) == 1:
        (name,) = words.columns
        if name in NAME_COLUMNS:
            return columns.mapped(columns.numbers(name, rows), words.say)
    values = [_values(columns, rows, name).tolist() for name in words.columns]
    known: dict[tuple[Any, ...], str] = {}
    return texts([_once(known, one, words.say) for one in zip(*values, strict=True)])


def _once(
    known: dict[tuple[Any, ...], str], one: tuple[Any, ...], say: Callable[..., str]
) -> str:
    text = known.get(one)
    if text is None:
        text = known[one] = say(*one)
    return text


def _values(columns: Columns, rows: Ints, name: str) -> Any:
    if name == SINCE_CAUSE:
        causes = columns.numbers("cause", rows)
        return columns.numbers("time_us", rows) - columns.numbers("time_us", causes)
    if name in NAME_COLUMNS:
        return columns.texts(name, rows)
    return columns.numbers(name, rows)
