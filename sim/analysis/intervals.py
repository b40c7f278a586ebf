"""Intervals from changes: what holds, from when to when."""

from typing import Any

Record = dict[str, Any]


class Intervals:
    """Open and closed intervals; a key is a group (a pod, a node) and a member."""

    __slots__ = ("_closed", "_open")

    def __init__(self) -> None:
        self._open: dict[str, dict[str, Record]] = {}
        self._closed: list[Record] = []

    def start(self, group: str, member: str, time_us: int, **columns: Any) -> None:
        """Begin an interval, ending the one of the same key."""
        self.end(group, member, time_us)
        one = {**columns, "start_us": time_us}
        self._open.setdefault(group, {})[member] = one

    def end(self, group: str, member: str, time_us: int) -> None:
        """End the interval of a key, if there is one."""
        known = self._open.get(group, {}).pop(member, None)
        if known is not None:
            self._close(known, time_us)

    def end_group(self, group: str, time_us: int) -> None:
        """End all intervals of a group."""
        for known in self._open.pop(group, {}).values():
            self._close(known, time_us)

    def _close(self, known: Record, time_us: int) -> None:
        self._closed.append({**known, "end_us": time_us, "open": False})

    def current(self, group: str, member: str) -> Record | None:
        """Return the open interval of a key."""
        return self._open.get(group, {}).get(member)

    def all(self, until_us: int) -> list[Record]:
        """Return every interval in order of its start; open ones end with the run."""
        rest = [
            {**known, "end_us": until_us, "open": True}
            for members in self._open.values()
            for known in members.values()
        ]
        return sorted([*self._closed, *rest], key=lambda one: one["start_us"])
