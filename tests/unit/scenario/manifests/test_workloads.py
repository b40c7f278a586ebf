"""Rollout fields of workloads: what the engine gets, and what is refused."""

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.units import SECOND

HEAD = """
title: t
until: 10m
images:
  - {name: r.example/a, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
nodes: [{name: n}]
"""
TEMPLATE = 'template: {spec: {containers: [{name: c, image: "r.example/a:v1"}]}}'


def scenario_of(folder: Path, kind: str, spec: str, extra: str = "") -> model.Scenario:
    path = folder / "s.yaml"
    path.write_text(
        HEAD
        + f"objects:\n  - kind: {kind}\n    metadata: {{name: web}}\n"
        + f"    spec: {{{spec}, {TEMPLATE}}}\n"
        + extra
    )
    return load_scenario(path).variants[0]


def load(folder: Path, kind: str, spec: str) -> model.KubernetesObject:
    return scenario_of(folder, kind, spec).objects[0]


def test_a_stateful_set_has_kubernetes_defaults(tmp_path: Path) -> None:
    """One replica, in order, rolling, without a partition."""
    made = load(tmp_path, "StatefulSet", "serviceName: web")

    assert isinstance(made, model.StatefulSet)
    assert (made.replicas, made.pod_management) == (1, "OrderedReady")
    assert (made.strategy, made.partition) == ("RollingUpdate", 0)
    assert (made.max_unavailable, made.start_ordinal) == (1, 0)
    assert (made.min_ready_us, made.revision_history_limit) == (0, 10)


def test_a_stateful_set_is_read_whole(tmp_path: Path) -> None:
    """Every field that steers a rollout."""
    made = load(
        tmp_path,
        "StatefulSet",
        "replicas: 5, podManagementPolicy: Parallel, minReadySeconds: 7, "
        "ordinals: {start: 3}, revisionHistoryLimit: 2, updateStrategy: "
        "{type: RollingUpdate, rollingUpdate: {partition: 2, maxUnavailable: 40%}}",
    )

    assert isinstance(made, model.StatefulSet)
    assert (made.replicas, made.pod_management) == (5, "Parallel")
    assert (made.partition, made.max_unavailable) == (2, "40%")
    assert (made.min_ready_us, made.start_ordinal) == (7 * SECOND, 3)
    assert made.revision_history_limit == 2


def test_a_daemon_set_is_read_whole(tmp_path: Path) -> None:
    """Surge instead of unavailability must be said with both fields."""
    plain = load(tmp_path, "DaemonSet", "minReadySeconds: 0")
    surging = load(
        tmp_path,
        "DaemonSet",
        "minReadySeconds: 3, updateStrategy: "
        "{rollingUpdate: {maxSurge: 30%, maxUnavailable: 0}}",
    )

    assert isinstance(plain, model.DaemonSet)
    assert (plain.strategy, plain.max_surge) == ("RollingUpdate", 0)
    assert plain.max_unavailable == 1
    assert isinstance(surging, model.DaemonSet)
    assert (surging.max_surge, surging.max_unavailable) == ("30%", 0)
    assert surging.min_ready_us == 3 * SECOND


def test_on_delete_does_not_look_at_a_daemon_set_s_limits(tmp_path: Path) -> None:
    """The API server checks them for rolling updates only."""
    made = load(
        tmp_path,
        "DaemonSet",
        "updateStrategy: {type: OnDelete, rollingUpdate: {maxSurge: 1}}",
    )

    assert isinstance(made, model.DaemonSet)
    assert made.strategy == "OnDelete"


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("StatefulSet", "podManagementPolicy: Serial", "OrderedReady, Parallel"),
        ("StatefulSet", "updateStrategy: {type: x}", "RollingUpdate, OnDelete"),
        ("StatefulSet", "updateStrategy: OnDelete", "expected a map"),
        (
            "StatefulSet",
            "updateStrategy: {rollingUpdate: {maxUnavailable: 101%}}",
            "greater than 100%",
        ),
        (
            "DaemonSet",
            "updateStrategy: {rollingUpdate: {maxUnavailable: 0}}",
            "maxUnavailable must not be 0 when maxSurge is 0",
        ),
        (
            "DaemonSet",
            "updateStrategy: {rollingUpdate: {maxSurge: 1}}",
            "must be 0 unless maxUnavailable is 0",
        ),
        (
            "Deployment",
            "strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}",
            "only allowed with type RollingUpdate",
        ),
    ],
)
def test_what_an_api_server_refuses_is_a_fault(
    kind: str, spec: str, message: str, tmp_path: Path
) -> None:
    """With its place, and what is allowed."""
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, kind, spec)

    (fault,) = caught.value.faults
    assert message in fault.message
    assert fault.place.line == 10


def test_claims_of_volumes_are_warned_of(tmp_path: Path) -> None:
    """Volumes would bring a pod back to its node."""
    made = scenario_of(
        tmp_path, "StatefulSet", "volumeClaimTemplates: [{metadata: {name: data}}]"
    )

    assert made.warnings == ("volumes do not bind pods to nodes",)


@pytest.mark.parametrize(
    ("written", "on"),
    [
        ("{}", ()),
        ("{MaxUnavailableStatefulSet: false}", ()),
        ("{MaxUnavailableStatefulSet: true}", ("MaxUnavailableStatefulSet",)),
    ],
)
def test_a_feature_gate_is_off_unless_set(
    written: str, on: tuple[str, ...], tmp_path: Path
) -> None:
    """The scenario knows the gates that are on."""
    made = scenario_of(
        tmp_path, "StatefulSet", "replicas: 1", f"featureGates: {written}\n"
    )

    assert made.feature_gates == on


def test_the_short_forms_of_variants_reach_every_workload(tmp_path: Path) -> None:
    """A policy for all containers is one of a StatefulSet's too."""
    made = scenario_of(
        tmp_path,
        "StatefulSet",
        "replicas: 1",
        "variants: {as written: {imagePullPolicy: Always, pin: digest}}\n",
    )

    (obj,) = made.objects
    assert isinstance(obj, model.StatefulSet)
    (container,) = obj.template.spec.containers
    assert container.image_pull_policy == "Always"
    assert "@sha256:" in container.image
