"""The same scenario and seed give the same bytes, wherever they run."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.perf.cases import LARGE, small_sets

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, sys
from pathlib import Path
from sim.cluster.world import simulate
from sim.record.files import save_record
from sim.scenario.loader import load_scenario
for scenario in load_scenario(Path(sys.argv[1]), sets=sys.argv[3:]).variants:
    log, meta = simulate(scenario)
    path = Path(sys.argv[2]) / "record.zip"
    save_record(path, log, meta)
    print(scenario.variant, len(log), hashlib.sha256(path.read_bytes()).hexdigest())
"""
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))


def fingerprints(python: str, scenario: Path, folder: Path, hash_seed: str) -> str:
    """Run every variant in a process of its own; return names and hashes."""
    done = subprocess.run(
        [
            *(python, "-c", PROGRAM, str(scenario), str(folder)),
            *small_sets(scenario.stem),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_two_processes_give_the_same_bytes(scenario: Path, tmp_path: Path) -> None:
    """Another hash seed changes nothing."""
    first = fingerprints(sys.executable, scenario, tmp_path, "1")
    second = fingerprints(sys.executable, scenario, tmp_path, "2")

    assert first == second
    hashes = {line.split()[-1] for line in first.splitlines()}
    assert len(hashes) > 1 or scenario == LARGE


@pytest.mark.slow
def test_another_python_gives_the_same_bytes(tmp_path: Path) -> None:
    """A newer Python, in an environment of its own, writes the same record."""
    newer = _newer_python()
    if newer is None:
        pytest.skip("no newer Python is installed here")
    environment = tmp_path / "env"
    subprocess.run([newer, "-m", "venv", str(environment)], check=True)
    python = str(environment / "bin" / "python")
    constraints = str(ROOT / "constraints.txt")
    subprocess.run(
        [
            *(python, "-m", "pip", "install", "-q", "-c", constraints),
            *("simpy", "pydantic", "PyYAML", "numpy"),
        ],
        check=True,
        capture_output=True,
    )

    for scenario in SCENARIOS:
        ours = fingerprints(sys.executable, scenario, tmp_path, "0")
        theirs = fingerprints(python, scenario, tmp_path, "0")

        assert ours == theirs


def _newer_python() -> str | None:
    """Return the path of a Python newer than this one, or None."""
    own = sys.version_info[:2]
    homes = [Path(found).parent for found in [shutil.which("python3")] if found]
    homes += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    for minor in range(own[1] + 4, own[1], -1):
        for home in homes:
            candidate = home / f"python3.{minor}"
            if candidate.is_file() and "shims" not in str(candidate):
                return str(candidate)
    return None


def test_another_seed_gives_another_run(tmp_path: Path) -> None:
    """The seed matters: names and times differ."""
    from sim.cluster.world import simulate  # noqa: PLC0415
    from sim.record.files import save_record  # noqa: PLC0415
    from sim.scenario.loader import load_scenario  # noqa: PLC0415

    hashes = set()
    for seed in (1, 2):
        scenario = load_scenario(SCENARIOS[0], seed=seed).variants[0]
        log, meta = simulate(scenario)
        save_record(tmp_path / "r.zip", log, meta)
        data = (tmp_path / "r.zip").read_bytes()
        hashes.add(hashlib.sha256(data).hexdigest())

    assert len(hashes) == 2
