"""What kubectl prints about a pod."""

from collections.abc import Iterator
from typing import Any

from sim.rules.kubectl_get import (
    Condition,
    ContainerView,
    PodView,
    Running,
    StatusView,
    Terminated,
    Waiting,
    pod_row,
)
from sim.units import SECOND
from tests.conformance.harness import Adapter, Step

NOW_US = 100 * 365 * 86_400 * SECOND


def kubectl_print(data: dict[str, Any]) -> Iterator[Step]:
    """Print one pod's row, as with ``-o wide``."""
    pod = data["pod"]
    view = PodView(
        name=pod["name"],
        phase=pod["phase"],
        reason=pod.get("reason", ""),
        deleting=pod.get("deleting", False),
        created_us=NOW_US - pod["age_s"] * SECOND,
        containers=tuple(map(_container, pod["containers"])),
        init_containers=tuple(map(_container, pod["init_containers"])),
        conditions={
            kind: Condition(status=status == "True", reason=reason)
            for kind, status, reason in pod["conditions"]
        },
        ip=pod.get("ip", ""),
        node=pod.get("node", ""),
        nominated_node=pod.get("nominated_node", ""),
        readiness_gates=tuple(pod.get("readiness_gates", ())),
    )
    ours = pod_row(view, NOW_US, wide=True)
    yield Step("row", list(ours), data["row"])


def _container(given: dict[str, Any]) -> ContainerView:
    sidecar = given.get("sidecar", False)
    if given.get("no_status"):
        return ContainerView(sidecar=sidecar)
    status = StatusView(
        state=_state(given),
        ready=given.get("ready", False),
        started=given.get("started", False),
        restart_count=given.get("restarts", 0),
        last_terminated=_terminated(given.get("last_terminated")),
    )
    return ContainerView(sidecar=sidecar, status=status)


def _state(given: dict[str, Any]) -> Waiting | Running | Terminated | None:
    if "waiting" in given:
        return Waiting(reason=given["waiting"])
    if given.get("running"):
        return Running()
    return _terminated(given.get("terminated"))


def _terminated(given: list[Any] | None) -> Terminated | None:
    if given is None:
        return None
    exit_code, reason, signal, age_s = given
    return Terminated(
        exit_code=exit_code,
        reason=reason,
        signal=signal,
        finished_us=NOW_US - age_s * SECOND,
    )


ADAPTERS: dict[str, Adapter] = {"kubectl_print": kubectl_print}
