"""Predicted against measured: ``python -m tests.conformance.measured`` writes it anew.

A page with every row, and the summary and the chart that the README shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, Case, Step, read_folder
from tests.conformance.validation import Near, Within

HERE = Path(__file__).parent
PAGE = HERE / "MEASURED.md"
CHART = HERE / "predicted-and-measured.png"
TIMES = ("time", "makespan", "mean", "first")
TITLES = {
    "measured_single": "one pull",
    "measured_tags": "moved tags, layers reused",
    "measured_concurrent": "pulls at the same time",
    "measured_errors": "failures, retries, mirrors",
}
HEAD = """\
# Predicted and measured

Written by `python -m tests.conformance.measured`. Measured: containerd 1.6.20 and \
2.1.9 with distribution 2.8.2. Predicted: the runtime, registries and network of a \
simulation, with eight constants per runtime and storage and none for a single row. \
`of band` is how much of what a row may differ by is used up.

"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One row: what was predicted and measured; ``used`` is the part of its band."""

    case: Case
    steps: Sequence[Step]

    @property
    def agrees(self) -> bool:
        """Whether every step does."""
        return all(step.ours == step.theirs for step in self.steps)

    @property
    def used(self) -> float:
        """The most of any band, 0 where the answer has to be equal."""
        return max((_used(step) for step in self.steps), default=0.0)


def _used(step: Step) -> float:
    ours, theirs = step.ours, step.theirs
    if not isinstance(ours, int | float):
        return 0.0
    if isinstance(theirs, Near) and theirs.margin:
        return abs(ours - theirs.value) / theirs.margin
    if isinstance(theirs, Within):
        middle = (theirs.low + theirs.high) / 2
        return abs(ours - middle) / (theirs.high - middle)
    return 0.0


def compare(folder: Path = SHIPPED) -> list[Compared]:
    """Predict every measured row of a folder."""
    return [
        Compared(
            case=case,
            steps=[s for s in ADAPTERS[case.kind](case.data) if isinstance(s, Step)],
        )
        for case in read_folder(folder)
        if case.kind in TITLES
    ]


def summary(rows: Sequence[Compared]) -> str:
    """Return the table for the README: a line for each kind."""
    lines = ["| measured | rows | agree | median of band | most of band |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for kind, title in TITLES.items():
        own = [row for row in rows if row.case.kind == kind]
        used = [row.used for row in own if row.used]
        agree = sum(row.agrees for row in own)
        lines.append(
            f"| {title} | {len(own)} | {agree} | {median(used):.0%} | {max(used):.0%} |"
        )
    return "\n".join(lines)


def page(rows: Sequence[Compared], papers: Sequence[Case]) -> str:
    """Return the page with every row."""
    text = HEAD + summary(rows) + "\n"
    for kind, title in TITLES.items():
        own = [row for row in rows if row.case.kind == kind]
        text += f"\n## {title[0].upper()}{title[1:]}\n\n" + "\n".join(_table(own))
        text += "\n"
    text += (
        "\n## Published, not judged\n\n| row | source | why |\n| --- | --- | --- |\n"
    )
    for case in papers:
        text += f"| {case.id} | {case.data['source']} | {case.data['gate']} |\n"
    return text


def _table(rows: Sequence[Compared]) -> Iterator[str]:
    yield "| row | what | predicted | measured | of band |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for row in rows:
        for step in row.steps:
            ours, theirs = _shown(step.ours), _shown(step.theirs)
            used = _used(step)
            share = f"{used:.0%}" if used else ("" if step.ours == step.theirs else "!")
            yield f"| {row.case.id} | {step.where} | {ours} | {theirs} | {share} |"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return f"{len(value)} requests"
    return str(value)


def points(rows: Sequence[Compared]) -> Iterator[tuple[str, float, float, float]]:
    """Yield runtime, measured and predicted time and margin of the rows in seconds."""
    for row in rows:
        for step in row.steps:
            timed = step.where in TIMES or step.where.startswith("job")
            if timed and isinstance(step.theirs, Near):
                assert isinstance(step.ours, int | float)
                measured, margin = step.theirs.value, step.theirs.margin
                yield row.case.data["runtime"], measured, float(step.ours), margin


def draw(rows: Sequence[Compared], path: Path) -> None:
    """Draw predicted over measured times, with the bands."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy

    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.subplots()
    drawn = list(points(rows))
    for runtime, colour in (("1.6.20", "#0072B2"), ("2.1.9", "#D55E00")):
        own = [point for point in drawn if point[0] == runtime]
        axes.errorbar(
            [measured for _, measured, _, _ in own],
            [predicted for _, _, predicted, _ in own],
            xerr=[
                [min(margin, 0.9 * measured) for _, measured, _, margin in own],
                [margin for *_, margin in own],
            ],
            fmt="o",
            markersize=4,
            linewidth=0.8,
            color=colour,
            alpha=0.7,
            label=f"containerd {runtime}",
        )
    ends = (0.004, 100)
    axes.plot(ends, ends, color="0.5", linewidth=0.8, zorder=0)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.set_xlabel("measured, s (bars: the band of the row)")
    axes.set_ylabel("predicted, s")
    axes.set_title(f"Predicted and measured times of {len(drawn)} rows")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main() -> None:
    """Write the page and the chart."""
    rows = compare()
    papers = [case for case in read_folder(SHIPPED) if case.kind == "papers"]
    PAGE.write_text(page(rows, papers), encoding="utf-8")
    draw(rows, CHART)
    print(summary(rows))


if __name__ == "__main__":
    main()
