"""Ctrl-C ends a long run at once and leaves nothing behind."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.perf.cases import LARGE, large_sets

ROOT = Path(__file__).parents[2]


def test_ctrl_c_ends_a_run_and_nothing_is_half_written(tmp_path: Path) -> None:
    """Exit code 130; the progress shows on the terminal, and only there."""
    out = tmp_path / "out"
    sets = [word for one in large_sets(300) for word in ("--set", one)]
    main, side = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "sim", str(LARGE), *sets, "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=side,
    )
    shown = b""
    while b"pods run" not in shown:
        shown += os.read(main, 1000)
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    printed, _ = run.communicate(timeout=60)

    assert run.returncode == 130
    assert printed == b""
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - began < 10  # within 1 s where nothing else runs
    os.close(main)
    os.close(side)
