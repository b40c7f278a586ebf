"""The row of ``kubectl get pods``: what the API server prints about a pod.

Source: pkg/printers/internalversion/printers.go, ``printPod`` (v1.36).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.rules.durations import human_age
from sim.rules.reasons import WaitingReason

POD_COLUMNS = ("NAME", "READY", "STATUS", "RESTARTS", "AGE")
WIDE_POD_COLUMNS = (*POD_COLUMNS, "IP", "NODE", "NOMINATED NODE", "READINESS GATES")
NONE = "<none>"
COMPLETED = "Completed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A container that has not started, and why, if anybody said so."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A container that runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terminated:
    """A container that ended; ``finished_us`` None = nobody knows when."""

    exit_code: int
    reason: str = ""
    signal: int = 0
    finished_us: int | None = None

    @property
    def shown(self) -> str:
        """The reason, or what else is known about the end."""
        if self.reason:
            return self.reason
        return f"Signal:{self.signal}" if self.signal else f"ExitCode:{self.exit_code}"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusView:
    """One container's status as the API has it; ``state`` None = no state is set."""

    state: Waiting | Running | Terminated | None = None
    ready: bool = False
    started: bool = False
    restart_count: int = 0
    last_terminated: Terminated | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerView:
    """One container of the spec and its status, None as long as there is none."""

    status: StatusView | None = None
    sidecar: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One condition of a pod."""

    status: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PodView:
    """What the printer reads of a pod; containers in the order of their statuses."""

    name: str
    phase: str
    created_us: int
    containers: tuple[ContainerView, ...]
    init_containers: tuple[ContainerView, ...] = ()
    conditions: Mapping[str, Condition]
    reason: str = ""
    deleting: bool = False
    ip: str = ""
    node: str = ""
    nominated_node: str = ""
    readiness_gates: tuple[str, ...] = ()

    def is_true(self, condition: str) -> bool:
        """Tell whether a condition is there and true."""
        known = self.conditions.get(condition)
        return known is not None and known.status


class _Restarts:
    """A sum of restarts, and when the latest of the ended instances finished."""

    __slots__ = ("count", "latest_us")

    def __init__(self) -> None:
        self.count = 0
        self.latest_us: int | None = None

    def add(self, status: StatusView) -> None:
        self.count += status.restart_count
        last = status.last_terminated
        if last is None or last.finished_us is None:
            return
        if self.latest_us is None or self.latest_us < last.finished_us:
            self.latest_us = last.finished_us

    def shown(self, now_us: int) -> str:
        if self.count == 0 or self.latest_us is None:
            return str(self.count)
        return f"{self.count} ({human_age(self.latest_us, now_us)} ago)"


class _Row:
    """The cells that depend on the containers, while the printer walks over them."""

    __slots__ = ("ready", "restarts", "status")

    def __init__(self, status: str) -> None:
        self.status = status
        self.ready = 0
        self.restarts = _Restarts()


def pod_row(pod: PodView, now_us: int, *, wide: bool = False) -> tuple[str, ...]:
    """Return a pod's cells, under ``POD_COLUMNS`` or ``WIDE_POD_COLUMNS``."""
    row = _Row(_status_before_containers(pod))
    sidecar_restarts = _Restarts()
    held_up = _walk_init_containers(pod, row, sidecar_restarts)
    if not held_up or pod.is_true("Initialized"):
        # Init containers of a pod that was initialised once are old history.
        row.restarts = sidecar_restarts
        _walk_containers(pod, row)
    total = len(pod.containers) + sum(c.sidecar for c in pod.init_containers)
    cells = (
        pod.name,
        f"{row.ready}/{total}",
        _status_of_deletion(pod) or row.status,
        row.restarts.shown(now_us),
        human_age(pod.created_us, now_us),
    )
    return (*cells, *_wide_cells(pod)) if wide else cells


def _status_before_containers(pod: PodView) -> str:
    scheduled = pod.conditions.get("PodScheduled")
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        return scheduled.reason
    return pod.reason or pod.phase


def _status_of_deletion(pod: PodView) -> str:
    if not pod.deleting:
        return ""
    if pod.reason == "NodeLost":
        return "Unknown"
    return "" if pod.phase in ("Succeeded", "Failed") else "Terminating"


def _wide_cells(pod: PodView) -> tuple[str, ...]:
    gates = pod.readiness_gates
    true_gates = sum(pod.is_true(gate) for gate in gates)
    return (
        pod.ip or NONE,
        pod.node or NONE,
        pod.nominated_node or NONE,
        f"{true_gates}/{len(gates)}" if gates else NONE,
    )


def _walk_init_containers(pod: PodView, row: _Row, sidecar_restarts: _Restarts) -> bool:
    """Walk to the first init container that holds the pod up; tell if there is one."""
    statuses = [(c.sidecar, c.status) for c in pod.init_containers if c.status]
    for index, (sidecar, status) in enumerate(statuses):
        row.restarts.add(status)
        if sidecar:
            sidecar_restarts.add(status)
        state = status.state
        if isinstance(state, Terminated) and state.exit_code == 0:
            continue
        if sidecar and status.started:
            row.ready += status.ready
            continue
        detail = _why_init_holds_up(status) or f"{index}/{len(pod.init_containers)}"
        row.status = f"Init:{detail}"
        return True
    return False


def _why_init_holds_up(status: StatusView) -> str:
    state = status.state
    if isinstance(state, Terminated):
        return state.shown
    if isinstance(state, Waiting) and state.reason != WaitingReason.POD_INITIALIZING:
        return state.reason
    return ""


def _walk_containers(pod: PodView, row: _Row) -> None:
    """Walk from the last status to the first, so that the first reason is shown."""
    error, is_running = "", False
    for container in reversed(pod.containers):
        status = container.status
        if status is None:
            continue
        row.restarts.add(status)
        state = status.state
        if isinstance(state, Terminated):
            row.status = state.shown
            error = state.shown if state.exit_code else error
        elif isinstance(state, Waiting):
            row.status = state.reason or row.status
        elif isinstance(state, Running) and status.ready:
            is_running = True
            row.ready += 1
    if row.status == COMPLETED:
        row.status = _status_of_completed(pod, error, is_running=is_running)


def _status_of_completed(pod: PodView, error: str, *, is_running: bool) -> str:
    if is_running and pod.is_true("Ready"):
        return "Running"
    return error or ("NotReady" if is_running else COMPLETED)


def table_cell(text: str) -> str:
    """Return a cell as kubectl prints it: one line, no escape sequences.

    Source: k8s.io/cli-runtime pkg/printers, tableprinter.go and terminal.go.
    """
    line = re.split("[\\f\\n\\r]", text, maxsplit=1)[0]
    cut = "..." if len(line) < len(text) else ""
    return line.replace("\x1b", "^[") + cut


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows (the header first) as kubectl lines them up, three spaces apart.

    Source: k8s.io/cli-runtime pkg/printers, tabwriter.go.
    """
    cells = [[table_cell(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[-1] = 0  # nothing follows the last column
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    )
