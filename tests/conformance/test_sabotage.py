"""The cases test the real classes: with a constant in a method's place they fail."""

from collections.abc import Callable

import pytest

from sim.cluster.image_manager import ImageResult
from sim.units import SECOND
from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, Case, first_difference, read_folder
from tests.conformance.judge import by_kind

PULLS = "cluster.image_pull_manager.ImagePullManager."
SETS = "cluster.controllers.replica_set.ReplicaSetController."
ROLLOUT = "deployment_rollout"
NODE = "pod_timeline/"  # and the kind of the scenario: all would take minutes
TAG_MOVES = NODE + "tag_move_always"
BACK_OFF = ImageResult(reason="ImagePullBackOff", message="")


def constant(value: object) -> Callable[..., object]:
    """A function that always gives one answer."""
    return lambda *args, **options: value


# What is replaced, by which constant, and the kind (of scenario) that must notice.
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
    ("cluster.pleg._differences", ([], False), "bad_image_timeline"),
    ("cluster.image_gc_manager.ImageGCManager._free_old_images", None, "image_gc"),
    ("cluster.image_gc_manager.ImageGCManager._candidates", [], "image_gc"),
    ("rules.pod_sync.flatten", (), "pod_worker_requeue"),
    ("rules.backoff.BackOff.is_in_backoff_since_update", False, NODE + "fixed_at"),
    ("rules.throttle.TokenBucket.try_accept", True, NODE + "qps"),
    ("cluster.node_pool.jitter", 12 * SECOND, NODE + "fixed_at"),
    ("cluster.kubelet.requeue_delay", (10 * SECOND, 0.0), NODE + "fixed_at"),
    ("cluster.kubelet.Kubelet.look_again", None, NODE + "fixed_at"),
    ("cluster.kubelet.Kubelet._at_tick", None, NODE + "fixed_at"),
    ("cluster.kubelet.Kubelet._remove_dead", None, NODE + "delete_during_pull"),
    ("cluster.kubelet.Kubelet._at_pass", None, NODE + "delete_in_backoff"),
    ("cluster.kubelet.Kubelet.collect", None, TAG_MOVES),
    ("cluster.pleg.PLEG.relist_on_demand", None, TAG_MOVES),
    ("cluster.pleg.PLEG._release_if_due", None, TAG_MOVES),
    ("cluster.pleg.PLEG.is_newer", True, NODE + "fixed_at"),
    ("cluster.pleg._inspection_us", 0, TAG_MOVES),
    ("cluster.pod_worker.PodWorker.lifecycle_event", None, NODE + "image_edit"),
    ("cluster.pod_worker.PodWorker.terminate", None, NODE + "delete_during_pull"),
    ("cluster.pod_worker._close", None, NODE + "delete_in_backoff"),
    ("cluster.kuberuntime.KubeRuntime._restart_back_off", None, TAG_MOVES),
    ("cluster.puller.Puller.request", None, NODE + "many_pulls"),
    ("cluster.puller.Puller.release", None, NODE + "image_edit"),
    ("cluster.image_manager.ImageManager._back_off", BACK_OFF, NODE + "image_edit"),
    ("cluster.image_manager.ImageManager._must_pull", True, NODE + "other_pod_brings"),
    ("cluster.controllers.deployment.DeploymentController._late", False, ROLLOUT),
    ("cluster.controllers.deployment.DeploymentController._spread", None, ROLLOUT),
    (SETS + "_available", 0, ROLLOUT),
    (SETS + "_rank", (0,), ROLLOUT),
]


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    return by_kind(read_folder(SHIPPED))


@pytest.fixture(scope="module")
def sound() -> set[str]:
    """Kinds whose first case has been seen to agree."""
    return set()


def chosen(cases: dict[str, list[Case]], kind: str) -> list[Case]:
    """The cases of a kind, or those of its scenarios of one kind."""
    kind, _, scenario = kind.partition("/")
    return [c for c in cases[kind] if scenario in ("", c.data.get("kind"))]


def differs(cases: list[Case]) -> bool:
    """Whether a case differs, or cannot even be run to its end."""
    for case in cases:
        try:
            if first_difference(ADAPTERS[case.kind], case) is not None:
                return True
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
            return True
    return False


@pytest.mark.parametrize(("method", "value", "kind"), SABOTAGE)
def test_a_constant_instead_of_a_method_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    cases: dict[str, list[Case]],
    sound: set[str],
    method: str,
    value: object,
    kind: str,
) -> None:
    """A kind that stays green without the real method would test a twin of it."""
    if kind not in sound:
        assert not differs(chosen(cases, kind)[:1])
        sound.add(kind)

    monkeypatch.setattr(f"sim.{method}", constant(value))

    assert differs(chosen(cases, kind))
