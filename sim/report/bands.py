"""What the charts of a large run draw: lanes of counts over time, in place of bars.

A lane is a workload, or an image name on a group of nodes. What its parts do at a
moment is stacked, as high as they are many.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.analysis.catalogue import shown
from sim.analysis.columns import Ints
from sim.analysis.selection import some, waited
from sim.analysis.sentences import short_image
from sim.analysis.tables import Tables, owners
from sim.report import findings, panels
from sim.report.panels import MAX_ROWS, Variant, image_rows, key_of, row_axis, tagged
from sim.report.style import PULL_LOOKS, Look, Looks

LARGE = 400  # more rows than these are drawn as lanes
MOMENTS = 600
HEIGHT = 0.8
ROWS_A_LANE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """What is stacked in a lane: look, label, and how many there are at each moment."""

    label: str
    layers: tuple[tuple[str, Look, Ints], ...]

    @property
    def most(self) -> int:
        """The most that there are of all together."""
        if not self.layers:
            return 1
        return max(1, int(np.sum([counts for *_, counts in self.layers], axis=0).max()))


def many_pods(variants: Sequence[Variant]) -> bool:
    """Whether there are too many pods for a row each."""
    return any(v[1].pods["pod"].nunique() > LARGE for v in variants)


def many_pulls(variants: Sequence[Variant]) -> bool:
    """Whether too many pods pulled for a row each."""
    return any(v[1].pulls["pod"].nunique() > LARGE for v in variants)


def many_images(variants: Sequence[Variant]) -> bool:
    """Whether too many nodes have images for a row each."""
    return any(image_rows(v) > LARGE for v in variants)


def lanes_of_workloads(variants: Sequence[Variant]) -> int:
    """Return how many rows the lanes of workloads are as high as."""
    return ROWS_A_LANE * max(len(owners(v[1])) for v in variants)


def lanes_of_images(variants: Sequence[Variant]) -> int:
    """Return how many rows the lanes of image names are as high as."""
    return ROWS_A_LANE * max(len(_image_keys(v)) for v in variants)


def labels(what: str, variant: Variant) -> list[str]:
    """Return texts as long as the labels of the lanes of a chart."""
    if what == "images":
        keys = _image_keys(variant)
        return [f"{short_image(image)} · {group} · 00,000" for image, group in keys]
    return [f"{shown(owner)} · 000,000 pods in all" for owner in owners(variant[1])]


def builds(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Stack the pods by build, and say how a pod with several containers counts."""
    handles = panels.builds(axes, variant, looks, language)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if len(variant[1].service["container"].unique()) > 1:
        note = findings.text(language, "counted")
        axes.text(1, 1.01, note, transform=axes.transAxes, ha="right", fontsize=7.5)
    return handles


