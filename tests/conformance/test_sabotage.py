"""The cases test the real classes: with a constant in a method's place they fail."""

from collections.abc import Callable

import pytest

from sim.rules.daemon_set import Update
from sim.rules.pull_policy import PullPolicy
from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, Case, first_difference, read_folder
from tests.conformance.judge import by_kind

PULLS = "cluster.image_pull_manager.ImagePullManager."
STATEFUL_MODULE = "cluster.controllers.stateful_set."
STATEFUL_SETS = STATEFUL_MODULE + "StatefulSetController."
SETS = "cluster.controllers.replica_set.ReplicaSetController."
DAEMON_SETS = "cluster.controllers.daemon_set.DaemonSetController."
PLUGIN = "rules.always_pull_images."
ACCOUNT = "rules.service_account."
ROLLOUT = "deployment_rollout"
STATEFUL = "statefulset_rollout"
DAEMON = "daemonset_rollout"


def constant(value: object) -> Callable[..., object]:
    """A function that always gives one answer."""
    return lambda *args, **options: value


# What is replaced, by which constant, and the kind that must notice.
SABOTAGE: list[tuple[str, object, str]] = [
    ("rules.pull_policy.default_pull_policy", PullPolicy.ALWAYS, "admission_defaults"),
    (PLUGIN + "_no_new_images", False, "admission.always-pull.update"),
    (PLUGIN + "_ignored", False, "admission.always-pull.admit"),
    (PLUGIN + "_fields", (), "admission.always-pull.validate"),
    (PLUGIN + "_fields", (), "admission.always-pull.ignored"),
    (ACCOUNT + "_check_mirror", None, "admission_defaults"),
    (ACCOUNT + "_check_mountable", None, "admission.service-account.pull-secrets"),
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
    ("cluster.puller.Puller.request", None, "pull_queue"),
    ("cluster.image_gc_manager.ImageGCManager._free_old_images", None, "image_gc"),
    ("cluster.image_gc_manager.ImageGCManager._candidates", [], "image_gc"),
    ("rules.backoff.BackOff.is_in_backoff_since_update", False, "pod_timeline"),
    ("rules.pod_sync.flatten", (), "pod_worker_requeue"),
    ("cluster.kubelet.Kubelet._remove_dead", None, "pod_timeline"),
    ("cluster.pleg.PLEG.relist_on_demand", None, "pod_timeline"),
    ("rules.deployment_status.is_progressing", False, ROLLOUT),
    ("cluster.controllers.replica_set.ReplicaSet.runs", False, ROLLOUT),
    ("cluster.controllers.deployment.DeploymentController._spread", None, ROLLOUT),
    (SETS + "_available_times", [], ROLLOUT),
    (SETS + "_rank", (0,), ROLLOUT),
    ("rules.stateful_set.revision_of_new", "", STATEFUL),
    ("rules.stateful_set._updates", (), STATEFUL),
    ("rules.stateful_set._allowance", 1, STATEFUL),
    ("rules.stateful_set._lowest_away", None, STATEFUL),
    (STATEFUL_MODULE + "is_complete", False, STATEFUL),
    (STATEFUL_SETS + "_look_again", None, STATEFUL),
    ("rules.daemon_set._replace", Update(), DAEMON),
    ("rules.daemon_set._surge", Update(), DAEMON),
    ("rules.daemon_set._surplus", [], DAEMON),
    (DAEMON_SETS + "_is_available", True, DAEMON),
    (DAEMON_SETS + "node_changed", None, DAEMON),
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
