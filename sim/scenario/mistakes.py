"""The mistakes of one scenario, noted while it is checked."""

from collections.abc import Sequence

from sim.errors import Fault, Place, did_you_mean
from sim.scenario.faults import Step, place_of
from sim.scenario.reader import Mapping, secret_values
from sim.scenario.secrets import without

MAX_LISTED = 12


class Mistakes:
    """Gathers faults in ``faults``; their texts hold nothing that is secret."""

    def __init__(self, tree: Mapping) -> None:
        self._tree = tree
        self.faults: list[Fault] = []
        self._hidden: set[str] | None = None  # gathered when there is a mistake

    def fault(self, message: str, *path: Step, about_a_name: bool = False) -> None:
        """Note a mistake at a path of the file."""
        if self._hidden is None:
            self._hidden = secret_values(self._tree)
        message = without(message, self._hidden)
        place = place_of(self._tree, path)
        self.faults.append(
            Fault(place=place, message=message, about_a_name=about_a_name)
        )

    def fault_at(self, place: Place, message: str) -> None:
        """Note a mistake at a place, be it in another file."""
        self.faults.append(Fault(place=place, message=message))

    def known(self, name: str, names: Sequence[str], what: str, *path: Step) -> None:
        """Note a fault unless a name is among these."""
        if name not in names:
            listed = ", ".join(names[:MAX_LISTED])
            listed += " …" if len(names) > MAX_LISTED else ""
            self.fault(
                f"no {what} {name!r}{did_you_mean(name, names)}; there are: "
                + (listed or "none"),
                *path,
                about_a_name=True,
            )