def phases(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Show what the containers of each workload waited for, or ran."""
    _, tables, meta = variant
    moments = _moments(int(meta["until_us"]))
    pods = tables.pods.groupby("owner", sort=False)["pod"].nunique()
    waiting = dict(iter(tables.waiting.groupby("owner", sort=False)))
    service = dict(iter(tables.service.groupby("owner", sort=False)))
    lanes = []
    for owner in _chosen(tables):
        layers = chain(
            _layers(service.get(owner), "build", looks.build, moments, _at),
            _layers(waiting.get(owner), "reason", looks.reason, moments, _at),
        )
        label = _label(owner, int(pods[owner]), "pods", language)
        lanes.append(Lane(label=label, layers=tuple(layers)))
    return _draw(axes, lanes, moments, len(owners(tables)), language)


def pulls(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Show how many pulls of each workload were under way, and when some were held."""
    del looks
    _, tables, meta = variant
    moments = _moments(int(meta["until_us"]))
    pulled = dict(iter(tables.pulls.groupby("owner", sort=False)))
    lanes = []
    chosen = _chosen(tables)
    for owner in chosen:
        mine = pulled.get(owner)
        label = _label(owner, 0 if mine is None else len(mine), "pulls", language)
        layers = _layers(mine, "outcome", _look_of_pull, moments, _since)
        lanes.append(Lane(label=label, layers=tuple(layers)))
    handles = _draw(axes, lanes, moments, len(owners(tables)), language)
    for handle in handles:
        handle.set_label(findings.text(language, str(handle.get_label())))
    return [*handles, *_held_back(axes, tables, chosen, moments, language)]


def images(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Show on how many nodes of a group each image name means which build."""
    _, _, meta = variant
    moments = _moments(int(meta["until_us"]))
    table = _grouped(variant)
    keys = _image_keys(variant)
    by_key = dict(iter(table.groupby(["image", "group"], sort=False)))
    several = len({group for _, group in keys}) > 1
    lanes = []
    for image, group in keys[:MAX_ROWS]:
        mine = by_key[image, group]
        name = short_image(image)
        count = int(mine["node"].nunique())
        label = _label(
            f"{name} · {group}" if several else name, count, "nodes", language
        )
        layers = _layers(mine, "build", looks.build, moments, _at)
        lanes.append(Lane(label=label, layers=tuple(layers)))
    return _draw(axes, lanes, moments, len(keys), language)


def _grouped(variant: Variant) -> pd.DataFrame:
    """Return the names that can move, with the group of each node."""
    groups = variant[2].get("nodes", {})
    table: pd.DataFrame = tagged(variant[1])
    return table.assign(group=[groups.get(node, node) for node in table["node"]])


def _image_keys(variant: Variant) -> list[tuple[str, str]]:
    pairs = _grouped(variant)[["image", "group"]].drop_duplicates()
    return sorted((str(i), str(g)) for i, g in pairs.itertuples(index=False))


def _chosen(tables: Tables) -> list[str]:
    """Return the workloads that are shown; of too many, those in trouble come first."""
    troubled = tables.pods.loc[tables.pods["pod"].isin(waited(tables)), "owner"]
    return some(owners(tables), MAX_ROWS // ROWS_A_LANE, set(troubled.unique()))


def _label(name: str, count: int, what: str, language: str) -> str:
    number = f"{count:,}"
    return findings.text(language, f"lane_{what}", name=shown(name), count=number)


def _moments(until_us: int) -> Ints:
    return np.linspace(0, until_us, MOMENTS + 1).astype(np.int64)


def _look_of_pull(outcome: str) -> Look:
    return Look(colour=PULL_LOOKS[outcome], hatch="")


def _layers(
    table: pd.DataFrame | None,
    column: str,
    look: Callable[[str], Look],
    moments: Ints,
    count: Callable[[pd.DataFrame, Ints], Ints],
) -> Iterator[tuple[str, Look, Ints]]:
    if table is not None:
        for value, mine in table.groupby(column, sort=False):
            yield str(value), look(str(value)), count(mine, moments)


def _at(table: pd.DataFrame, moments: Ints) -> Ints:
    """Return how many intervals hold at each moment."""
    starts, ends = _bounds(table)
    begun = np.searchsorted(starts, moments, side="right")
    return begun - np.searchsorted(ends, moments, side="right")


def _since(table: pd.DataFrame, moments: Ints) -> Ints:
    """Return how many intervals held at some time since the moment before."""
    starts, ends = _bounds(table)
    begun = np.searchsorted(starts, moments, side="right")
    before = np.r_[-1, moments[:-1]]
    return begun - np.searchsorted(ends, before, side="right")


def _bounds(table: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return all starts, and the ends of what did not go on to the run's end."""
    starts = table["start_us"].to_numpy(dtype=np.int64)
    ends = table["end_us"].to_numpy(dtype=np.int64)
    if "open" in table:
        ends = ends[~table["open"].to_numpy(dtype=np.bool_)]
    return np.sort(starts), np.sort(ends)


def _draw(
    axes: Axes, lanes: Sequence[Lane], moments: Ints, total: int, language: str
) -> list[Patch | Line2D]:
    """Draw lanes, each to the scale of its own most."""
    handles: dict[str, Patch | Line2D] = {}
    for row, lane in enumerate(lanes):
        base = np.zeros(len(moments), dtype=np.int64)
        floor, scale = row + HEIGHT / 2, HEIGHT / lane.most
        axes.axhline(floor, color="#CCCCCC", linewidth=0.5, zorder=1)
        for label, look, counts in lane.layers:
            axes.fill_between(
                moments,
                floor - base * scale,
                floor - (base + counts) * scale,
                step="post",
                facecolor=look.colour,
                hatch=look.hatch or None,
                edgecolor="white",
                linewidth=0,
                zorder=3,
            )
            base = base + counts
            handles.setdefault(label, key_of(look, label))
    row_axis(axes, [lane.label for lane in lanes], total, language)
    return list(handles.values())


def _held_back(
    axes: Axes, tables: Tables, chosen: Sequence[str], moments: Ints, language: str
) -> Iterator[Line2D]:
    """Mark when pulls of a workload were held back, on the floor of its lane."""
    held = tables.back_offs
    if held.empty:
        return
    rows = {owner: row + HEIGHT / 2 + 0.06 for row, owner in enumerate(chosen)}
    held = held[held["owner"].isin(rows)]
    place = np.searchsorted(moments, held["time_us"].to_numpy(dtype=np.int64))
    marks = held.assign(place=place)[["owner", "place"]].drop_duplicates()
    (line,) = axes.plot(
        moments[marks["place"].to_numpy()],
        [rows[owner] for owner in marks["owner"]],
        linestyle="",
        marker="|",
        markersize=4,
        color="#0072B2",
        zorder=4,
        label=findings.text(language, "back_off"),
    )
    yield line
