"""A run is the same run in every process."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sim.scenario import model
from tests.properties.strategies import scenarios

ROOT = Path(__file__).parents[2]
PROGRAM = """
import pickle, sys
from hashlib import sha256
from pathlib import Path
from sim.cluster.world import simulate
from sim.record.files import save_record
path = Path(sys.argv[1])
for scenario in pickle.load(sys.stdin.buffer):
    save_record(path, *simulate(scenario))
    print(sha256(path.read_bytes()).hexdigest())
"""


def fingerprints(drawn: list[model.Scenario], folder: Path, hash_seed: str) -> str:
    """Run scenarios in a process of their own; return the hash of each record."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder / "record.zip")],
        input=pickle.dumps(drawn),
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
# Every attempt to shrink a failure would cost two processes.
@settings(max_examples=2, phases=[Phase.generate])
@given(st.lists(scenarios(), min_size=10, max_size=10))
def test_another_hash_seed_gives_the_same_bytes(drawn: list[model.Scenario]) -> None:
    """The same scenario and seed give the same record, byte for byte."""
    with TemporaryDirectory() as folder:
        first, second = (fingerprints(drawn, Path(folder), seed) for seed in "12")

    assert first == second
    assert len(first.split()) == len(drawn)
