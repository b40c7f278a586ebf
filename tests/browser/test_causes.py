"""The page says what the command line says: causes and events, on every scenario."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.events import get_events
from sim.analysis.explain import explain
from sim.analysis.selection import some, waited
from sim.record.kinds import Kind
from sim.runner import VariantRun
from tests.browser.conftest import SCENARIOS, run_of
from tests.browser.steps import ASK, EVENTS, fragment, opened

NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
MOMENTS = 3  # moments asked about for each pod
LONG = {"HEAD counts too"}  # writes more events than a page holds
LATEST = 200  # events that a page shows at first
MOST_PODS = 24  # asked about in each variant

pytestmark = pytest.mark.browser


def moments(variant: VariantRun, pod: str) -> list[int]:
    """The end, and moments at which something happened to a pod."""
    rows = list(variant.log.rows(pod=pod))
    created = next(r.row for r in rows if r.kind is Kind.POD_CREATED)
    times = [row.time_us for row in rows if row.row >= created]
    some = times[:: max(1, len(times) // (MOMENTS - 1))]
    return sorted({*some, int(variant.meta["until_us"])})


def asked(variant: VariantRun) -> Iterator[tuple[str, int]]:
    pods = list(dict.fromkeys(variant.tables.pods["pod"]))
    for pod in some(pods, MOST_PODS, waited(variant.tables)):
        for time_us in moments(variant, str(pod)):
            yield str(pod), time_us


def lines(explanation: str) -> list[str]:
    """An explanation without its layout: a line for each sentence."""
    stripped = [line.strip().removeprefix("←") for line in explanation.splitlines()]
    return [" ".join(line.split()) for line in stripped if line]


@pytest.mark.parametrize("name", NAMES)
def test_why_is_the_command_lines_explanation(
    browser: Any, pages: Callable[..., Path], name: str
) -> None:
    """Of many pods at several moments, word for word, in every variant."""
    run = run_of(SCENARIOS / f"{name}.yaml")
    cases = [(v, pod, at) for v in run.variants for pod, at in asked(v)]
    opened(browser, pages(name))

    told = browser.execute_script(
        ASK, [fragment(variant=v.name, time=at, pod=pod) for v, pod, at in cases]
    )

    assert cases
    for (variant, pod, at), said in zip(cases, told, strict=True):
        words = explain(variant.log, variant.meta, f"pod/{pod}", at_us=at)
        assert " ".join(" ".join(said).split()) == " ".join(lines(words))


@pytest.mark.parametrize("name", NAMES)
def test_events_are_those_that_kubectl_shows(
    browser: Any, pages: Callable[..., Path], name: str
) -> None:
    """Ages, order and texts as ``kubectl get events`` has them at each moment."""
    run = run_of(SCENARIOS / f"{name}.yaml")
    cases = []
    for variant in run.variants:
        until = int(variant.meta["until_us"])
        if variant.name not in LONG:
            cases += [(variant, until * part // 3) for part in range(1, 4)]
    opened(browser, pages(name))

    shown = browser.execute_async_script(
        EVENTS, [fragment(variant=v.name, time=at) for v, at in cases]
    )

    for (variant, at), rows in zip(cases, shown, strict=True):
        _, *printed = get_events(variant.log, variant.meta, at).splitlines()
        latest = printed[-LATEST:]
        assert [" ".join(" ".join(row).split()) for row in rows] == [
            " ".join(line.split()) for line in latest
        ]
