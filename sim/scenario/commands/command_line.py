"""Reading one command line: its words, its options, and what is said of a wrong one."""

import argparse
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


class CommandError(ValueError):
    """A line that cannot be carried out; the text says what is known."""


class Parser(argparse.ArgumentParser):
    """Options in any order; abbreviations are not understood."""

    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise ``CommandError``."""
        raise CommandError(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb(Generic[T]):
    """One command: its first words, what a right line looks like, who reads it."""

    words: tuple[str, ...]
    usage: str
    read: Callable[["Line"], T]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line with its time; ``words`` are those after the verb's."""

    text: str
    at_us: int
    words: tuple[str, ...]
    usage: str

    def wrong(self, why: str) -> CommandError:
        """Return an error that shows what a right line looks like."""
        return CommandError(f"{why}; expected: {self.usage}")

    def options(self, parser: Parser) -> argparse.Namespace:
        """Return the options; raises ``CommandError``."""
        try:
            return parser.parse_intermixed_args(list(self.words))
        except CommandError as error:
            raise self.wrong(str(error)) from error

    def without(self, secret: str) -> str:
        """Return the text for the record, with a password blotted out."""
        if not secret:
            return self.text
        before = r"(?:-p|password)[= ]*['\"]?|:"
        after = r"(?=['\"\s]|$)"
        return re.sub(f"({before}){re.escape(secret)}{after}", r"\1***", self.text)


def read(text: str, at_us: int, verbs: Sequence[Verb[T]]) -> T:
    """Return what a line asks for; raises ``CommandError``, listing what is known."""
    try:
        words = _flags_last(tuple(shlex.split(text)))
    except ValueError as error:
        raise CommandError(str(error)) from error
    for verb in verbs:
        count = len(verb.words)
        if words[:count] == verb.words:
            line = Line(text=text, at_us=at_us, words=words[count:], usage=verb.usage)
            return verb.read(line)
    raise unknown(text, [verb.usage for verb in verbs])


def _flags_last(words: tuple[str, ...]) -> tuple[str, ...]:
    """Put a namespace that stands before the verb behind it."""
    if words[1:2] in (("-n",), ("--namespace",)):
        return words[:1] + words[3:] + words[1:3]
    if words[1:2] and words[1].startswith("--namespace="):
        return words[:1] + words[2:] + words[1:2]
    return words


def unknown(text: str, usages: Sequence[str]) -> CommandError:
    """Return what is said of a line that looks like none of these."""
    return CommandError(f"{text!r} is not known; known are: {'; '.join(usages)}")
