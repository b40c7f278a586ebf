"""The attempts of many nodes in a time in which nothing else happens there."""

from collections.abc import Sequence

import numpy as np

from sim.cluster.storm.looks import Ints
from sim.cluster.storm.node import StormNode, StormPull
from sim.cluster.storm.pull import MISSING, REFUSED
from sim.cluster.storm.queue import Flags, Lanes, pull_all
from sim.cluster.storm.rows import Columns
from sim.cluster.storm.table import StormTable
from sim.record.rows import NONE

_SAID = ("node", "object", "container", "image", "text", "source")


class StormAttempts:
    """Makes attempts ahead; ``shown`` are the record's numbers by ``told``."""

    __slots__ = (
        "_free_us",
        "_nodes",
        "_pulls",
        "_said",
        "_shown",
        "_table",
        "_took_us",
    )

    def __init__(self, table: StormTable, shown: Sequence[int]) -> None:
        self._table = table
        self._shown = np.array(shown, np.int64)
        self._nodes: list[StormNode] = []
        self._free_us = np.zeros(0, np.int64)
        self._pulls: list[StormPull] = []
        self._said: list[Columns] = []
        self._took_us = np.zeros(0, np.int64)

    def join(self, node: StormNode) -> None:
        """Number a node."""
        node.index = len(self._nodes)
        self._nodes.append(node)

    def note(self, pull: StormPull) -> None:
        """Number a pull."""
        pull.index = len(self._pulls)
        self._pulls.append(pull)

    def taken_us(self, node: StormNode) -> int:
        """Return up to when a node's puller is taken, which does not know; once."""
        if node.index >= len(self._free_us):
            return 0
        until_us = int(self._free_us[node.index])
        self._free_us[node.index] = 0
        return until_us

    def count(self) -> None:
        """Tell the image managers what was asked of them."""
        for pull in self._pulls:
            pull.node.count(pull)

    def make(self, slots: Ints, before_us: int) -> tuple[Ints, Columns]:
        """Make the attempts of these, which stand as they queue, as far as they end.

        Return those that did not end before the time, or cannot be made ahead, and
        the rows of the others.
        """
        table = self._table
        nodes, lane = np.unique(table.node[slots], return_inverse=True)
        free = np.array([self._nodes[n].puller.is_free for n in nodes.tolist()], bool)
        free &= ~np.isin(nodes, table.entered_nodes())
        self._learn()
        lanes = self._lanes(nodes, free)
        due_us = table.due_us[slots]
        pulls = pull_all(
            lanes, lane, due_us, self._took_us[table.pull[slots]], before_us
        )
        self._leave(nodes, lanes)
        ended = pulls.ended
        outcome = np.where(pulls.accepted[ended], MISSING, REFUSED)
        rows = self._fail(slots[ended], outcome, due_us[ended], pulls.end_us[ended])
        return slots[~ended], rows

    def _lanes(self, nodes: Ints, free: Flags) -> Lanes:
        new = len(self._nodes) - len(self._free_us)
        self._free_us = np.pad(self._free_us, (0, new))
        throttles = [self._nodes[node].throttle for node in nodes.tolist()]
        tokens, last_us = zip(*(one.state for one in throttles), strict=True)
        qps, burst = zip(*(one.limit for one in throttles), strict=True)
        return Lanes(
            free_us=self._free_us[nodes],
            open=free,
            tokens=np.array(tokens, np.float64),
            last_us=np.array(last_us, np.int64),
            qps=np.array(qps, np.float64),
            burst=np.array(burst, np.int64),
        )

    def _leave(self, nodes: Ints, lanes: Lanes) -> None:
        """Leave the queues as the pulls left them."""
        self._free_us[nodes] = lanes.free_us
        states = zip(lanes.tokens.tolist(), lanes.last_us.tolist(), strict=True)
        for node, state in zip(nodes.tolist(), states, strict=True):
            self._nodes[node].throttle.restore(*state)

    def _fail(
        self, slots: Ints, outcome: Ints, asked_us: Ints, end_us: Ints
    ) -> Columns:
        table = self._table
        which = table.pull[slots]
        syncs = np.bincount(which, table.due_looks[slots] + 1, len(self._pulls))
        for index in np.flatnonzero(syncs).tolist():
            self._pulls[index].pull.syncs += int(syncs[index])
        table.looked(slots)
        table.show(slots)
        rows = {
            name: np.where(
                outcome == MISSING, *(one[name][which] for one in self._said)
            )
            for name in _SAID
        }
        rows |= {
            "time_us": end_us,
            "pod": table.pod[slots],
            "reason": self._shown[table.told[slots]],
            "amount": table.looks[slots],
            "span": end_us - asked_us,
            "cause": table.spec_row[slots],
            "slot": slots,
            "order": np.arange(len(slots)),
        }
        table.fail(slots, outcome, end_us)
        return rows

    def _learn(self) -> None:
        """Have what rows say of each pull, and how long it takes, in arrays."""
        pulls = self._pulls
        if len(self._took_us) == len(pulls):
            return
        self._took_us = np.array([one.pull.took_us for one in pulls], np.int64)
        self._said = [
            {
                name: np.array([p.columns[outcome].get(name, NONE) for p in pulls])
                for name in _SAID
            }
            for outcome in (MISSING, REFUSED)
        ]
