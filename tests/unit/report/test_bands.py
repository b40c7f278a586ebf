"""Lanes of a large run: counts over time, and what they are called."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.analysis.tables import derive
from sim.report import bands, charts
from sim.report.panels import Variant
from sim.report.style import Looks
from tests.record_factory import credential_gap, mixed_rollout


def axes() -> Axes:
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def variant() -> Variant:
    made = mixed_rollout()
    return "as written", derive(made.log, made.meta), made.meta


def failing() -> Variant:
    made = credential_gap()
    return "as written", derive(made.log, made.meta), made.meta


def spans(*values: tuple[int, int, bool]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=["start_us", "end_us", "open"])


def test_a_lane_counts_what_holds_at_each_moment() -> None:
    """An interval holds from its start, and no longer at its end unless it is open."""
    table = spans((0, 10, False), (5, 20, True))

    counts = bands._at(table, np.array([0, 5, 10, 20]))

    assert counts.tolist() == [1, 2, 1, 1]


def test_what_is_short_is_seen_at_the_next_moment() -> None:
    """A pull that begins and ends between two moments is counted at the second."""
    table = spans((11, 12, False), (12, 30, False))[["start_us", "end_us"]]

    counts = bands._since(table, np.array([0, 10, 20, 30, 40]))

    assert counts.tolist() == [0, 0, 2, 1, 0]


def test_lanes_are_workloads_with_their_number_of_pods() -> None:
    """Every waiting reason and every build has its entry in the legend."""
    panel = axes()

    handles = bands.phases(panel, variant(), Looks(()), "en")

    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels == ["deployment/web · 3 pods in all"]
    names = {str(handle.get_label()) for handle in handles}
    assert names == {"v1", "v2", "ContainerCreating"}


def test_lanes_are_image_names_with_their_number_of_nodes() -> None:
    """A name means one build on one node of the group, another on the other."""
    panel = axes()

    handles = bands.images(panel, variant(), Looks(()), "en")

    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels == ["registry.example/shop/web:stable · 2 nodes"]
    assert {str(handle.get_label()) for handle in handles} == {"v1", "v2"}


def test_pulls_that_were_held_back_are_marked() -> None:
    """Outcomes and marks are in the legend, in the chart's language."""
    panel = axes()

    handles = bands.pulls(panel, failing(), Looks(()), "en")

    names = [str(handle.get_label()) for handle in handles]
    assert names == ["pulled", "failed", "held back"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_chart_of_a_large_run_is_drawn(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lanes in place of bars; variants share one figure."""
    monkeypatch.setattr(bands, "LARGE", 0)
    drawn = [variant(), failing()]

    files = charts.draw_all(drawn, tmp_path / "charts", language=language)

    assert len(files) == len(charts.CHARTS)
    assert all(file.stat().st_size > 5_000 for file in files)
