"""How far a long run has come: one line on a terminal, rewritten in place.

The only thing here that knows the wall clock. It says nothing in the first second, so
short runs stay quiet, and nothing where nobody looks: in a pipe or a file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from time import monotonic
from typing import Protocol, Self, TextIO

from sim.units import SECOND, format_time

PERIOD_S = 0.25
FIRST_S = 1.0
CLEAR = "\r\x1b[K"


class Running(Protocol):
    """A simulation, as far as its progress goes; times are microseconds."""

    @property
    def now_us(self) -> int:
        """The simulated time."""

    @property
    def until_us(self) -> int:
        """When the run ends."""

    @property
    def pods_running(self) -> int:
        """How many pods run."""


class Progress:
    """Writes the line at most four times a second; ``clock`` counts seconds.

    Use it as a context: the line is gone afterwards, however the run ended.
    """

    __slots__ = ("_began", "_clock", "_label", "_last", "_shown", "_stream")

    def __init__(
        self, stream: TextIO, label: str = "", clock: Callable[[], float] = monotonic
    ) -> None:
        self._stream = stream
        self._label = label
        self._clock = clock
        self._began = clock()
        self._last = self._began + FIRST_S - PERIOD_S
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()

    def __call__(self, run: Running) -> None:
        """Look at a run, and say how far it is if the last time was a while ago."""
        now = self._clock()
        if now - self._last < PERIOD_S:
            return
        self._last = now
        self._shown = True
        self._stream.write(CLEAR + self._line(run, now - self._began))
        self._stream.flush()

    def _line(self, run: Running, passed_s: float) -> str:
        done = run.now_us / run.until_us
        rate = run.now_us / SECOND / passed_s
        left = f", {passed_s / done - passed_s:.0f} s left" if done else ""
        return (
            f"{self._label}{format_time(run.now_us)} of {format_time(run.until_us)}, "
            f"{run.pods_running:,} pods run, {rate:,.0f} simulated s/s{left}"
        )


@contextmanager
def stage(
    terminal: TextIO | None, text: str, *, after_s: float = FIRST_S
) -> Iterator[None]:
    """Say what is being done after the simulation, if it takes more than a second.

    The line is gone afterwards, however the stage ended.
    """
    if terminal is None or not terminal.isatty():
        yield
        return
    stream, shown = terminal, []

    def show() -> None:
        shown.append(text)
        stream.write(CLEAR + text)
        stream.flush()

    timer = Timer(after_s, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if shown:
            stream.write(CLEAR)
            stream.flush()
