"""Charts of a run: one function a chart, variants as panels of one figure.

Every panel says its own finding; acts from outside are marked on the time axis.
Large runs show the first rows of a Gantt and say how many there are.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.analysis.tables import Tables
from sim.report import findings, panels
from sim.report.panels import MAX_ROWS, Variant
from sim.report.style import (
    MARK_COLOUR,
    Looks,
    hangul_font,
    plain_text,
    quiet_fonts,
)
from sim.units import MINUTE, format_time

Draw = Callable[[Axes, Variant, Looks, str], list[Patch | Line2D]]
Finding = Callable[[Tables, dict[str, Any], str], str]

WIDTH_IN = 10.5
DPI = 120


def draw_all(
    variants: Sequence[Variant],
    folder: Path,
    *,
    formats: Sequence[str] = ("png",),
    language: str = "en",
) -> list[Path]:
    """Draw every chart into a new folder and return the files."""
    folder.mkdir(parents=True)
    written = []
    with mpl.rc_context(_settings(language)):
        quiet_fonts()
        spoken = "en" if language == "ko" and hangul_font() is None else language
        note = findings.text(language, "no_hangul") if spoken != language else ""
        for name, make in CHARTS.items():
            figure = make(variants, spoken)
            if note:
                figure.text(0.01, 0.005, note, fontsize=7, color=MARK_COLOUR)
            written += [_save(figure, folder / f"{name}.{kind}") for kind in formats]
    return written


def _settings(language: str) -> Any:
    font = hangul_font() if language == "ko" else None
    return {
        "font.family": [font, "DejaVu Sans"] if font else ["DejaVu Sans"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "hatch.linewidth": 0.6,
        "svg.fonttype": "none",
        "svg.hashsalt": "pullsim",
        "axes.unicode_minus": False,
    }


def _save(figure: Figure, path: Path) -> Path:
    kind = path.suffix[1:]
    metadata = {"png": {"Software": None}, "svg": {"Date": None}}[kind]
    figure.savefig(path, format=kind, dpi=DPI, metadata=metadata)
    return path


def builds_in_service(variants: Sequence[Variant], language: str = "en") -> Figure:
    """Pods that run each build over time, stacked, for each workload."""
    return _figure(
        variants, language, "builds_name", findings.builds, panels.builds, height=2.2
    )


def node_images(variants: Sequence[Variant], language: str = "en") -> Figure:
    """What each image name means on each node over time."""
    rows = max((panels.image_rows(v) for v in variants), default=1)
    return _figure(
        variants, language, "images_name", findings.images, panels.images, rows=rows
    )


def pod_phases(variants: Sequence[Variant], language: str = "en") -> Figure:
    """What each pod did: waiting reasons, then the build that runs."""
    rows = max((v[1].pods["pod"].nunique() for v in variants), default=1)
    return _figure(
        variants, language, "phases_name", findings.phases, panels.phases, rows=rows
    )


def pulls(variants: Sequence[Variant], language: str = "en") -> Figure:
    """Every pull and every back-off of each pod."""
    rows = max((v[1].pulls["pod"].nunique() for v in variants), default=1)
    return _figure(
        variants, language, "pulls_name", findings.pulls, panels.pulls, rows=rows
    )


def registry(variants: Sequence[Variant], language: str = "en") -> Figure:
    """Requests and bytes that the registries served, added up over time."""
    return _figure(
        variants,
        language,
        "registry_name",
        findings.traffic,
        panels.registry,
        height=1.9,
    )


CHARTS = {
    "builds-in-service": builds_in_service,
    "node-images": node_images,
    "pod-phases": pod_phases,
    "pulls-and-back-off": pulls,
    "registry-traffic": registry,
}


# --- the frame that all charts share ---


def _figure(
    variants: Sequence[Variant],
    language: str,
    name: str,
    finding: Finding,
    draw: Draw,
    *,
    rows: int = 0,
    height: float = 0.0,
) -> Figure:
    panel = height or 0.55 + 0.19 * min(max(rows, 2), MAX_ROWS + 1)
    count = len(variants)
    total = 1.55 + count * (panel + 0.75)
    left = 0.07 if height else _left_margin(variants)
    figure = Figure(figsize=(WIDTH_IN, total))
    FigureCanvasAgg(figure)
    looks = Looks(build for v in variants for build in v[1].service["build"])
    found = [(v[0], finding(v[1], v[2], language)) for v in variants]
    until = max(int(v[2]["until_us"]) for v in variants)
    legend: dict[str, Patch | Line2D] = {}
    for number, variant in enumerate(variants):
        bottom = 0.55 + (count - 1 - number) * (panel + 0.75)
        area = (left, bottom / total, 0.92 - left, panel / total)
        axes = figure.add_axes(area)
        for handle in draw(axes, variant, looks, language):
            legend.setdefault(str(handle.get_label()), handle)
        _time_axis(axes, until, last=number == count - 1, language=language)
        _marks(axes, variant, until, labelled=number == 0)
        heading = found[number][1]
        if count > 1:
            heading = findings.text(
                language, "of_variant", variant=variant[0], finding=heading
            )
        pad = 19 if number == 0 else 6
        axes.set_title(plain_text(heading), loc="left", fontsize=9.5, pad=pad)
    title = findings.title(found, language)
    figure.text(
        0.012, 1 - 0.30 / total, plain_text(title), fontsize=13, fontweight="bold"
    )
    subtitle = findings.text(language, name)
    story = str(variants[0][2].get("title", ""))
    figure.text(
        0.012,
        1 - 0.52 / total,
        plain_text(f"{subtitle} · {story}" if story else subtitle),
        fontsize=9,
        color=MARK_COLOUR,
    )
    if legend:
        figure.legend(
            handles=list(legend.values()),
            loc="upper left",
            bbox_to_anchor=(0.004, 1 - 0.58 / total),
            ncols=8,
            frameon=False,
            fontsize=8.5,
            handlelength=2.2,
            handleheight=1.2,
            columnspacing=1.6,
        )
    return figure


def _left_margin(variants: Sequence[Variant]) -> float:
    """Return the width, in parts of the figure, that the row labels need."""
    longest = 8
    for _, tables, _ in variants:
        longest = max([longest, *map(len, panels.pod_labels(tables).values())])
    return min(0.4, 0.02 + 0.0066 * longest)


def _time_axis(axes: Axes, until: int, *, last: bool, language: str) -> None:
    axes.set_xlim(0, until)
    axes.xaxis.set_major_locator(_minutes(until))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: format_time(int(value)))
    )
    axes.tick_params(axis="x", labelsize=8)
    if last:
        axes.set_xlabel(findings.text(language, "time_axis"), fontsize=8.5)


def _minutes(until: int) -> Any:
    from matplotlib.ticker import MultipleLocator  # noqa: PLC0415

    for step in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480):
        if until / (step * MINUTE) <= 8:
            return MultipleLocator(step * MINUTE)
    return MaxNLocator(8)


def _marks(axes: Axes, variant: Variant, until: int, *, labelled: bool) -> None:
    """Mark what was done from outside; numbers keep the labels apart."""
    marks = variant[1].marks
    last_x = -1.0
    for mark in marks.itertuples():
        where = float(mark.time_us)  # type: ignore[arg-type]
        axes.axvline(where, color=MARK_COLOUR, linewidth=0.9, linestyle=":", zorder=5)
        near = where - last_x < until * 0.02
        if labelled and not near:
            axes.text(
                where,
                1.015,
                plain_text(_short_mark(str(mark.kind), str(mark.text))),
                transform=axes.get_xaxis_transform(),
                fontsize=7.5,
                color=MARK_COLOUR,
                ha="left" if where < until * 0.8 else "right",
                va="bottom",
            )
        last_x = where


def _short_mark(kind: str, text: str) -> str:
    if kind == "KUBECTL":
        words = text.partition("kubectl ")[2].split()
        two = words[:1] in (["rollout"], ["set"], ["create"], ["delete"])
        verb = " ".join(words[: 2 if two else 1])
        return f"▾ {verb}"
    return "▾ " + {
        "TAG_PUSHED": "push",
        "NODE_DIED": "node dies",
        "REGISTRY_DOWN": "registry down",
        "REGISTRY_UP": "registry up",
        "SECRET_APPLIED": "secret",
        "SECRET_DELETED": "secret deleted",
        "NODE_COMMAND": "on a node",
        "TAG_DELETED": "tag deleted",
        "REGISTRY_SLOW": "registry slow",
        "REGISTRY_RESTORED": "registry as before",
    }.get(kind, kind.lower())
