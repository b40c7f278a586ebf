"""Renew what is generated for readers: ``python -m tests.docs.renew``.

The README's outputs, its table of scenarios and its picture come from real runs;
``test_readme.py`` fails when they are stale.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from sim.report.charts import draw_all
from sim.runner import run_file
from sim.scenario.loader import load_scenario, summary
from sim.scenario.schema import json_schema
from tests.conformance import measured

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
GALLERY = ROOT / "scenarios" / "gallery"
SCENARIOS = ROOT / "scenarios"
PICTURE = "tag_mutation-builds-in-service.png"


def output_of(*words: str) -> str:
    """What the program prints, run from the project's folder into a scratch one."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        scenario = str(SCENARIOS / "tag_mutation.yaml")
        base = [sys.executable, "-m", "sim"]
        options = [word for word in words if word.startswith("--lang") or word == "ko"]
        first = subprocess.run(
            [*base, scenario, "--out", str(run), *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        shown = first
        if words[0] == "explain":
            shown = subprocess.run(
                [*base, "explain", str(run), *words[1:]],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
        return shown.stdout.replace(str(run), "runs/tag_mutation-001").rstrip()


def scenario_table() -> str:
    """A row for each scenario that ships."""
    rows = ["| scenario | its question |", "| --- | --- |"]
    for path in sorted(SCENARIOS.glob("*.yaml")):
        title, question = summary(path)
        rows.append(f"| `scenarios/{path.name}`<br>{title} | {question} |")
    return "\n".join(rows)


def block(text: str) -> str:
    """Text as a block of code."""
    return f"```text\n{text}\n```"


def parts() -> dict[str, str]:
    """Every generated part of the README by its name."""
    korean = output_of("run", "--lang", "ko").splitlines()
    return {
        "output": block(output_of("run")),
        "explain": block(output_of("explain", "deployment/web")),
        "scenarios": scenario_table(),
        "measured": measured.summary(measured.compare()),
        "output ko": block("\n".join(korean[:12])),
    }


def replaced(text: str, made: dict[str, str]) -> str:
    """The README with every generated part renewed."""
    for name, part in made.items():
        pattern = rf"(<!-- generated: {name} -->\n).*?(\n<!-- end -->)"
        escaped = part.replace("\\", "\\\\")
        text, count = re.subn(pattern, rf"\g<1>{escaped}\g<2>", text, flags=re.DOTALL)
        assert count == 1, f"the README has no part {name!r}"
    return text


def draw() -> None:
    """Draw the picture that the README shows."""
    run = run_file(load_scenario(SCENARIOS / "tag_mutation.yaml"))
    drawn = [(v.name, v.tables, v.meta) for v in run.variants]
    with tempfile.TemporaryDirectory() as folder:
        files = draw_all(drawn, Path(folder) / "charts")
        GALLERY.mkdir(exist_ok=True)
        for file in files:
            if file.stem == "builds-in-service":
                (GALLERY / PICTURE).write_bytes(file.read_bytes())


def write_schema() -> None:
    """Write the JSON Schema that editors read."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True)
    (ROOT / "sim" / "scenario.schema.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema()
    draw()
    measured.main()
    README.write_text(
        replaced(README.read_text(encoding="utf-8"), parts()), encoding="utf-8"
    )
