"""The record: columns, names, links, and the same bytes every time."""

from pathlib import Path

import pytest

from sim.errors import RunFolderError
from sim.record.files import load_record, save_record
from sim.record.kinds import Kind
from sim.record.log import BLOCK, EventLog
from sim.record.packed_rows import PodRow
from sim.record.rows import NAME_COLUMNS
from sim.record.shapes import SHAPES
from sim.record.stretches import STRETCH


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


@pytest.mark.parametrize(
    "before", [0, BLOCK - 2, STRETCH - 3, STRETCH - 2, STRETCH - 1]
)
def test_rows_of_a_pod_are_what_single_ones_would_be(before: int) -> None:
    """Whether they fill a stretch or begin one."""
    plain, whole = EventLog(lambda: 7), EventLog(lambda: 7)
    for log in (plain, whole):
        for _ in range(before + 1):
            log.append(Kind.STARTED)
    rows = [
        PodRow(Kind.CONTAINER_RUNNING, container=1, image=2, digest=3),
        PodRow(Kind.POD_PHASE, reason=4, text=5),
        PodRow(Kind.POD_READY, amount=1),
    ]

    for row in rows:
        last = plain.append(**row._asdict(), node=6, pod=7, cause=0)

    packed = [row.packed() for row in rows]
    assert whole.append_of_pod(packed, 6, 7, 0) == last
    assert dict(whole.columns) == dict(plain.columns)


@pytest.mark.parametrize("before", [0, STRETCH - 1, STRETCH])
def test_a_row_of_a_container_is_what_append_would_write(before: int) -> None:
    """In a stretch that others have filled before, too."""
    plain, short = EventLog(lambda: 7), EventLog(lambda: 7)
    for log in (plain, short):
        for _ in range(before + 1):
            log.append(Kind.PULL_FAILED, object=1, reason=2, text=3, amount=4, span=5)
    given = {"container": 3, "image": 4, "digest": 5, "cause": 0, "source": -1}

    row = plain.append(Kind.STARTED, node=1, pod=2, **given)

    assert short.append_of_container(Kind.STARTED, 1, 2, **given) == row
    assert dict(short.columns) == dict(plain.columns)


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

    with pytest.raises(AssertionError, match="precede"):
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


def long_log(rows: int) -> EventLog:
    times = iter(range(rows))
    log = EventLog(lambda: next(times))
    for row in range(rows):
        name = log.names.id(f"default/pod-{row % 700}")
        log.append(
            Kind.STARTED, pod=name, amount=row % 5 - 2, span=2 ** row.bit_length()
        )
    return log


@pytest.mark.parametrize("rows", [0, 1, STRETCH - 1, STRETCH, 2 * STRETCH + 3])
def test_a_long_record_reads_like_a_short_one(rows: int, tmp_path: Path) -> None:
    """Rows that wait and rows kept narrowly: in turn, backwards, from a file."""
    log = long_log(rows)
    save_record(tmp_path / "record.zip", log, {})
    loaded, _ = load_record(tmp_path / "record.zip")

    for one in (log, loaded, log.until(rows)):
        assert list(one.columns["time_us"]) == list(range(rows))
        assert list(one.columns["amount"]) == [row % 5 - 2 for row in range(rows)]
        assert [one[row].time_us for row in range(rows)] == list(range(rows))
        for row in reversed(range(0, rows, 97)):
            assert one[row].pod == f"default/pod-{row % 700}"
            assert one[row].span == 2 ** row.bit_length()


def test_a_column_that_somebody_holds_is_put_together_once() -> None:
    """And anew when rows came."""
    log = long_log(3)
    held = log.columns["kind"]

    assert log.columns["kind"] is held
    log = long_log(STRETCH)
    assert len(log.columns["kind"]) == STRETCH


def test_a_record_has_no_rows_beyond_its_ends() -> None:
    """There is nothing before the first row and nothing after the last."""
    log = long_log(3)

    for row in (-1, 3):
        with pytest.raises(IndexError):
            log[row]


def test_the_empty_name_is_no_name() -> None:
    """It has no number of its own, and nothing is found by it."""
    log = EventLog(lambda: 0)
    log.append(Kind.STARTED, pod=log.names.id(""))

    assert log.names.texts == []
    assert log.names.find("") is None
    assert log[0].pod == ""
