"""Rows that are written in a shorter way are what single ones would be."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.record.kinds import Kind
from sim.record.log import BLOCK, EventLog
from sim.record.packed_rows import PodRow
from sim.record.rows import NONE
from sim.record.stretches import STRETCH

numbers = st.integers(NONE, 2**31 - 1)
pod_rows = st.builds(
    PodRow,
    kind=st.sampled_from(Kind),
    container=numbers,
    image=numbers,
    digest=numbers,
    reason=numbers,
    text=numbers,
    amount=st.integers(0, 2**62),
)
COLUMNS = ("node", "pod", "container", "image", "digest")
containers = st.fixed_dictionaries(dict.fromkeys(COLUMNS, numbers))
befores = st.sampled_from([1, BLOCK - 2, 2 * BLOCK - 1, STRETCH - 3, STRETCH])


@settings(max_examples=60, deadline=None)
@given(
    before=befores,
    kind=st.sampled_from(Kind),
    written=st.lists(st.lists(pod_rows, min_size=1, max_size=5) | containers),
)
def test_short_rows_are_what_append_writes(
    before: int, kind: Kind, written: list[list[PodRow] | dict[str, int]]
) -> None:
    """In any order, across the ends of blocks and stretches."""
    plain, short = EventLog(lambda: 7), EventLog(lambda: 7)
    for log in (plain, short):
        for row in range(before):
            log.append(kind, object=3, reason=4, text=5, amount=row, span=6)
    for one in written:
        if isinstance(one, dict):
            last = plain.append(kind, **one, cause=0, source=0)
            assert short.append_of_container(kind, **one, cause=0, source=0) == last
        else:
            for made in one:
                last = plain.append(**made._asdict(), node=1, pod=2, cause=0)
            packed = [made.packed() for made in one]
            assert short.append_of_pod(packed, 1, 2, 0) == last

    assert dict(short.columns) == dict(plain.columns)
