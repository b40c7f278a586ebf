"""The harness loses nothing: what it cannot read or judge is a failure."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.rules.profiles import NOT_SIMULATED, UNDATED
from tests.conformance import differences, report
from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import (
    SHIPPED,
    Case,
    OneOf,
    Part,
    Step,
    Tally,
    read_folder,
)
from tests.conformance.judge import by_kind, judge


def case(number: int, kind: str = "throttle") -> Case:
    return Case(id=f"c-{number}", kind=kind, file="f", data={"number": number})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vectors/a.yaml", b"vectors: [{id: a, kind: [}"),
        ("vectors/b.yaml", b"vectors: [{id: a}]"),
        ("vectors/c.yaml", b"[]"),
        ("vectors/d.yml", b"vectors: []"),
        ("golden/e.jsonl", b'{"id": "e-1"'),
        ("golden/f.jsonl", b'{"no": "id"}'),
        ("golden/g.jsonl.gz", gzip.compress(b'{"id": "g-1"}', mtime=0)[:-9]),
        ("golden/h.csv", b"id"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """The file is named; nothing is skipped."""
    path = tmp_path / name
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(ValueError, match=path.name):
        list(read_folder(tmp_path))


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    """A misspelt folder must not look like a pass."""
    with pytest.raises(ValueError, match="no vectors"):
        list(read_folder(tmp_path))


def test_a_differing_case_is_named_with_ours_and_theirs() -> None:
    """The first step that differs is shown."""
    outcome = judge(
        "throttle",
        lambda data: iter([Step("a", 1, 1), Step("b", 1, data["number"])]),
        [case(1), case(2)],
    )

    assert not outcome.passed
    assert outcome.agreeing == 1
    assert str(outcome).splitlines() == [
        "1 of 2 cases of throttle differ",
        "c-2: b",
        "  ours   1",
        "  theirs 2",
    ]


def test_a_case_that_cannot_be_run_differs_and_the_others_are_judged() -> None:
    """It is told by its id, with the error and the line."""

    def adapter(data: dict[str, Any]) -> Iterator[Step]:
        yield Step("a", data["number"], data["number"])
        if data["number"] == 1:
            raise KeyError("no such member")

    outcome = judge("throttle", adapter, [case(0), case(1), case(2)])

    assert list(outcome.differing) == ["c-1"]
    assert "c-1: stopped at test_harness.py:" in str(outcome)
    assert "KeyError('no such member')" in str(outcome)


@pytest.mark.parametrize(("astray", "passed"), [(4, True), (5, False)])
def test_what_may_stray_is_summed_up(astray: int, passed: bool) -> None:
    """One case may have more than a hundredth, all together may not."""
    outcome = judge(
        "throttle",
        lambda data: iter([Tally("times", astray * data["number"], 200)]),
        [case(0), case(1)],
    )

    assert outcome.passed is passed
    assert f"{astray} of 400 times" in str(outcome)


@pytest.mark.parametrize(("wrong", "passed"), [(2, True), (3, False)])
def test_rollouts_may_race_in_two_of_a_hundred(wrong: int, passed: bool) -> None:
    """Upstream's controllers race; more than that is our fault."""
    outcome = judge(
        "deployment_rollout",
        lambda data: iter([Step("a", data["number"] < wrong, False)]),
        [case(number, "deployment_rollout") for number in range(100)],
    )

    assert outcome.passed is passed


def test_one_of_several_answers_is_right() -> None:
    """Where upstream's order is arbitrary."""
    assert OneOf(1, 2) == 2
    assert OneOf(1, 2) != 3
    assert repr(OneOf(1, 2)) == "1 or 2"


def test_of_a_text_a_part_may_be_enough() -> None:
    """Anywhere, or at the end."""
    assert Part("b") == "abc"
    assert Part("c", end=True) == "abc"
    assert Part("b", end=True) != "abc"
    assert (repr(Part("b")), repr(Part("c", end=True))) == ("…b…", "…c")


def test_every_kind_that_ships_has_an_adapter_and_a_row() -> None:
    """The report knows all kinds, and no adapter is left without cases."""
    kinds = by_kind(read_folder(SHIPPED))

    assert set(kinds) == set(ADAPTERS)
    assert all(report.through(kind) for kind in kinds)


def test_the_report_says_what_is_known_to_differ() -> None:
    """Every entry of the tables, and every trace that is no test, is written there."""
    bursts = {"pod_timeline"}  # their numbers take as long as the cases themselves
    cases = by_kind(read_folder(SHIPPED))
    found = differences.section({k: c for k, c in cases.items() if k not in bursts})

    told = [line for line in found.splitlines() if line.startswith("- ")]
    assert set(told) <= set(report.written().splitlines())
    assert len(told) > len(UNDATED) + len(NOT_SIMULATED)


def spoilt(value: Any) -> Any:
    """The same shape with other values in it."""
    if isinstance(value, dict):
        return {key: spoilt(one) for key, one in value.items()}
    if isinstance(value, list):
        return [spoilt(one) for one in value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "~"
    return value if value is None else value + 1


VECTORS = by_kind(case for case in read_folder(SHIPPED) if case.file.endswith(".yaml"))


@pytest.mark.parametrize("kind", VECTORS)
def test_no_answer_depends_on_what_is_expected(kind: str) -> None:
    """With other expectations a vector gets the very same answers."""
    for one in VECTORS[kind]:
        other = {**one.data, "expect": spoilt(one.data["expect"])}

        answers = [
            [repr(s.ours) for s in ADAPTERS[kind](data) if isinstance(s, Step)]
            for data in (one.data, other)
        ]

        assert answers[0] == answers[1]
