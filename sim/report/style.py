"""How things look: colours and patterns that mean the same in every chart of a run.

Colours are Okabe and Ito's (safe for colour-blind eyes); a hatch tells builds apart
where colours come round again or are not seen at all. Reasons for waiting have looks
of their own, which no build has.
"""

import logging
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from matplotlib import font_manager

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
HANGUL_FONTS = ("NanumGothic", "NanumBarunGothic", "Noto Sans CJK KR", "Noto Sans KR")


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


def hangul_font() -> str | None:
    """Return an installed font with Hangul, or None."""
    return _known_hangul() or _find_hangul()


def _known_hangul() -> str | None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in HANGUL_FONTS if name in installed), None)


def _find_hangul() -> str | None:
    """Look for fonts that were installed after matplotlib made its list."""
    wanted = tuple(name.replace(" ", "").lower() for name in HANGUL_FONTS)
    for path in sorted(font_manager.findSystemFonts()):
        name = PurePath(path).stem.replace("-", "").lower()
        if name.startswith(wanted):
            font_manager.fontManager.addfont(path)
    return _known_hangul()


def plain_text(text: str) -> str:
    """Return text that matplotlib draws as it is: no mathematics, no odd glyphs."""
    kept = "".join(c if c.isprintable() and ord(c) < 0x10000 else "?" for c in text)
    return kept.replace("$", r"\$")


def quiet_fonts() -> None:
    """Let a missing glyph be a box without a word: names may hold any character."""
    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
