"""What a row of the record is: its columns, and how it is read back."""

from typing import NamedTuple

from sim.record.kinds import Kind

NONE = -1
NAME_COLUMNS = (
    "node",
    "object",
    "pod",
    "container",
    "image",
    "digest",
    "reason",
    "text",
)
NUMBER_COLUMNS = ("amount", "span", "cause", "source")
TYPECODES = {
    "time_us": "q",
    "kind": "B",
    **dict.fromkeys(NAME_COLUMNS, "i"),
    **dict(zip(NUMBER_COLUMNS, "qqii", strict=True)),
}


class Row(NamedTuple):
    """One row, read back with its names; empty text and -1 mean "does not apply"."""

    row: int
    time_us: int
    kind: Kind
    node: str
    object: str
    pod: str
    container: str
    image: str
    digest: str
    reason: str
    text: str
    amount: int
    span: int
    cause: int
    source: int


def usual(name: str) -> int:
    """Return the value of a column that does not apply."""
    return 0 if name in ("time_us", "kind", "amount", "span") else NONE
