"""Ctrl-C ends a long run at once and leaves nothing behind."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.perf.cases import LARGE, large_sets

ROOT = Path(__file__).parents[2]
PATIENCE_S = 10  # within 1 s where nothing else runs
# A run that stays where one of its parts has been done, and says so.
STAYS = """
import sys, time
import {module}

real = {module}.{function}

def stays(*values, **named):
    result = real(*values, **named)
    {report}
    time.sleep({seconds})
    return result

{module}.{function} = stays
from sim.cli import main

sys.argv[1:] = ["scenarios/hello.yaml", "--out", {out!r}]
raise SystemExit(main())
"""
PARTS = {
    "simulation": ("sim.simulation", "simulate"),
    "tables": ("sim.runner", "derive"),
    "record": ("sim.runner", "save_record"),
    "lines": ("sim.runner", "save_jsonl"),
    "CSV": ("sim.runner", "save_tables"),
    "charts": ("sim.report.charts", "draw_all"),
    "page": ("sim.run_page", "page_of"),
    "summary": ("sim.report.terminal", "summary"),
}


def program(part: str, out: Path, *, seconds: float, report: str) -> list[str]:
    """Return the command of a run that stays after a part."""
    module, function = PARTS[part]
    text = STAYS.format(
        module=module, function=function, out=str(out), seconds=seconds, report=report
    )
    return [sys.executable, "-c", text]


@pytest.mark.parametrize("part", [part for part in PARTS if part != "summary"])
def test_ctrl_c_ends_every_part_of_a_run(part: str, tmp_path: Path) -> None:
    """Whatever was written so far is gone; one line says so, and no traceback."""
    told = "print('here', flush=True)"
    run = subprocess.Popen(
        program(part, tmp_path / "out", seconds=60, report=told),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "here\n"
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    printed, errors = run.communicate(timeout=60)

    assert run.returncode == 130
    assert (printed, errors) == ("", "interrupted; nothing was written\n")
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - began < PATIENCE_S


def test_ctrl_c_leaves_a_run_that_is_complete(tmp_path: Path) -> None:
    """What was still to be said is not; where the run is, is."""
    out = tmp_path / "out"
    told = "print('here', flush=True)"
    run = subprocess.Popen(
        program("summary", out, seconds=60, report=told),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "here\n"
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)

    assert run.returncode == 130
    assert errors == f"interrupted; the run is in {out}\n"
    assert (out / "run.json").is_file()


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("tables", b"making tables"),
        ("lines", b"writing the record"),
        ("CSV", b"writing tables"),
        ("charts", b"drawing charts"),
        ("page", b"making the page"),
    ],
)
def test_a_terminal_shows_what_takes_long(
    part: str, line: bytes, tmp_path: Path
) -> None:
    """A part that lasts for more than a second has a line, which is gone after it."""
    main, side = pty.openpty()
    command = program(part, tmp_path / "out", seconds=2, report="pass")
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=side)
    os.close(side)
    shown = b""
    while line not in shown:
        shown += os.read(main, 1000)
    printed, _ = run.communicate(timeout=60)
    after = os.read(main, 1000)

    assert run.returncode == 0
    assert after.startswith(b"\r\x1b[K")
    assert b"Answer" in printed
    os.close(main)


def test_a_pipe_shows_nothing_of_what_takes_long(tmp_path: Path) -> None:
    """Nobody looks."""
    command = program("tables", tmp_path / "out", seconds=1.5, report="pass")

    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)

    assert done.stderr == b""


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
    assert time.monotonic() - began < PATIENCE_S
    os.close(main)
    os.close(side)
