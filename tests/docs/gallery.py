"""The gallery: one picture for each scenario that ships, and what it shows.

Pictures differ between versions of matplotlib; ``gallery.json`` keeps the facts behind
them: the scenario and its files, the chart, and what each of its panels says.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from sim.report import findings
from sim.report.charts import draw_one
from sim.report.panels import Variant
from sim.runner import run_file
from sim.scenario.loader import load_scenario, summary
from tests.perf.cases import small_sets

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
FOLDER = SCENARIOS / "gallery"
FACTS = FOLDER / "gallery.json"
PAGE = FOLDER / "README.md"
COLOURS = 96
HEAD = """\
# Gallery

What each scenario asks, and the chart that answers it best.
A run leaves five charts in its folder; `python -m tests.docs.renew` draws these.
"""
FINDINGS = {
    "builds-in-service": findings.builds,
    "node-images": findings.images,
    "pod-phases": findings.phases,
    "pulls-and-back-off": findings.pulls,
    "registry-traffic": findings.traffic,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """Which chart answers a scenario; ``without`` are variants that it leaves out."""

    chart: str
    without: tuple[str, ...] = ()


# Waiting and running pods say most, unless builds or images are what it is about.
USUAL = Picture(chart="pod-phases")
PICTURES = {
    "hello": Picture(chart="registry-traffic"),
    "image_gc": Picture(chart="node-images"),
    "image_wave": Picture(chart="registry-traffic"),
    "large_cluster": Picture(chart="builds-in-service"),
    "microservices": Picture(chart="pod-phases", without=("parallel pulls",)),
    "prepulled_drift": Picture(chart="builds-in-service"),
    "pull_backoff": Picture(chart="pulls-and-back-off"),
    "rate_limit": Picture(chart="pulls-and-back-off", without=("IfNotPresent",)),
    "rollback": Picture(chart="builds-in-service"),
    "tag_mutation": Picture(chart="builds-in-service"),
}


def scenarios() -> list[Path]:
    """Every scenario that ships."""
    return sorted(SCENARIOS.glob("*.yaml"))


def picture(path: Path) -> Path:
    """Where the picture of a scenario is."""
    return FOLDER / f"{path.stem}.png"


def shown(path: Path) -> tuple[Picture, list[Variant]]:
    """Run a scenario, a large one smaller: its picture, and the variants it draws."""
    wanted = PICTURES.get(path.stem, USUAL)
    run = run_file(load_scenario(path, sets=small_sets(path.stem)))
    drawn = [(v.name, v.tables, v.meta) for v in run.variants]
    return wanted, [one for one in drawn if one[0] not in wanted.without]


def facts(wanted: Picture, drawn: list[Variant]) -> dict[str, Any]:
    """What a picture shows: the chart, and what each panel says."""
    finding = FINDINGS[wanted.chart]
    return {
        "chart": wanted.chart,
        "panels": {name: finding(tables, meta, "en") for name, tables, meta in drawn},
    }


def fingerprint(path: Path) -> str:
    """A digest of a scenario, and of the manifests that it and others name."""
    files = [path, *sorted((SCENARIOS / "manifests").rglob("*.yaml"))]
    named = path.read_text(encoding="utf-8")
    used = [f for f in files if f == path or f"manifests/{_part(f)}" in named]
    return sha256(b"\0".join(f.read_bytes() for f in used)).hexdigest()


def _part(file: Path) -> str:
    return file.relative_to(SCENARIOS / "manifests").parts[0]


def known() -> dict[str, Any]:
    """The facts behind the pictures that are there."""
    found: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return found


def page() -> str:
    """The gallery's page: question, picture, command."""
    parts = [HEAD]
    for path in scenarios():
        title, question = summary(path)
        question += _smaller(path)
        parts.append(
            f"## {title}\n\n{question}\n\n"
            f"![{alternative(path)}]({picture(path).name})\n\n"
            f"```\n.venv/bin/python -m sim scenarios/{path.name}\n```\n"
        )
    return "\n".join(parts)


def _smaller(path: Path) -> str:
    return " (The picture is of 10 nodes.)" if small_sets(path.stem) else ""


def alternative(path: Path) -> str:
    """A picture in words: what its panels say."""
    panels = known()[path.stem]["panels"]
    return "; ".join(f"{name}: {finding}" for name, finding in panels.items())


def table() -> str:
    """The README's table: a picture, a question and a file in each row."""
    rows = ["| the answer | scenario and question |", "| --- | --- |"]
    for path in scenarios():
        title, question = summary(path)
        question += _smaller(path)
        source = picture(path).relative_to(ROOT)
        image = f'<img src="{source}" width="320" alt="{alternative(path)}">'
        link = f"[{image}](scenarios/gallery/README.md)"
        rows.append(
            f"| {link} | **{title}**<br>{question}<br>`scenarios/{path.name}` |"
        )
    return "\n".join(rows)


def write() -> None:
    """Draw every picture anew, and write the facts and the page."""
    for old in FOLDER.glob("*.png"):
        old.unlink()
    found = {}
    for path in scenarios():
        wanted, drawn = shown(path)
        picture(path).write_bytes(_small(draw_one(wanted.chart, drawn)))
        found[path.stem] = {"scenario": fingerprint(path), **facts(wanted, drawn)}
    text = json.dumps(found, indent=2, ensure_ascii=False)
    FACTS.write_text(text + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def _small(png: bytes) -> bytes:
    """A PNG with few colours: flat areas need no more."""
    data = BytesIO()
    image = Image.open(BytesIO(png)).convert("RGB")
    image.quantize(COLOURS).save(data, format="png", optimize=True)
    return data.getvalue()
