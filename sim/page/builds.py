"""One short name and one look for each digest, the same in every view of a page."""

from collections.abc import Iterable, Sequence
from typing import Any

from sim.analysis.sentences import build_name, short_digest
from sim.report.style import OTHER_REASON, REASON_LOOKS, Looks


class Builds:
    """The digests of a run, numbered by first appearance as in its charts."""

    __slots__ = ("_digests", "_metas", "_numbers")

    def __init__(self, metas: Sequence[dict[str, Any]]) -> None:
        self._metas = metas
        self._digests: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, digest: str) -> int:
        """Return the number of a digest, giving it one if it is new."""
        if digest not in self._numbers:
            self._numbers[digest] = len(self._digests)
            self._digests.append(digest)
        return self._numbers[digest]

    def table(self) -> list[dict[str, str]]:
        """Return name, look and origin of every digest, in order of number."""
        names = self._names()
        looks = Looks(names)
        return [
            {
                "name": name,
                "colour": looks.build(name).colour,
                "hatch": looks.build(name).hatch,
                "digest": digest,
                "short": short_digest(digest),
                "image": self._image(digest),
            }
            for name, digest in zip(names, self._digests, strict=True)
        ]

    def _names(self) -> list[str]:
        """Return a name for each digest; where one build name means two, with more."""
        plain = [build_name(self._meta(d), d) for d in self._digests]
        named = [
            f"{name} ({self._image(digest).rpartition('/')[2] or short_digest(digest)})"
            if plain.count(name) > 1
            else name
            for name, digest in zip(plain, self._digests, strict=True)
        ]
        return [
            f"{name} {short_digest(digest)}" if named.count(name) > 1 else name
            for name, digest in zip(named, self._digests, strict=True)
        ]

    def _meta(self, digest: str) -> dict[str, Any]:
        known = (meta for meta in self._metas if digest in meta.get("builds", {}))
        return next(known, {})

    def _image(self, digest: str) -> str:
        builds = self._meta(digest).get("builds", {})
        return str(builds[digest]["image"]) if digest in builds else ""


def reason_looks(reasons: Iterable[str]) -> dict[str, list[str]]:
    """Return colour and hatch of each reason for waiting."""
    return {r: list(REASON_LOOKS.get(r, OTHER_REASON)) for r in dict.fromkeys(reasons)}
