"""Charts of a run: one function a chart, variants as panels of one figure.

Every panel says its own finding; acts from outside are marked on the time axis.
A run with too many rows shows some of them, a large one lanes of counts.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
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
from sim.report import bands, findings, panels
from sim.report.fonts import hangul_font, plain_text, quiet_fonts
from sim.report.marks import short_mark
from sim.report.panels import MAX_ROWS, Variant
from sim.report.style import MARK_COLOUR, Looks
from sim.units import MINUTE, SECOND, format_time

Draw = Callable[[Axes, Variant, Looks, str], list[Patch | Line2D]]
Finding = Callable[[Tables, dict[str, Any], str], str]

WIDTH_IN = 10.5
HEAD_IN, LONE_HEAD_IN, GAP_IN, LABELS_IN, FOOT_IN = 1.55, 1.3, 0.75, 0.3, 0.55
LETTER_IN = 0.06  # the width of a letter on a mark
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
    with _speaking(language) as spoken:
        for name in CHARTS:
            figure = _drawn(name, variants, language, spoken)
            written += [_save(figure, folder / f"{name}.{kind}") for kind in formats]
    return written


def draw_one(name: str, variants: Sequence[Variant], *, language: str = "en") -> bytes:
    """Return one chart as PNG."""
    png = BytesIO()
    with _speaking(language) as spoken:
        figure = _drawn(name, variants, language, spoken)
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    return png.getvalue()


@contextmanager
def _speaking(language: str) -> Iterator[str]:
    """Set fonts, and yield the language that they can write."""
    with mpl.rc_context(_settings(language)):
        quiet_fonts()
        yield "en" if language == "ko" and hangul_font() is None else language


def _drawn(
    name: str, variants: Sequence[Variant], language: str, spoken: str
) -> Figure:
    figure = CHARTS[name](variants, spoken)
    if spoken != language:
        note = findings.text(language, "no_hangul")
        figure.text(0.01, 0.005, note, fontsize=7, color=MARK_COLOUR)
    return figure


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
    draw = bands.builds if bands.many_pods(variants) else panels.builds
    return _figure(variants, language, "builds_name", findings.builds, draw, height=2.2)


def node_images(variants: Sequence[Variant], language: str = "en") -> Figure:
    """What each image name means on each node over time."""
    if bands.many_images(variants):
        return _lanes(variants, language, "images", bands.lanes_of_images(variants))
    rows = max((panels.image_rows(v) for v in variants), default=1)
    return _figure(
        variants, language, "images_name", findings.images, panels.images, rows=rows
    )


def pod_phases(variants: Sequence[Variant], language: str = "en") -> Figure:
    """What each pod did: waiting reasons, then the build that runs."""
    if bands.many_pods(variants):
        return _lanes(variants, language, "phases", bands.lanes_of_workloads(variants))
    rows = max((v[1].pods["pod"].nunique() for v in variants), default=1)
    return _figure(
        variants, language, "phases_name", findings.phases, panels.phases, rows=rows
    )


def pulls(variants: Sequence[Variant], language: str = "en") -> Figure:
    """Every pull and every back-off of each pod."""
    if bands.many_pulls(variants):
        return _lanes(variants, language, "pulls", bands.lanes_of_workloads(variants))
    rows = max((v[1].pulls["pod"].nunique() for v in variants), default=1)
    return _figure(
        variants, language, "pulls_name", findings.pulls, panels.pulls, rows=rows
    )


def _lanes(variants: Sequence[Variant], language: str, what: str, rows: int) -> Figure:
    """Return a chart of a large run."""
    finding: Finding = getattr(findings, what)
    draw: Draw = getattr(bands, what)
    labels = (label for v in variants for label in bands.labels(what, v))
    longest = max(labels, key=len, default="")
    return _figure(
        variants,
        language,
        f"{what}_lanes",
        finding,
        draw,
        rows=rows,
        left=_margin(len(longest)),
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
    left: float = 0.0,
) -> Figure:
    panel = height or 0.55 + 0.19 * min(max(rows, 2), MAX_ROWS + 1)
    count = len(variants)
    head = HEAD_IN if count > 1 else LONE_HEAD_IN
    labelled = [
        n == 0 or not _same_acts(v, variants[0]) for n, v in enumerate(variants)
    ]
    gap = GAP_IN + (LABELS_IN if any(labelled[1:]) else 0)
    total = head + count * panel + (count - 1) * gap + FOOT_IN
    counting = 0.085 if bands.many_pods(variants) else 0.07
    left = left or (counting if height else _left_margin(variants))
    figure = Figure(figsize=(WIDTH_IN, total))
    FigureCanvasAgg(figure)
    looks = Looks(b for v in variants for b in v[1].service["build"].unique())
    found = [(v[0], finding(v[1], v[2], language)) for v in variants]
    until = max(int(v[2]["until_us"]) for v in variants)
    legend: dict[str, Patch | Line2D] = {}
    for number, variant in enumerate(variants):
        bottom = FOOT_IN + (count - 1 - number) * (panel + gap)
        area = (left, bottom / total, 0.92 - left, panel / total)
        axes = figure.add_axes(area)
        for handle in draw(axes, variant, looks, language):
            legend.setdefault(str(handle.get_label()), handle)
        _time_axis(axes, until, last=number == count - 1, language=language)
        _marks(axes, variant, until, labelled=labelled[number])
        if count > 1:  # the title speaks for a panel that is alone
            heading = findings.text(
                language, "of_variant", variant=variant[0], finding=found[number][1]
            )
            pad = 26 if labelled[number] else 6
            axes.set_title(plain_text(heading), loc="left", fontsize=9.5, pad=pad)
    if height:
        _share_scales(figure.axes)
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
    return _margin(longest)


def _margin(letters: int) -> float:
    return min(0.4, 0.02 + 0.0066 * letters)


def _share_scales(panels_and_twins: Sequence[Axes]) -> None:
    """Give the panels one scale, and their right axes one: heights are compared."""
    for side in ("left", "right"):
        same = [
            axes for axes in panels_and_twins if axes.yaxis.get_label_position() == side
        ]
        top = max((axes.get_ylim()[1] for axes in same), default=1.0)
        for axes in same:
            axes.set_ylim(0, top)


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

    minutes = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480)
    for step in (5 * SECOND, 15 * SECOND, *(m * MINUTE for m in minutes)):
        if until / step <= 8:
            return MultipleLocator(step)
    return MaxNLocator(8)


def _same_acts(one: Variant, other: Variant) -> bool:
    """Whether the same was done to both at the same times."""
    acts = [
        [
            (mark.time_us, short_mark(str(mark.kind), str(mark.text)))
            for mark in variant[1].marks.itertuples()
        ]
        for variant in (one, other)
    ]
    return acts[0] == acts[1]


def _marks(axes: Axes, variant: Variant, until: int, *, labelled: bool) -> None:
    """Mark what was done from outside; a label that would cover another is left out."""
    width = axes.get_position().width * WIDTH_IN
    free_from = [0.0, 0.0]  # two rows of labels
    told: set[tuple[float, str]] = set()
    for mark in variant[1].marks.itertuples():
        where = float(mark.time_us)  # type: ignore[arg-type]
        axes.axvline(where, color=MARK_COLOUR, linewidth=0.9, linestyle=":", zorder=5)
        label = plain_text(short_mark(str(mark.kind), str(mark.text)))
        if (where, label) in told:
            continue  # the same, done to several
        told.add((where, label))
        length = until * LETTER_IN * (len(label) + 1) / width
        right = where + length > until
        start = where - length if right else where
        row = next((r for r, free in enumerate(free_from) if start >= free), None)
        if labelled and row is not None:
            axes.annotate(
                label,
                (where, 1.0),
                (0, 3 + 10 * row),
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                fontsize=7.5,
                color=MARK_COLOUR,
                ha="right" if right else "left",
            )
            free_from[row] = start + length
