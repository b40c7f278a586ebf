"""Tables that are made of whole columns are those that are made row by row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.events import kubernetes_events
from sim.analysis.tables import derive
from sim.analysis.waits import image_waits
from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.scenario import model
from sim.scenario.loader import load_scenario
from tests.perf.cases import ROOT, small_sets
from tests.properties.plain_tables import plain_events, plain_tables, plain_waits
from tests.properties.strategies import scenarios
from tests.record_factory import (
    Recorded,
    Recorder,
    credential_gap,
    mixed_rollout,
    stale_pod,
)

SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))


def assert_same(log: EventLog, meta: dict[str, object]) -> None:
    """Compare columns, their order and types, all values and their order."""
    tables = derive(log, meta)
    for name, plain in plain_tables(log, meta).items():
        pd.testing.assert_frame_equal(getattr(tables, name), plain, check_exact=True)
    assert list(kubernetes_events(log, meta)) == list(plain_events(log, meta))
    assert image_waits(log, tables) == plain_waits(log, tables)


@settings(max_examples=25)
@given(scenarios())
def test_random_small_worlds_have_the_same_tables(scenario: model.Scenario) -> None:
    """Whatever happens in a cluster."""
    assert_same(*simulate(scenario))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_have_the_same_tables(path: Path) -> None:
    """Every variant of every scenario."""
    file = load_scenario(path, sets=small_sets(path.stem))
    for scenario in file.variants:
        assert_same(*simulate(scenario))


@pytest.mark.parametrize("made", [stale_pod, mixed_rollout, credential_gap])
def test_records_by_hand_have_the_same_tables(made: Callable[[], Recorded]) -> None:
    """Also those that no simulation made."""
    record = made()

    assert_same(record.log, record.meta)


PODS = ("default/web-a", "default/web-b", "default/job-c")
OWNERS = (
    "",
    "default/deployment/web",
    "default/statefulset/db",
    "default/cronjob/tick",
)
OF_A_POD = (
    Kind.SCHEDULED,
    Kind.POD_READY,
    Kind.POD_DELETED,
    Kind.POD_GONE,
    Kind.POD_PHASE,
    Kind.STARTED,
    Kind.EXITED,
    Kind.CONTAINER_WAITING,
    Kind.CONTAINER_TERMINATED,
    Kind.CONTAINER_RUNNING,
    Kind.BACK_OFF,
    Kind.START_FAILED,
    Kind.KILLING,
    Kind.PULLING,
)
OF_A_NODE = (
    Kind.PRE_PULLED,
    Kind.IMAGE_STORED,
    Kind.IMAGE_REMOVED,
    Kind.NODE_DIED,
    Kind.REQUEST,
)


@st.composite
def records(draw: st.DrawFn) -> Recorded:
    """Rows in any order, many at one instant; a pod's name may come again."""
    made, now = Recorder(), 0
    started: list[int] = []
    pick = st.sampled_from
    for pod in PODS:
        made.row(0, Kind.POD_CREATED, pod=pod, object=draw(pick(OWNERS)), text="web-1")
    for _ in range(draw(st.integers(0, 60))):
        now += draw(pick((0, 0, 1, 5)))
        kind = draw(pick((Kind.POD_CREATED, Kind.PULLED, *OF_A_POD, *OF_A_NODE)))
        names: dict[str, Any] = {
            "node": draw(pick(("n1", "n2"))),
            "image": draw(pick(("a:1", "b:1"))),
            "digest": draw(pick(("sha256:aaaaaaaa", "sha256:bbbbbbbb"))),
        }
        if kind in OF_A_NODE:
            text = draw(pick(("HEAD manifest 200", "GET blob 404", "refused")))
            made.row(now, kind, **names, object="r", text=text, amount=7)
            continue
        names["pod"] = draw(pick(PODS))
        if kind is Kind.POD_CREATED:
            made.row(now, kind, pod=names["pod"], object=draw(pick(OWNERS)), text="w-1")
            continue
        names["container"] = draw(pick(("x", "y")))
        names["reason"] = draw(pick(("ContainerCreating", "ErrImagePull")))
        names["text"] = draw(pick(("", "Pending", "Running", "because")))
        cause = 0
        if kind is Kind.PULLED:
            kind = draw(pick((Kind.PULLED, Kind.PULL_FAILED)))
            if not started:
                continue
            cause = draw(pick(started))
        row = made.row(now, kind, **names, amount=now % 2, span=now, cause=cause)
        if kind is Kind.PULLING:
            started.append(row)
    return made.finish()


@settings(max_examples=200)
@given(records())
def test_records_of_any_rows_have_the_same_tables(made: Recorded) -> None:
    """Also those that no cluster would make: ties, ends without starts, names anew."""
    assert_same(made.log, made.meta)
