"""The nodes of a scenario: their groups, those that are added later, and their names.

What a group's nodes have is read elsewhere (``node_group``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.mistakes import Mistakes
from sim.scenario.node_group import NodeGroupReader, node_names
from sim.scenario.schema.nodes import NodePart
from sim.scenario.schema.timeline import ActionPart
from sim.units import format_time


class DeclaredNodes:
    """The nodes that a scenario declares.

    ``names`` are all, ``groups`` those that stand under ``nodes``.
    """

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self.names: dict[str, None] = {}
        self.groups: list[model.NodeGroup] = []

    def declare(self, parts: Sequence[NodePart], reader: NodeGroupReader) -> None:
        """Take the entries under ``nodes`` in."""
        for number, part in enumerate(parts):
            path: tuple[Step, ...] = ("nodes", number)
            names = node_names(part)
            for name in names:
                if name in self.names:
                    self._mistakes.fault(
                        f"node {name!r} is there already", *path, "name"
                    )
                self.names[name] = None
            self.groups.append(reader.read(part, names, *path))

    def add(self, timeline: Sequence[ActionPart]) -> Iterable[model.NodeGroup]:
        """Yield the nodes that an autoscaler adds: like their group, but cold."""
        for number, act in enumerate(timeline):
            if act.add_nodes is None:
                continue
            path: tuple[Step, ...] = ("timeline", number, "addNodes")
            groups = {group.name: group for group in self.groups}
            self._mistakes.known(act.add_nodes, list(groups), "group of nodes", *path)
            group = groups.get(act.add_nodes)
            if group is None:
                continue
            names = list(self._new_names(group.name, act.count or 1))
            self.names |= dict.fromkeys(names)
            yield replace(group, names=tuple(names), joins_at_us=act.at, pre_pulled=())

    def _new_names(self, group: str, count: int) -> Iterable[str]:
        """Yield names that go on where the group's numbers end."""
        number = 1
        while count:
            name = f"{group}-{number}"
            number += 1
            if name not in self.names:
                count -= 1
                yield name

    def known(self, name: str, *path: Step) -> None:
        """Note a fault unless this node is declared."""
        self._mistakes.known(name, list(self.names), "node", *path)

    def nodes_of(self, name: str, *path: Step) -> tuple[str, ...]:
        """Return the node, or the nodes of a group; note a fault if there is none."""
        groups = {group.name: group.names for group in self.groups}
        if name in groups:
            return groups[name]
        self._mistakes.known(name, [*self.names, *groups], "node or group", *path)
        return (name,) if name in self.names else ()

    def members(self, name: str, at_us: int, *path: Step) -> model.NodeGroup | None:
        """Return the group of that name, or of that node alone.

        None, and a fault at the path, if there is none; a fault if it joins later.
        """
        for group in self.groups:
            if name == group.name or name in group.names:
                if group.joins_at_us > at_us:
                    joins = format_time(group.joins_at_us)
                    self._mistakes.fault(f"{name} joins only at {joins}", *path)
                names = group.names if name == group.name else (name,)
                return replace(group, names=names)
        groups = [group.name for group in self.groups]
        self._mistakes.known(name, [*self.names, *groups], "node", *path)
        return None
