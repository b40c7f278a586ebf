"""Fields of one Kubernetes object by path; wrong types are faults with their place."""

from collections.abc import Sequence
from typing import Any

from sim.errors import Fault, Place
from sim.scenario.faults import Step, place_of
from sim.scenario.reader import Mapping, plain, secret_values
from sim.scenario.secrets import may_hold_one, without

_KINDS: dict[type, tuple[str, ...]] = {
    str: ("text",),
    int: ("a whole number",),
    bool: ("true or false",),
    dict: ("a map",),
    list: ("a list",),
}


class ObjectReader:
    """Reads fields of one object by path, noting wrong types as faults."""

    def __init__(self, tree: Mapping, faults: list[Fault]) -> None:
        self._tree = tree
        self._faults = faults
        self._value = plain(tree)

    def place(self, *path: Step) -> Place:
        """Where a field stands, or the nearest thing around it."""
        return place_of(self._tree, path)

    def fault(self, message: str, *path: Step) -> None:
        """Note a mistake at a field."""
        message = without(message, secret_values(self._tree))
        self._faults.append(Fault(place=self.place(*path), message=message))

    def get(self, kind: type, *path: Step) -> Any:
        """Return a field of this type, or None if it is absent or wrong."""
        value: Any = self._value
        for number, step in enumerate(path):
            if isinstance(value, list) and isinstance(step, int):
                value = value[step]
            elif isinstance(value, dict):
                value = value.get(step)
            elif value is not None:
                where = ".".join(str(s) for s in path[:number])
                self.fault(f"{where}: expected a map", *path[:number])
                return None
        wrong_bool = kind is int and isinstance(value, bool)
        if value is None or (isinstance(value, kind) and not wrong_bool):
            return value
        spoken = ".".join(str(s) for s in path)
        found = "" if may_hold_one(spoken) else f", found {value!r}"
        self.fault(f"{spoken}: expected {_KINDS[kind][0]}{found}", *path)
        return None

    def text(self, *path: Step, required: bool = False) -> str:
        """Return a text field, "" if absent."""
        value = self.get(str, *path)
        if required and not value and not self._wrong(path):
            spoken = ".".join(str(s) for s in path)
            kind = self._value.get("kind", "object")  # type: ignore[attr-defined]
            self.fault(f"{kind}: {spoken} is missing", *path[:-1])
        return value or ""

    def _wrong(self, path: tuple[Step, ...]) -> bool:
        """Whether a field was noted as wrong already."""
        place = self.place(*path)
        return any(fault.place == place for fault in self._faults)

    def number(self, *path: Step, default: int = 0) -> int:
        """Return a whole number that is not negative."""
        value = self.get(int, *path)
        if value is not None and value < 0:
            spoken = ".".join(str(s) for s in path)
            self.fault(f"{spoken}: must not be negative, found {value}", *path)
        return default if value is None else max(0, value)

    def flag(self, *path: Step) -> bool:
        """Return a boolean, False if absent."""
        return bool(self.get(bool, *path))

    def texts(self, *path: Step) -> dict[str, str]:
        """Return a map of texts."""
        value = self.get(dict, *path) or {}
        return {str(key): self.text(*path, key) for key in value}

    def names(self, *path: Step) -> tuple[str, ...]:
        """Return the names in a list of maps that each have one."""
        count = len(self.get(list, *path) or [])
        return tuple(self.text(*path, n, "name") for n in range(count))

    def choice(self, allowed: Sequence[str], *path: Step) -> str:
        """Return a text that is one of these; the first if absent or wrong."""
        value = self.text(*path)
        if value and value not in allowed:
            spoken = ".".join(str(step) for step in path)
            listed = ", ".join(allowed)
            self.fault(f"{spoken} {value!r}; allowed: {listed}", *path)
        return value if value in allowed else allowed[0]

    def int_or_percent(self, *path: Step, default: int | str = "25%") -> int | str:
        """Return a whole number or a percentage."""
        around = self.get(dict, *path[:-1]) or {}
        value = around.get(path[-1])
        if value is None:
            return default
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        percent = (
            isinstance(value, str) and value[:-1].isdecimal() and value[-1:] == "%"
        )
        if not (number or percent):
            spoken = ".".join(str(s) for s in path)
            self.fault(
                f"{spoken}: expected a number or a percentage, found {value!r}", *path
            )
            return default
        checked: int | str = value
        return checked
