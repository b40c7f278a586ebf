"""What matplotlib writes with: a font for Hangul, and texts without surprises."""

import logging
import warnings
from pathlib import PurePath

from matplotlib import font_manager

HANGUL_FONTS = ("NanumGothic", "NanumBarunGothic", "Noto Sans CJK KR", "Noto Sans KR")


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
