"""Measured tables are read by what is in them; pages made of them are current."""

from pathlib import Path

import pytest

from sim.rules.runtime_profile import PROFILES
from tests.conformance import fit, measured
from tests.conformance.harness import SHIPPED, read_folder
from tests.conformance.validation import Near, Within, expected, kind_of, read_tables

TABLE = """\
# a table
id,runtime,params,quantity,value,min,max,unit,n,band,abs_s,judge
one,1.6.20,link_mbit=200;layers=1;layer_mb=1,time,1,1,1,s,1,0.1,0.2,band
"""


def test_the_page_is_current() -> None:
    """Renew with: python -m tests.conformance.measured."""
    papers = [case for case in read_folder(SHIPPED) if case.kind == "papers"]

    page = measured.page(measured.compare(), papers)

    assert page == measured.PAGE.read_text(encoding="utf-8")
    assert measured.CHART.stat().st_size > 10_000


def test_a_table_is_known_by_its_columns(tmp_path: Path) -> None:
    """Its file may have any name, in the folder or in ``validation``."""
    (tmp_path / "whatever.csv").write_text(TABLE)

    tables = list(read_tables(tmp_path))
    cases = list(read_folder(tmp_path))

    assert [kind for _, kind, _ in tables] == ["measured_single"]
    assert [case.id for case in cases] == ["one"]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"grpc_code": "ok"}, "measured_errors"),
        ({"gate": "no: why"}, "papers"),
        ({"shared_id": "1"}, None),
        ({"quantity": "time", "params": "layers=1"}, "measured_single"),
        ({"quantity": "time", "params": "step=cold"}, "measured_tags"),
        ({"quantity": "time", "params": "jobs=n1 tag 0"}, "measured_concurrent"),
    ],
)
def test_the_kind_of_a_row(row: dict[str, str], kind: str | None) -> None:
    """By columns, then by parameters."""
    assert kind_of(row) == kind


def row(judge: str) -> dict[str, str]:
    return {"id": "r", "value": "10", "band": "0.1", "abs_s": "0.2", "judge": judge}


def test_each_row_is_judged_by_its_own_column() -> None:
    """Band, range or equality; nothing else."""
    assert expected(row("exact")) == 10
    assert expected(row("band")) == 11
    assert expected(row("band")) != 11.01
    assert expected(row("range:1..2")) == 1.5
    assert expected(row("range:1..2")) != 2.5
    assert Near(1, 0.5) != "1"
    assert Within("range:1..2") != "1"
    with pytest.raises(ValueError, match="unknown judge"):
        expected(row("about"))


def test_the_search_tries_each_constant_both_ways() -> None:
    """A twentieth less and more, in three digits."""
    profile = next(iter(PROFILES.values()))

    tried = fit.neighbours(profile)

    assert len(tried) == 2 * 8
    assert [one.copy_rate for one in tried if one.copy_rate != profile.copy_rate] == [
        665_000_000,
        735_000_000,
    ]
    assert all(fit.rows().values())
