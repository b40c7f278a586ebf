"""One act as it stands in a file: a time, a verb, and what goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.scenario.faults import Step
from sim.scenario.reader import Mapping
from sim.scenario.schema.timeline import ActionPart


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """An entry under ``timeline`` at ``path``, whose ``verb`` is a field of its part.

    ``timeline`` are all entries, this one among them, ``tree`` is the whole file.
    """

    part: ActionPart
    verb: str
    path: tuple[Step, ...]
    timeline: Sequence[ActionPart]
    tree: Mapping

    @property
    def here(self) -> tuple[Step, ...]:
        """Return the path of the verb."""
        return (*self.path, key_of(self.verb))

    @property
    def text(self) -> str:
        """Return what stands behind a verb that takes a text."""
        text = getattr(self.part, self.verb)
        assert isinstance(text, str), self.verb  # noqa: S101 - the schema has it so
        return text

    @property
    def end_us(self) -> int | None:
        """Return when it is over; None if it lasts."""
        lasts_us = self.part.down_for
        return None if lasts_us is None else self.part.at + lasts_us


def key_of(field: str) -> str:
    """Return the key that people write for a field of an act."""
    return ActionPart.model_fields[field].alias or field
