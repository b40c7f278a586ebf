"""Everything that pullsim raises for people.

::

    PullsimError
    ├── ScenarioError         one or more faults in what somebody wrote (exit code 2)
    ├── RunFolderError        a run folder is missing, incomplete or unreadable (2)
    ├── UnknownNameError      a pod, node, variant ... that the run does not have (2)
    └── NotPredictedError     an answer was asked for before a prediction was made

A failed pull is no error here: it is an outcome that the simulation records.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in what file something stands; lines and columns count from 1."""

    file: str
    line: int = 0
    column: int = 0
    source: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One mistake: where, what was found, what is allowed.

    ``about_a_name``: something is meant by a name that nothing has.
    """

    place: Place
    message: str
    about_a_name: bool = False

    def __str__(self) -> str:
        head = f"{self.place}: {self.message}"
        if not self.place.source:
            return head
        caret = " " * (self.place.column - 1) + "^"
        return f"{head}\n    {self.place.source}\n    {caret}"


class PullsimError(Exception):
    """The root of everything raised for people."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in place of a traceback (IPython asks)."""
        return str(self).splitlines()


class ScenarioError(PullsimError):
    """All faults of a scenario, gathered and shown together."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(
            sorted(faults, key=lambda f: (f.place.file, f.place.line, f.place.column))
        )
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RunFolderError(PullsimError):
    """A run folder cannot be read, or cannot be written."""


class UnknownNameError(PullsimError):
    """A name that the run does not know; the message lists or suggests known ones."""


class NotPredictedError(PullsimError):
    """A lesson's answer was asked for before a prediction was made."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""
