"""How things look: colours and patterns that mean the same in every chart of a run.

Colours are Okabe and Ito's (safe for colour-blind eyes); a hatch tells builds apart
where colours come round again or are not seen at all. Reasons for waiting have looks
of their own, which no build has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Okabe & Ito, Color Universal Design (2008), without black and yellow.
BUILD_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
BUILD_HATCHES = ("", "///", "...", "xx", "---", "\\\\\\")
REASON_LOOKS = {
    "ContainerCreating": ("#E5E5E5", ""),
    "PodInitializing": ("#D0D0D0", ""),
    "ErrImagePull": ("#B03A2E", ""),
    "ImagePullBackOff": ("#F1B7B0", "\\\\"),
    "ErrImageNeverPull": ("#6E2C00", "oo"),
    "InvalidImageName": ("#6C3483", ".."),
    "CrashLoopBackOff": ("#7D6608", "++"),
}
OTHER_REASON = ("#888888", "||")
PULL_LOOKS = {"pulled": "#4D4D4D", "failed": "#B03A2E", "unfinished": "#AAAAAA"}
MARK_COLOUR = "#555555"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A fill: colour and hatch."""

    colour: str
    hatch: str


class Looks:
    """The looks of builds, by order of first appearance."""

    def __init__(self, builds: Iterable[str]) -> None:
        self._order = list(dict.fromkeys(builds))

    def build(self, build: str) -> Look:
        """Return the look of a build."""
        if build not in self._order:
            self._order.append(build)
        number = self._order.index(build)
        colour = BUILD_COLOURS[number % len(BUILD_COLOURS)]
        turn = number + number // len(BUILD_COLOURS)
        return Look(colour=colour, hatch=BUILD_HATCHES[turn % len(BUILD_HATCHES)])

    @staticmethod
    def reason(reason: str) -> Look:
        """Return the look of a waiting reason."""
        colour, hatch = REASON_LOOKS.get(reason, OTHER_REASON)
        return Look(colour=colour, hatch=hatch)

    @property
    def builds(self) -> Sequence[str]:
        """All builds, in order."""
        return self._order
