"""What each of the five charts draws into one panel: tables in, marks out.

Every function draws one variant's panel and returns the legend's entries. Rows beyond
``MAX_ROWS`` are left out, and the panel says so; ``bands`` draws what has far more.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.analysis.catalogue import shown
from sim.analysis.columns import Ints
from sim.analysis.selection import some, waited
from sim.analysis.sentences import short_image
from sim.analysis.tables import Tables
from sim.report import findings
from sim.report.fonts import plain_text
from sim.report.style import PULL_LOOKS, Look, Looks
from sim.units import format_size

Variant = tuple[str, Tables, dict[str, Any]]
MAX_ROWS = 40


def key_of(look: Look, label: str) -> Patch:
    """Return the entry of a legend."""
    return Patch(
        facecolor=look.colour,
        hatch=look.hatch,
        edgecolor="white",
        linewidth=0,
        label=plain_text(label),
    )


def _bar(axes: Axes, row: float, start: int, end: int, look: Look) -> None:
    axes.barh(
        row,
        max(end - start, 1),
        left=start,
        height=0.78,
        color=look.colour,
        hatch=look.hatch or None,
        edgecolor="white",
        linewidth=0,
        zorder=3,
    )


def row_axis(axes: Axes, labels: Sequence[str], total: int, language: str) -> None:
    """Name the rows, and say how many there are where not all are shown."""
    axes.set_ylim(max(len(labels), 2) - 0.4, -0.6)
    axes.set_yticks(range(len(labels)), [plain_text(label) for label in labels])
    axes.tick_params(axis="y", labelsize=7.5, length=0)
    if total > len(labels):
        note = findings.text(language, "grouped", shown=len(labels), total=total)
        axes.text(1, 1.01, note, transform=axes.transAxes, ha="right", fontsize=7.5)


def builds(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Stack the pods of all workloads by build."""
    _, tables, meta = variant
    until = int(meta["until_us"])
    steps = tables.builds_in_service
    changed = np.unique(steps["time_us"].to_numpy(dtype=np.int64))
    times = np.r_[0, changed, until]
    known = set(steps["build"].unique())
    base = np.zeros(len(times), dtype=np.int64)
    handles: list[Patch | Line2D] = []
    for build in (b for b in looks.builds if b in known):
        top = base + _counts(steps[steps["build"] == build], times)
        look = looks.build(build)
        axes.fill_between(
            times,
            base,
            top,
            step="post",
            facecolor=look.colour,
            hatch=look.hatch or None,
            edgecolor="white",
            linewidth=0,
        )
        base = top
        handles.append(key_of(look, build))
    axes.set_ylim(0, max(1, int(base.max())) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_ylabel(findings.text(language, "pods_axis"))
    return handles


def _counts(steps: pd.DataFrame, times: Ints) -> Ints:
    """Return the pods of one build at each time, over all workloads."""
    before = steps.groupby("owner", sort=False)["pods"].shift(fill_value=0)
    changes = (steps["pods"] - before).to_numpy(dtype=np.int64)
    counts = np.r_[0, np.cumsum(changes)]
    changed = steps["time_us"].to_numpy(dtype=np.int64)
    found: Ints = counts[np.searchsorted(changed, times, side="right")]
    return found


def tagged(tables: Tables) -> Any:
    """The names that can move: by tag; by digest only where nothing else is there."""
    images = tables.node_images
    tags = images[~images["image"].str.contains("@")]
    return images if tags.empty else tags


def image_rows(variant: Variant) -> int:
    """Return how many rows the panel of node images has."""
    return len(tagged(variant[1])[["node", "image"]].drop_duplicates())


def images(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Show what each image name means on each node over time."""
    images = tagged(variant[1])
    order = {node: number for number, node in enumerate(variant[2].get("nodes", {}))}
    pairs = images[["node", "image"]].drop_duplicates()
    keys = sorted(
        pairs.itertuples(index=False, name=None),
        key=lambda key: (order.get(key[0], len(order)), key[1]),
    )
    rows = {key: number for number, key in enumerate(keys[:MAX_ROWS])}
    several = len({image for _, image in keys}) > 1
    seen: dict[str, Patch | Line2D] = {}
    for one in images.to_dict("records"):
        row = rows.get((one["node"], one["image"]))
        if row is None:
            continue
        look = looks.build(one["build"])
        _bar(axes, row, one["start_us"], one["end_us"], look)
        seen.setdefault(one["build"], key_of(look, one["build"]))
    labels = [f"{n} · {short_image(i)}" if several else str(n) for n, i in rows]
    row_axis(axes, labels, len(keys), language)
    return list(seen.values())


def pod_labels(tables: Tables) -> dict[str, str]:
    """Return each pod's name with its nodes: of one name there may be several pods."""
    nodes: dict[str, dict[str, None]] = {}
    for pod, node in zip(tables.pods["pod"], tables.pods["node"], strict=True):
        nodes.setdefault(str(pod), {})[str(node)] = None
    return {pod: f"{shown(pod)} · {', '.join(on)}" for pod, on in nodes.items()}


def _pod_rows(pods: list[str], tables: Tables) -> dict[str, int]:
    """Give each pod a row; of too many, those that waited for an image come first."""
    chosen = some(pods, MAX_ROWS, waited(tables))
    return {pod: number for number, pod in enumerate(chosen)}


def phases(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Show what each pod waited for, then the build that it runs."""
    tables = variant[1]
    names = pod_labels(tables)
    rows = _pod_rows(list(names), tables)
    handles: dict[str, Patch | Line2D] = {}
    for table, column in ((tables.waiting, "reason"), (tables.service, "build")):
        for one in table[table["pod"].isin(rows)].to_dict("records"):
            name = one[column]
            look = looks.build(name) if column == "build" else looks.reason(name)
            _bar(axes, rows[one["pod"]], one["start_us"], one["end_us"], look)
            handles.setdefault(name, key_of(look, name))
    row_axis(axes, [names[pod] for pod in rows], len(names), language)
    return list(handles.values())


def pulls(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Show every pull of each pod, and when it was held back."""
    del looks
    tables = variant[1]
    labels = pod_labels(tables)
    names = [str(pod) for pod in tables.pulls["pod"].unique()]
    rows = _pod_rows(names, tables)
    until = int(variant[2]["until_us"])
    for one in tables.pulls[tables.pulls["pod"].isin(rows)].to_dict("records"):
        look = Look(colour=PULL_LOOKS[one["outcome"]], hatch="")
        end = max(one["end_us"], one["start_us"] + until // 400)
        _bar(axes, rows[one["pod"]], one["start_us"], end, look)
    held = tables.back_offs[tables.back_offs["pod"].isin(rows)]
    axes.plot(
        [int(t) for t in held["time_us"]],
        [rows[str(pod)] for pod in held["pod"]],
        linestyle="",
        marker="|",
        markersize=6,
        color="#0072B2",
        zorder=4,
    )
    row_axis(axes, [labels[pod] for pod in rows], len(names), language)
    handles: list[Patch | Line2D] = [
        key_of(Look(colour=PULL_LOOKS[o], hatch=""), findings.text(language, o))
        for o in dict.fromkeys(tables.pulls["outcome"])
    ]
    if not held.empty:
        handles.append(
            Line2D(
                [],
                [],
                linestyle="",
                marker="|",
                color="#0072B2",
                label=findings.text(language, "back_off"),
            )
        )
    return handles


def registry(
    axes: Axes, variant: Variant, looks: Looks, language: str
) -> list[Patch | Line2D]:
    """Add up requests and bytes over time."""
    del looks
    _, tables, meta = variant
    until = int(meta["until_us"])
    requests = tables.requests.sort_values("time_us", kind="stable")
    times = np.r_[0, requests["time_us"].to_numpy(dtype=np.int64), until]
    counts = np.r_[np.arange(len(requests) + 1), len(requests)]
    total = np.r_[0, requests["bytes"].cumsum()]
    served = np.r_[total, total[-1]]
    label_requests = findings.text(language, "requests_axis")
    label_bytes = findings.text(language, "bytes_axis")
    (first,) = axes.step(
        times,
        counts,
        where="post",
        color="#0072B2",
        linewidth=1.6,
        label=label_requests,
    )
    axes.set_ylabel(label_requests)
    axes.set_ylim(0, max(1, len(requests)) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    other = axes.twinx()
    other.spines["right"].set_visible(True)
    other.fill_between(
        times, served, step="post", facecolor="#E69F00", alpha=0.35, linewidth=0
    )
    other.set_ylim(0, max(1, served[-1]) * 1.12)
    other.yaxis.set_major_locator(MaxNLocator(4))
    other.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: format_size(int(value)))
    )
    other.tick_params(axis="y", labelsize=7.5)
    # The line belongs to the left axis and must lie above the area of the right one.
    axes.set_zorder(other.get_zorder() + 1)
    axes.patch.set_visible(False)
    area = Patch(facecolor="#E69F00", alpha=0.35, label=label_bytes)
    return [first, area]
