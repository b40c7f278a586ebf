"""The events of a run as one table: column by column, equal texts made once."""

from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import event_texts
from sim.analysis.columns import (
    Columns,
    Ints,
    Texts,
    column_of,
    last_before,
    texts,
    times,
)
from sim.analysis.event_texts import SINCE_CAUSE, Words
from sim.record.kinds import Kind
from sim.record.rows import NAME_COLUMNS

# Of a pod that was there when the state was saved.
_BEFORE_THE_RUN = (Kind.POD_CREATED, Kind.SCHEDULED, Kind.STARTED)


def event_rows(columns: Columns) -> Ints:
    """Return the rows of a record that are events.

    Bare pods are made and deleted without an event of a controller. What had happened
    before a cluster's state was saved is no event of the run.
    """
    rows = columns.rows(*event_texts.EVENTS)
    kinds, causes = columns.kinds(rows), columns.numbers("cause", rows)
    has_text = columns.numbers("text", rows) >= 0
    owners = columns.numbers("object", rows)
    by_itself = columns.mapped(owners, lambda owner: bool(event_texts.maker(owner)))
    told = has_text | (kinds != Kind.POD_CREATED) | by_itself.astype(np.bool_)
    told &= has_text | (kinds != Kind.POD_DELETED)
    saved = (causes >= 0) & (columns.kinds(causes) == Kind.POD_SAVED)
    return rows[np.where(saved, ~np.isin(kinds, _BEFORE_THE_RUN), told)]


def pod_uids(columns: Columns, rows: Ints) -> Texts:
    """Return what tells pods of one name apart: how many of it were made so far.

    An event about a pod's maker has none.
    """
    created = columns.rows(Kind.POD_CREATED)
    names = columns.numbers("pod", created)
    number = pd.Series(names).groupby(names).cumcount().to_numpy() + 1
    place = last_before(columns.numbers("pod", rows), rows, names, created)
    made = np.where(place >= 0, np.r_[number, 0][place], 0)
    uids = texts([str(one) for one in made.tolist()])
    uids[np.isin(columns.kinds(rows), event_texts.OF_PODS)] = ""
    return uids


def event_table(columns: Columns, meta: dict[str, Any], rows: Ints) -> pd.DataFrame:
    """Return what some of ``event_rows`` say, in order, and these rows."""
    kinds = columns.kinds(rows)
    blank = {
        name: np.empty(len(rows), dtype=object)
        for name in ("type", "reason", "about", "component", "message")
    }
    for number in np.unique(kinds).tolist():
        kind = Kind(number)
        here = np.flatnonzero(kinds == number)
        mine = rows[here]
        blank["type"][here] = event_texts.type_of(kind)
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
    rows_of_values = list(zip(*values, strict=True))
    known = {one: words.say(*one) for one in dict.fromkeys(rows_of_values)}
    return texts([known[one] for one in rows_of_values])


def _values(columns: Columns, rows: Ints, name: str) -> Any:
    if name == SINCE_CAUSE:
        causes = columns.numbers("cause", rows)
        return columns.numbers("time_us", rows) - columns.numbers("time_us", causes)
    if name in NAME_COLUMNS:
        return columns.texts(name, rows)
    return columns.numbers(name, rows)
