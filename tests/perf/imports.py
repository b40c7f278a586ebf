"""What a run imports before it simulates, in CPU seconds of a fresh process."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
BEFORE_A_RUN = "import sim.cli, sim.scenario.loader, sim.simulation"
TIMES = 7


def fresh(program: str, **environment: str) -> str:
    """Run a program in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def measure_import() -> dict[str, object]:
    """Measure the import with the bytecode that Python keeps from the last time."""
    program = f"{BEFORE_A_RUN}\nimport time\nprint(time.process_time())"
    with tempfile.TemporaryDirectory() as folder:
        kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
        fresh(program, **kept)
        times = [float(fresh(program, **kept)) for _ in range(TIMES)]
    return {"case": "import", "cpu_s": round(median(times), 3)}
