"""The texts of a record, each kept once."""

from collections.abc import Callable

NOTHING = -1  # the number of no text


class _Ids(dict[str, int]):
    """Text -> number; a text that is asked for the first time gets the next one."""

    __slots__ = ("texts",)

    def __init__(self, texts: list[str]) -> None:
        super().__init__((text, number) for number, text in enumerate(texts))
        self[""] = NOTHING
        self.texts = texts

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self.texts)
        self.texts.append(text)
        return number


class Names:
    """Text to number and back; numbers count up in order of first use.

    ``id(text)`` returns the number of a text, giving it one if it is new; "" is -1.
    It is the dict's own method: a run asks it for several names a row.
    """

    __slots__ = ("_ids", "id", "texts")

    def __init__(self, texts: list[str] | None = None) -> None:
        self.texts = texts or []
        self._ids = _Ids(self.texts)
        self.id: Callable[[str], int] = self._ids.__getitem__

    def find(self, text: str) -> int | None:
        """Return the number of a known text, or None."""
        return self._ids.get(text) if text else None

    def text(self, number: int) -> str:
        """Return the text of a number; -1 is ""."""
        return self.texts[number] if number >= 0 else ""
