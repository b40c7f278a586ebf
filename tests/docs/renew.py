"""Renew what is generated for readers: ``python -m tests.docs.renew``.

The README's outputs and its table of scenarios, the gallery and the JSON Schema come
from real runs and the code; ``test_readme.py`` and ``test_gallery.py`` fail when they
are stale.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from sim.scenario.schema.scenario import json_schema
from tests.conformance import measured
from tests.docs import gallery

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SCENARIOS = ROOT / "scenarios"


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


def block(text: str) -> str:
    """Text as a block of code."""
    return f"```text\n{text}\n```"


def parts() -> dict[str, str]:
    """Every generated part of the README by its name."""
    korean = output_of("run", "--lang", "ko").splitlines()
    return {
        "output": block(output_of("run")),
        "explain": block(output_of("explain", "deployment/web")),
        "scenarios": gallery.table(),
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


def write_schema() -> None:
    """Write the JSON Schema that editors read."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True)
    (ROOT / "sim" / "scenario.schema.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema()
    gallery.write()
    measured.main()
    README.write_text(
        replaced(README.read_text(encoding="utf-8"), parts()), encoding="utf-8"
    )
