"""What a lesson shows: parts that a notebook draws as HTML, a terminal as text."""

import html
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

_CODE = "background:#f2f2f2;padding:0.7em;white-space:pre-wrap"


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """One line that is read first."""

    text: str

    def as_html(self) -> str:
        """Return the part for a notebook."""
        return f"<h4>{_marked(self.text)}</h4>"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """Running text; words in backticks are set as code."""

    text: str

    def as_html(self) -> str:
        """Return the part for a notebook."""
        return f"<p>{_marked(self.text)}</p>"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Rows of a mark and a text."""

    rows: tuple[tuple[str, str], ...]

    def as_html(self) -> str:
        """Return the part for a notebook."""
        rows = "".join(
            f"<tr><td style='text-align:left;vertical-align:top'><b>{_marked(mark)}</b>"
            f"</td><td style='text-align:left'>{_marked(text)}</td></tr>"
            for mark, text in self.rows
        )
        return f"<table>{rows}</table>"

    def __str__(self) -> str:
        return "\n".join(f"  {mark}  {text}" for mark, text in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """Text that keeps its columns."""

    text: str

    def as_html(self) -> str:
        """Return the part for a notebook."""
        return f"<pre style='{_CODE}'>{html.escape(self.text)}</pre>"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A chart as PNG, and what it says for those who do not see it."""

    png: bytes
    alt: str

    def as_html(self) -> str:
        """Return the part for a notebook."""
        data = b64encode(self.png).decode()
        alt = html.escape(self.alt, quote=True)
        source = f"data:image/png;base64,{data}"
        return f"<img style='max-width:100%' alt=\"{alt}\" src='{source}'>"

    def __str__(self) -> str:
        return f"[{self.alt}]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Parts below each other; the last value of a notebook's cell."""

    parts: Sequence[Heading | Paragraph | Listing | Code | Picture]

    def _repr_html_(self) -> str:
        return "".join(part.as_html() for part in self.parts)

    def __str__(self) -> str:
        return "\n".join(str(part) for part in self.parts)

    def __repr__(self) -> str:
        return str(self)


def _marked(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
