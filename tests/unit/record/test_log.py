"""The record: columns, names, links, and the same bytes every time."""

from array import array
from pathlib import Path

import pytest

from sim.errors import RunFolderError
from sim.record.files import load_record, save_jsonl, save_record
from sim.record.kinds import SHAPES, Kind
from sim.record.log import NAME_COLUMNS, EventLog


def small_log() -> EventLog:
    times = iter([0, 5, 5, 9])
    log = EventLog(lambda: next(times))
    name = log.names.id
    push = log.append(Kind.TAG_PUSHED, image=name("r/web:1"), digest=name("sha256:aa"))
    pulling = log.append(Kind.PULLING, pod=name("default/web-1"), image=name("r/web:1"))
    resolved = log.append(
        Kind.RESOLVED, image=name("r/web:1"), cause=pulling, source=push
    )
    log.append(Kind.PULLED, amount=7, span=4, cause=pulling, source=resolved)
    return log


def test_rows_come_back_with_their_names() -> None:
    """A row reads as it was written; what does not apply is empty."""
    row = small_log()[2]

    assert row.kind is Kind.RESOLVED
    assert (row.time_us, row.image, row.pod) == (5, "r/web:1", "")
    assert (row.cause, row.source) == (1, 0)


def test_rows_are_found_by_kind_and_name() -> None:
    """``rows`` filters by kinds and by names; an unknown name finds nothing."""
    log = small_log()

    assert [r.row for r in log.rows(image="r/web:1")] == [0, 1, 2]
    assert [r.row for r in log.rows(Kind.PULLING, pod="default/web-1")] == [1]
    assert list(log.rows(pod="default/nobody")) == []


@pytest.mark.parametrize("link", ["cause", "source"])
def test_a_link_points_backwards(link: str) -> None:
    """A row that names itself or a later row as its cause is a bug, not a row."""
    log = EventLog(lambda: 0)

    with pytest.raises(AssertionError, match="precedes"):
        log.append(Kind.PULLED, **{link: 0})


def test_a_saved_record_comes_back_whole(tmp_path: Path) -> None:
    """Loading gives the same rows, names and meta data."""
    log = small_log()

    save_record(tmp_path / "record.zip", log, {"seed": 7})
    loaded, meta = load_record(tmp_path / "record.zip")

    assert [loaded[i] for i in range(len(loaded))] == [log[i] for i in range(len(log))]
    assert meta["seed"] == 7


def test_the_same_record_is_the_same_bytes(tmp_path: Path) -> None:
    """No date, no compression, no hash order in the file."""
    save_record(tmp_path / "a.zip", small_log(), {"b": 1, "a": 2})
    save_record(tmp_path / "b.zip", small_log(), {"a": 2, "b": 1})

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_lines_leave_empty_columns_out(tmp_path: Path) -> None:
    """``events.jsonl`` has one line a row, and only what the row says."""
    save_jsonl(tmp_path / "events.jsonl", small_log())

    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert lines[3] == (
        '{"row": 3, "time_us": 9, "kind": "PULLED", "amount": 7, "span": 4, '
        '"cause": 1, "source": 2}'
    )


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + 18 * b"\0"])
def test_a_damaged_record_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    """What cannot be read says so and names the file."""
    path = tmp_path / "record.zip"
    path.write_bytes(content)

    with pytest.raises(RunFolderError, match=r"record\.zip"):
        load_record(path)


def test_every_kind_has_a_shape_of_known_columns() -> None:
    """The dictionary of kinds is complete and speaks of real columns."""
    assert set(SHAPES) == set(Kind)
    used = {column for shape in SHAPES.values() for column in shape.columns}
    assert used <= set(NAME_COLUMNS)


@pytest.mark.parametrize(("moment", "rows"), [(-1, 0), (0, 1), (4, 1), (5, 3), (9, 4)])
def test_a_record_can_be_read_as_of_a_moment(moment: int, rows: int) -> None:
    """What happened up to and at a moment, with names and links as they were."""
    log = small_log()

    earlier = log.until(moment)

    assert [earlier[n] for n in range(len(earlier))] == [log[n] for n in range(rows)]


def test_many_rows_of_one_kind_are_written_at_once() -> None:
    """As if each had been appended; what is not said does not apply."""
    log = EventLog(lambda: 4)
    log.append(Kind.NODE_JOINED, node=log.names.id("node-1"))
    columns = {
        "time_us": array("q", [5, 6]).tobytes(),
        "amount": array("q", [7, 2**40]).tobytes(),
        "cause": array("i", [0, 0]).tobytes(),
    }

    first = log.extend(Kind.PULL_RETRIED, 2, columns)

    assert (first, len(log)) == (1, 3)
    assert [r.time_us for r in log.rows(Kind.PULL_RETRIED)] == [5, 6]
    assert (log[2].amount, log[2].span, log[2].cause, log[2].source) == (
        2**40,
        0,
        0,
        -1,
    )
    assert log[2].pod == ""
    assert log.append(Kind.NODE_DIED, cause=2) == 3
