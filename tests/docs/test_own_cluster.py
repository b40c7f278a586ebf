"""The README's path from a saved cluster to what would drift, line by line."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "tests" / "unit" / "scenario" / "saved" / "cluster.json"
NEW_TAG = "deployment/shop/web"


def lines() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Your own cluster")[2]
    found = re.search(r"```\n(.*?)```", section, flags=re.DOTALL)
    assert found is not None
    return found[1].splitlines()


def run(line: str, folder: Path) -> str:
    """Run one line of the README in a scratch folder."""
    words = line.replace(".venv/bin/python", sys.executable)
    words = words.replace("deployment/NAMESPACE/NAME", NEW_TAG)
    done = subprocess.run(
        ["/bin/sh", "-c", words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_of_the_readme_say_what_would_drift(tmp_path: Path) -> None:
    """For kubectl there is a saved cluster; the other lines run as they stand."""
    kubectl, imported, simulated, explained = lines()
    target = kubectl.rpartition("> ")[2]
    assert kubectl.startswith("kubectl get nodes,pods,")
    shutil.copy(CLUSTER, tmp_path / target)

    assert "cluster.yaml written: 3 nodes" in run(imported, tmp_path)
    told = run(simulated, tmp_path)
    assert "shop/deployment/web" in told
    assert "runs/cluster-001" in told
    assert "builds are in service" in run(explained, tmp_path)


def test_a_pipe_will_do(tmp_path: Path) -> None:
    """``-`` is what kubectl prints."""
    told = run(
        f".venv/bin/python -m sim import - --out cluster.yaml < {CLUSTER}", tmp_path
    )

    assert "cluster.yaml written: 3 nodes" in told
    assert (tmp_path / "cluster.yaml").is_file()
