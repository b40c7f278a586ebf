"""The frame that all charts share: panels, headings, time axis, marks, legend.

What a panel shows is drawn elsewhere (``panels``, ``bands``); ``charts`` says which
chart has which.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator, MultipleLocator

from sim.analysis.tables import Tables
from sim.report import bands, findings, panels
from sim.report.fonts import plain_text
from sim.report.marks import short_mark
from sim.report.panels import MAX_ROWS, Variant
from sim.report.style import MARK_COLOUR, Looks
from sim.units import MINUTE, SECOND, format_time

Handle = Patch | Line2D
Draw = Callable[[Axes, Variant, Looks, str], list[Handle]]
Finding = Callable[[Tables, dict[str, Any], str], str]

WIDTH_IN = 10.5
HEAD_IN, LONE_HEAD_IN, GAP_IN, LABELS_IN, FOOT_IN = 1.55, 1.3, 0.75, 0.3, 0.55
LETTER_IN = 0.06  # the width of a letter on a mark


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """What one chart draws in its panels, and the name of its subtitle.

    A panel is as high as its ``rows`` need, or ``height`` inches where heights are
    compared. ``left`` is the margin, in parts of the figure (0 = by the row labels).
    """

    name: str
    finding: Finding
    draw: Draw
    rows: int = 0
    height: float = 0.0
    left: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """Where panels stand: inches, but for ``left``, which is a part of the figure.

    ``labelled`` says of each panel whether its marks have labels.
    """

    head: float
    panel: float
    gap: float
    left: float
    labelled: tuple[bool, ...]

    @property
    def total(self) -> float:
        """Return the height of the figure."""
        count = len(self.labelled)
        return self.head + count * self.panel + (count - 1) * self.gap + FOOT_IN

    def area(self, number: int) -> tuple[float, float, float, float]:
        """Return left, bottom, width and height of a panel in parts of the figure."""
        below = len(self.labelled) - 1 - number
        bottom = FOOT_IN + below * (self.panel + self.gap)
        total = self.total
        return self.left, bottom / total, 0.92 - self.left, self.panel / total


def framed(chart: Chart, variants: Sequence[Variant], language: str) -> Figure:
    """Return a chart with a panel for each variant."""
    layout = _layout(chart, variants)
    figure = Figure(figsize=(WIDTH_IN, layout.total))
    FigureCanvasAgg(figure)
    found = [(v[0], chart.finding(v[1], v[2], language)) for v in variants]
    drawn = _draw_panels(figure, chart, variants, layout, language)
    if len(variants) > 1:  # the title speaks for a panel that is alone
        for axes, one, labelled in zip(drawn.axes, found, layout.labelled, strict=True):
            _set_heading(axes, one, language, labelled=labelled)
    if chart.height:
        _share_scales(figure.axes)
    _write_title(figure, findings.title(found, language), layout.total)
    story = str(variants[0][2].get("title", ""))
    subtitle = findings.text(language, chart.name)
    _write_subtitle(
        figure, f"{subtitle} · {story}" if story else subtitle, layout.total
    )
    if drawn.legend:
        _add_legend(figure, list(drawn.legend.values()), layout.total)
    return figure


def _layout(chart: Chart, variants: Sequence[Variant]) -> _Layout:
    labelled = tuple(
        n == 0 or not _same_acts(v, variants[0]) for n, v in enumerate(variants)
    )
    counting = 0.085 if bands.many_pods(variants) else 0.07
    return _Layout(
        head=HEAD_IN if len(variants) > 1 else LONE_HEAD_IN,
        panel=chart.height or 0.55 + 0.19 * min(max(chart.rows, 2), MAX_ROWS + 1),
        gap=GAP_IN + (LABELS_IN if any(labelled[1:]) else 0),
        left=chart.left or (counting if chart.height else _left_margin(variants)),
        labelled=labelled,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drawn:
    """The panels from the top down, and what their legends hold by label."""

    axes: list[Axes]
    legend: dict[str, Handle]


def _draw_panels(
    figure: Figure,
    chart: Chart,
    variants: Sequence[Variant],
    layout: _Layout,
    language: str,
) -> _Drawn:
    looks = Looks(b for v in variants for b in v[1].service["build"].unique())
    until = max(int(v[2]["until_us"]) for v in variants)
    drawn = _Drawn(axes=[], legend={})
    for number, variant in enumerate(variants):
        axes = figure.add_axes(layout.area(number))
        for handle in chart.draw(axes, variant, looks, language):
            drawn.legend.setdefault(str(handle.get_label()), handle)
        last = number == len(variants) - 1
        _time_axis(axes, until, last=last, language=language)
        _marks(axes, variant, until, labelled=layout.labelled[number])
        drawn.axes.append(axes)
    return drawn


def _set_heading(
    axes: Axes, found: tuple[str, str], language: str, *, labelled: bool
) -> None:
    """Write a variant and its finding over its panel, above the labels of marks."""
    variant, finding = found
    heading = findings.text(language, "of_variant", variant=variant, finding=finding)
    pad = 26 if labelled else 6
    axes.set_title(plain_text(heading), loc="left", fontsize=9.5, pad=pad)


def _write_title(figure: Figure, title: str, total: float) -> None:
    figure.text(
        0.012, 1 - 0.30 / total, plain_text(title), fontsize=13, fontweight="bold"
    )


def _write_subtitle(figure: Figure, subtitle: str, total: float) -> None:
    figure.text(
        0.012,
        1 - 0.52 / total,
        plain_text(subtitle),
        fontsize=9,
        color=MARK_COLOUR,
    )


def _add_legend(figure: Figure, handles: list[Handle], total: float) -> None:
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.004, 1 - 0.58 / total),
        ncols=8,
        frameon=False,
        fontsize=8.5,
        handlelength=2.2,
        handleheight=1.2,
        columnspacing=1.6,
    )


def _left_margin(variants: Sequence[Variant]) -> float:
    """Return the width, in parts of the figure, that the row labels need."""
    longest = 8
    for _, tables, _ in variants:
        longest = max([longest, *map(len, panels.pod_labels(tables).values())])
    return margin(longest)


def margin(letters: int) -> float:
    """Return the width, in parts of the figure, of a label of so many letters."""
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


def _minutes(until: int) -> Locator:
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
            _label(axes, label, where, row, right=right)
            free_from[row] = start + length


def _label(axes: Axes, label: str, where: float, row: int, *, right: bool) -> None:
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
