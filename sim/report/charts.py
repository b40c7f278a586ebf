"""Charts of a run: one function a chart, variants as panels of one figure.

Every panel says its own finding; acts from outside are marked on the time axis.
A run with too many rows shows some of them, a large one lanes of counts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from sim.report import bands, findings, panels
from sim.report.fonts import hangul_font, quiet_fonts
from sim.report.frame import Chart, framed, margin
from sim.report.panels import Variant
from sim.report.style import MARK_COLOUR

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
    chart = Chart(name="builds_name", finding=findings.builds, draw=draw, height=2.2)
    return framed(chart, variants, language)


def node_images(variants: Sequence[Variant], language: str = "en") -> Figure:
    """What each image name means on each node over time."""
    if bands.many_images(variants):
        return _lanes(variants, language, "images", bands.lanes_of_images(variants))
    rows = max((panels.image_rows(v) for v in variants), default=1)
    chart = Chart(
        name="images_name", finding=findings.images, draw=panels.images, rows=rows
    )
    return framed(chart, variants, language)


def pod_phases(variants: Sequence[Variant], language: str = "en") -> Figure:
    """What each pod did: waiting reasons, then the build that runs."""
    if bands.many_pods(variants):
        return _lanes(variants, language, "phases", bands.lanes_of_workloads(variants))
    rows = max((v[1].pods["pod"].nunique() for v in variants), default=1)
    chart = Chart(
        name="phases_name", finding=findings.phases, draw=panels.phases, rows=rows
    )
    return framed(chart, variants, language)


def pulls(variants: Sequence[Variant], language: str = "en") -> Figure:
    """Every pull and every back-off of each pod."""
    if bands.many_pulls(variants):
        return _lanes(variants, language, "pulls", bands.lanes_of_workloads(variants))
    rows = max((v[1].pulls["pod"].nunique() for v in variants), default=1)
    chart = Chart(
        name="pulls_name", finding=findings.pulls, draw=panels.pulls, rows=rows
    )
    return framed(chart, variants, language)


def registry(variants: Sequence[Variant], language: str = "en") -> Figure:
    """Requests and bytes that the registries served, added up over time."""
    chart = Chart(
        name="registry_name",
        finding=findings.traffic,
        draw=panels.registry,
        height=1.9,
    )
    return framed(chart, variants, language)


def _lanes(variants: Sequence[Variant], language: str, what: str, rows: int) -> Figure:
    """Return a chart of a large run."""
    labels = (label for v in variants for label in bands.labels(what, v))
    longest = max(labels, key=len, default="")
    chart = Chart(
        name=f"{what}_lanes",
        finding=getattr(findings, what),
        draw=getattr(bands, what),
        rows=rows,
        left=margin(len(longest)),
    )
    return framed(chart, variants, language)


CHARTS = {
    "builds-in-service": builds_in_service,
    "node-images": node_images,
    "pod-phases": pod_phases,
    "pulls-and-back-off": pulls,
    "registry-traffic": registry,
}
