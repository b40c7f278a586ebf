"""One line on a terminal, seldom; nothing anywhere else."""

import io
from dataclasses import dataclass
from time import sleep

from sim.report.progress import CLEAR, Progress, stage
from sim.units import SECOND


@dataclass
class Halfway:
    """A run."""

    now_us: int = 600 * SECOND
    until_us: int = 1200 * SECOND
    pods_running: int = 1234


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_says_how_far_how_many_how_fast_and_how_long() -> None:
    """Half of the time in two seconds: two more."""
    stream, clock = io.StringIO(), Ticks()
    with Progress(stream, "[a] ", clock) as progress:
        clock.now = 2.0
        progress(Halfway())

    line = "[a] 10m of 20m, 1,234 pods run, 300 simulated s/s, 2 s left"
    assert stream.getvalue() == f"{CLEAR}{line}{CLEAR}"


def test_it_is_quiet_in_the_first_second_and_four_times_a_second_at_most() -> None:
    """Short runs say nothing; long ones do not flicker."""
    stream, clock = io.StringIO(), Ticks()
    with Progress(stream, clock=clock) as progress:
        for hundredth in range(300):
            clock.now = hundredth / 100
            progress(Halfway())

    assert stream.getvalue().count("pods run") == 8
    assert not io.StringIO().isatty()


def test_a_short_run_leaves_nothing_behind() -> None:
    """Not even the end of a line."""
    stream = io.StringIO()
    with Progress(stream, clock=Ticks()) as progress:
        progress(Halfway())

    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    """A terminal, and whether something was shown on it."""

    def isatty(self) -> bool:
        """Say that somebody looks."""
        return True


def test_a_stage_that_takes_long_has_a_line_while_it_lasts() -> None:
    """It is gone afterwards."""
    terminal = Terminal()

    with stage(terminal, "writing tables", after_s=0):
        while not terminal.getvalue():
            sleep(0.001)

    assert terminal.getvalue() == f"{CLEAR}writing tables{CLEAR}"


def test_a_short_stage_and_one_that_nobody_sees_say_nothing() -> None:
    """On a terminal, in a pipe, and where there is none."""
    terminal, pipe = Terminal(), io.StringIO()

    for stream in (terminal, pipe, None):
        with stage(stream, "writing tables", after_s=60):
            pass

    assert (terminal.getvalue(), pipe.getvalue()) == ("", "")
