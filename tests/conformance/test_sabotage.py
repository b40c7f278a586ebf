"""The cases test the real classes: with a constant in a method's place they fail."""

from collections.abc import Callable

import pytest

from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, Case, first_difference, read_folder
from tests.conformance.judge import by_kind

PULLS = "cluster.image_pull_manager.ImagePullManager."
SETS = "cluster.controllers.replica_set.ReplicaSetController."
ROLLOUT = "deployment_rollout"


def constant(value: object) -> Callable[..., object]:
    """A function that always gives one answer."""
    return lambda *args, **options: value


# What is replaced, by which constant, and the kind that must notice.
SABOTAGE: list[tuple[str, object, str]] = [
    ("rules.backoff.BackOff.is_in_backoff_since_update", False, "backoff"),
    ("rules.backoff.BackOff.get", 0, "backoff_unit"),
    ("rules.throttle.TokenBucket.try_accept", True, "throttle"),
    ("rules.keyring.Keyring.lookup", [], "keyring"),
    ("rules.verification.Allowlist.fits", True, "verification_patterns"),
    ("rules.kubectl_get._status_of_deletion", "", "kubectl_print"),
    ("rules.kubectl_get._walk_init_containers", False, "kubectl_print"),
    ("rules.image_locality.ImageStates.score", 0, "image_locality"),
    ("rules.image_locality.ImageStates.snapshot", None, "image_locality"),
    ("rules.event_correlator.EventCorrelator._may_write", True, "event_stream"),
    (PULLS + "must_attempt_image_pull", True, "credential_verify"),
    (PULLS + "record_image_pulled", None, "credential_verify"),
    (PULLS + "record_pull_intent", None, "credential_verify"),
    ("cluster.image_manager.ImageManager._must_pull", False, "image_manager"),
    ("cluster.image_manager.ImageManager._record", None, "image_manager"),
    ("cluster.image_manager.ImageManager._must_pull", False, "ensure_image"),
    ("cluster.image_manager.ImageManager._count", None, "ensure_image"),
    ("cluster.image_manager.ImageManager._present", None, "ensure_image"),
    ("cluster.puller.Puller.request", None, "pull_queue"),
    ("cluster.puller.Puller.request", None, "pull_concurrency"),
    ("cluster.puller.Puller.release", None, "pull_concurrency"),
    ("cluster.kubelet.Kubelet._at_tick", None, "bad_image_timeline"),
    ("cluster.pleg._differences", (False, [], False), "bad_image_timeline"),
    ("cluster.image_gc_manager.ImageGCManager._free_old_images", None, "image_gc"),
    ("cluster.image_gc_manager.ImageGCManager._candidates", [], "image_gc"),
    ("rules.backoff.BackOff.is_in_backoff_since_update", False, "pod_timeline"),
    ("rules.pod_sync.flatten", (), "pod_worker_requeue"),
    ("cluster.kubelet.Kubelet._remove_dead", None, "pod_timeline"),
    ("cluster.pleg.PLEG.relist_on_demand", None, "pod_timeline"),
    ("cluster.controllers.deployment.DeploymentController._late", False, ROLLOUT),
    ("cluster.controllers.deployment.DeploymentController._spread", None, ROLLOUT),
    (SETS + "_available", 0, ROLLOUT),
    (SETS + "_rank", (0,), ROLLOUT),
]


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    return by_kind(read_folder(SHIPPED))


def differs(kind: str, cases: list[Case]) -> bool:
    """Whether a case of the kind differs, or cannot even be run to its end."""
    for case in cases:
        try:
            if first_difference(ADAPTERS[kind], case) is not None:
                return True
        except (AssertionError, LookupError, TypeError, ValueError):
            return True
    return False


@pytest.mark.parametrize(("method", "value", "kind"), SABOTAGE)
def test_a_constant_instead_of_a_method_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    cases: dict[str, list[Case]],
    method: str,
    value: object,
    kind: str,
) -> None:
    """A kind that stays green without the real method would test a twin of it."""
    assert not differs(kind, cases[kind][:1])

    monkeypatch.setattr(f"sim.{method}", constant(value))

    assert differs(kind, cases[kind])
