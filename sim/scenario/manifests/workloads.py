"""The rollout fields of Deployments, StatefulSets and DaemonSets, and their checks.

What a pod is made of is read elsewhere (``pods``). What an API server would
refuse is a fault with its place.

Source: pkg/apis/apps/validation/validation.go and pkg/apis/apps/v1/defaults.go.
"""

from collections.abc import Callable, Sequence

from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.manifests.jobs import cron_job, job
from sim.scenario.manifests.object_reader import ObjectReader
from sim.units import SECOND

HISTORY_LIMIT = 10
_ROLLING = "RollingUpdate"
_SPEC = ("spec", "template", "spec")


def deployment(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.Deployment:
    """Return a Deployment."""
    _check_restart_policy(reader, "Deployment")
    at = ("spec", "strategy")
    strategy = reader.choice((_ROLLING, "Recreate"), *at, "type")
    _check_only_rolling(reader, strategy, at)
    rolling = (*at, "rollingUpdate")
    max_surge = reader.int_or_percent(*rolling, "maxSurge")
    max_unavailable = reader.int_or_percent(*rolling, "maxUnavailable")
    _check_percent(reader, max_unavailable, *rolling, "maxUnavailable")
    if _is_zero(max_surge) and _is_zero(max_unavailable):
        reader.fault(_both_zero(rolling), *rolling)
    return model.Deployment(
        namespace=namespace,
        name=name,
        replicas=reader.number("spec", "replicas", default=1),
        replicas_given=reader.get(int, "spec", "replicas") is not None,
        template=template,
        strategy=strategy,
        max_surge=max_surge,
        max_unavailable=max_unavailable,
        min_ready_us=_seconds(reader, "minReadySeconds"),
        progress_deadline_us=_seconds(reader, "progressDeadlineSeconds", default=600),
        revision_history_limit=_history_limit(reader),
        paused=reader.flag("spec", "paused"),
    )


def stateful_set(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.StatefulSet:
    """Return a StatefulSet."""
    _check_restart_policy(reader, "StatefulSet")
    at = ("spec", "updateStrategy")
    strategy = reader.choice((_ROLLING, "OnDelete"), *at, "type")
    _check_only_rolling(reader, strategy, at)
    away = (*at, "rollingUpdate", "maxUnavailable")
    max_unavailable = reader.int_or_percent(*away, default=1)
    _check_percent(reader, max_unavailable, *away)
    if _is_zero(max_unavailable):
        reader.fault(f"{_spoken(away)}: must not be 0", *away)
    return model.StatefulSet(
        namespace=namespace,
        name=name,
        replicas=reader.number("spec", "replicas", default=1),
        replicas_given=reader.get(int, "spec", "replicas") is not None,
        template=template,
        strategy=strategy,
        partition=reader.number(*at, "rollingUpdate", "partition"),
        max_unavailable=max_unavailable,
        pod_management=reader.choice(
            ("OrderedReady", "Parallel"), "spec", "podManagementPolicy"
        ),
        min_ready_us=_seconds(reader, "minReadySeconds"),
        start_ordinal=reader.number("spec", "ordinals", "start"),
        revision_history_limit=_history_limit(reader),
    )


def daemon_set(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.DaemonSet:
    """Return a DaemonSet."""
    _check_restart_policy(reader, "DaemonSet")
    at = ("spec", "updateStrategy")
    strategy = reader.choice((_ROLLING, "OnDelete"), *at, "type")
    rolling = (*at, "rollingUpdate")
    max_surge = reader.int_or_percent(*rolling, "maxSurge", default=0)
    max_unavailable = reader.int_or_percent(*rolling, "maxUnavailable", default=1)
    if strategy == _ROLLING:
        _check_daemon_limits(reader, max_surge, max_unavailable, rolling)
    return model.DaemonSet(
        namespace=namespace,
        name=name,
        template=template,
        strategy=strategy,
        max_surge=max_surge,
        max_unavailable=max_unavailable,
        min_ready_us=_seconds(reader, "minReadySeconds"),
        revision_history_limit=_history_limit(reader),
    )


def replica_set(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.ReplicaSet:
    """Return a ReplicaSet without a Deployment."""
    _check_restart_policy(reader, "ReplicaSet")
    return model.ReplicaSet(
        namespace=namespace,
        name=name,
        replicas=reader.number("spec", "replicas", default=1),
        template=template,
        min_ready_us=_seconds(reader, "minReadySeconds"),
    )


def replication_controller(
    namespace: str, name: str, reader: ObjectReader, template: model.PodTemplate
) -> model.ReplicationController:
    """Return a ReplicationController."""
    _check_restart_policy(reader, "ReplicationController")
    return model.ReplicationController(
        namespace=namespace,
        name=name,
        replicas=reader.number("spec", "replicas", default=1),
        template=template,
        min_ready_us=_seconds(reader, "minReadySeconds"),
    )


def _check_daemon_limits(
    reader: ObjectReader,
    max_surge: int | str,
    max_unavailable: int | str,
    rolling: tuple[str, ...],
) -> None:
    """A node has either a new pod beside the old one, or none for a while."""
    _check_percent(reader, max_surge, *rolling, "maxSurge")
    _check_percent(reader, max_unavailable, *rolling, "maxUnavailable")
    if _is_zero(max_surge) and _is_zero(max_unavailable):
        reader.fault(_both_zero(rolling), *rolling)
    if not _is_zero(max_surge) and not _is_zero(max_unavailable):
        text = "must be 0 unless maxUnavailable is 0 (it is 1 if left out)"
        path = (*rolling, "maxSurge")
        reader.fault(f"{_spoken(path)}: {text}, found {max_surge!r}", *path)


Maker = Callable[[str, str, ObjectReader, model.PodTemplate], model.Workload]
MAKERS: dict[str, Maker] = {
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "DaemonSet": daemon_set,
    "ReplicaSet": replica_set,
    "ReplicationController": replication_controller,
    "Job": job,
    "CronJob": cron_job,
}


def _seconds(reader: ObjectReader, field: str, default: int = 0) -> int:
    return reader.number("spec", field, default=default) * SECOND


def _history_limit(reader: ObjectReader) -> int:
    return reader.number("spec", "revisionHistoryLimit", default=HISTORY_LIMIT)


def _spoken(path: Sequence[Step]) -> str:
    return ".".join(str(step) for step in path)


def _is_zero(value: int | str) -> bool:
    return int(str(value).removesuffix("%")) == 0


def _both_zero(rolling: Sequence[Step]) -> str:
    return f"{_spoken(rolling)}: maxUnavailable must not be 0 when maxSurge is 0"


def _check_percent(reader: ObjectReader, value: int | str, *path: Step) -> None:
    if isinstance(value, str) and int(value.removesuffix("%")) > 100:
        text = f"must not be greater than 100%, found {value!r}"
        reader.fault(f"{_spoken(path)}: {text}", *path)


def _check_only_rolling(
    reader: ObjectReader, strategy: str, at: tuple[str, ...]
) -> None:
    path = (*at, "rollingUpdate")
    if strategy != _ROLLING and reader.get(dict, *path) is not None:
        reader.fault(f"{_spoken(path)}: only allowed with type {_ROLLING}", *path)


def _check_restart_policy(reader: ObjectReader, kind: str) -> None:
    path = (*_SPEC, "restartPolicy")
    if reader.text(*path) not in ("", "Always"):
        text = f"restartPolicy {reader.text(*path)!r}; allowed in a {kind}: Always"
        reader.fault(text, *path)
