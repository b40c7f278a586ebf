"""The cases test the real classes: with a constant in a method's place they fail."""

from collections.abc import Callable

import pytest

from sim.cluster.kubelet.image_request import ImageResult
from sim.cluster.runtime.sandbox import Change
from sim.rules.credential_provider import ProviderResponse
from sim.rules.daemon_set import Update
from sim.rules.docker_config import Entry
from sim.rules.docker_config_files import DockerConfigFile
from sim.rules.pull_policy import PullPolicy
from sim.rules.reference import Reference
from sim.rules.runtime_auth import Login
from sim.units import SECOND
from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, Case, first_difference, read_folder
from tests.conformance.judge import by_kind

PULLS = "cluster.kubelet.image_pull_manager.ImagePullManager."
STATEFUL_MODULE = "cluster.controllers.stateful_set."
STATEFUL_SETS = STATEFUL_MODULE + "StatefulSetController."
SETS = "cluster.controllers.replica_set.ReplicaSetController."
DAEMON_SETS = "cluster.controllers.daemon_set.DaemonSetController."
DAEMON_FACTS = "cluster.controllers.daemon_set_facts.DaemonSetFacts."
ALWAYS = "rules.always_pull_images."
ACCOUNT = "rules.service_account."
ROLLOUT = "deployment_rollout"
STATEFUL = "statefulset_rollout"
DAEMON = "daemonset_rollout"
RUNTIME = "cluster.runtime.unpacker."
PLUGIN = "cluster.kubelet.credential_plugin."
NODE = "cluster.kubelet.credentials.NodeCredentials."
GIVEN = ProviderResponse(cache_key_type="Image", auth=[("r.io", Entry())])
VALIDATED = "cred.plugin.config-validate"
APP = Reference(domain="r.io", path="app", tag="v1")
PARSED = DockerConfigFile(path="/", entries=[])
KUBELET = "pod_timeline/"  # and the kind of the scenario: all would take minutes
TAG_MOVES = KUBELET + "tag_move_always"
BACK_OFF = ImageResult(reason="ImagePullBackOff", message="")


def constant(value: object) -> Callable[..., object]:
    """A function that always gives one answer."""
    return lambda *args, **options: value


# What is replaced, by which constant, and the kind (of scenario) that must notice.
SABOTAGE: list[tuple[str, object, str]] = [
    ("rules.pull_policy.default_pull_policy", PullPolicy.ALWAYS, "admission_defaults"),
    (ALWAYS + "_no_new_images", False, "admission.always-pull.update"),
    (ALWAYS + "_ignored", False, "admission.always-pull.admit"),
    (ALWAYS + "_fields", (), "admission.always-pull.validate"),
    (ALWAYS + "_fields", (), "admission.always-pull.ignored"),
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
    ("cluster.kubelet.image_manager.ImageManager._must_pull", False, "image_manager"),
    ("cluster.kubelet.image_manager.ImageManager._record", None, "image_manager"),
    ("cluster.kubelet.image_manager.ImageManager._must_pull", False, "ensure_image"),
    (PULLS + "is_node_wide", True, "ensure_image"),
    (
        "cluster.kubelet.image_manager.ImageManager._present",
        ImageResult(),
        "ensure_image",
    ),
    ("cluster.kubelet.puller.Puller.request", None, "pull_queue"),
    ("cluster.kubelet.puller.Puller.request", None, "pull_concurrency"),
    ("cluster.kubelet.puller.Puller.release", None, "pull_concurrency"),
    ("cluster.kubelet.sync_loop.SyncLoop._arm", None, "bad_image_timeline"),
    (
        "cluster.runtime.sandbox.States.since",
        Change((), sync=False),
        "bad_image_timeline",
    ),
    (
        "cluster.kubelet.image_gc_manager.ImageGCManager._free_old_images",
        None,
        "image_gc",
    ),
    ("cluster.kubelet.image_gc_manager.ImageGCManager._candidates", [], "image_gc"),
    (RUNTIME + "Unpacker._unpack", [], "measured_single"),
    ("rules.runtime_profile.RuntimeProfile.unpack_us", 0, "measured_single"),
    ("cluster.network.network.water_levels", None, "measured_concurrent"),
    ("cluster.runtime.content.DownloadSlots.take", (), "measured_single"),
    ("cluster.runtime.image_store.ImageStore.is_complete", True, "measured_tags"),
    ("cluster.runtime.registry_client.asks_again", False, "measured_errors"),
    ("cluster.runtime.pull_progress.PullProgress._look", None, "measured_errors"),
    ("rules.registry_faults.Faults.passing_bytes", 0, "measured_errors"),
    ("rules.pod_sync.flatten", (), "pod_worker_requeue"),
    ("rules.deployment_status.is_progressing", False, ROLLOUT),
    ("cluster.controllers.replica_set.ReplicaSet.runs", False, ROLLOUT),
    ("rules.backoff.BackOff.is_in_backoff_since_update", False, KUBELET + "fixed_at"),
    ("rules.throttle.TokenBucket.try_accept", True, KUBELET + "qps"),
    ("cluster.nodes.clockwork.jitter", 12 * SECOND, KUBELET + "fixed_at"),
    ("cluster.kubelet.kubelet.requeue_delay", (10 * SECOND, 0.0), KUBELET + "fixed_at"),
    ("cluster.kubelet.kubelet.Kubelet.retry", None, KUBELET + "fixed_at"),
    ("cluster.kubelet.sync_loop.SyncLoop._arm", None, KUBELET + "fixed_at"),
    (
        "cluster.kubelet.kubelet.Kubelet._remove_dead",
        None,
        KUBELET + "delete_during_pull",
    ),
    ("cluster.kubelet.kubelet.Kubelet._at_pass", None, KUBELET + "delete_in_backoff"),
    ("cluster.kubelet.kubelet.Kubelet.collect", None, TAG_MOVES),
    ("cluster.kubelet.pleg.PLEG.relist_on_demand", None, TAG_MOVES),
    ("cluster.kubelet.pleg.PLEG._release_if_due", None, TAG_MOVES),
    ("cluster.kubelet.pleg.PLEG.is_newer", True, KUBELET + "fixed_at"),
    ("cluster.kubelet.pleg._inspection_us", 0, TAG_MOVES),
    (
        "cluster.kubelet.pod_worker.PodWorker.lifecycle_event",
        None,
        KUBELET + "image_edit",
    ),
    (
        "cluster.kubelet.pod_worker.PodWorker.terminate",
        None,
        KUBELET + "delete_during_pull",
    ),
    ("cluster.kubelet.final_status._close", None, KUBELET + "delete_in_backoff"),
    ("cluster.kubelet.kuberuntime.KubeRuntime.restart_back_off", None, TAG_MOVES),
    ("cluster.kubelet.puller.Puller.request", None, KUBELET + "many_pulls"),
    ("cluster.kubelet.puller.Puller.release", None, KUBELET + "image_edit"),
    (
        "cluster.kubelet.image_manager.ImageManager._back_off",
        BACK_OFF,
        KUBELET + "image_edit",
    ),
    (
        "cluster.kubelet.image_manager.ImageManager._present",
        ImageResult(),
        KUBELET + "other_pod_brings",
    ),
    ("cluster.controllers.deployment_sizing.DeploymentSizing._spread", None, ROLLOUT),
    (SETS + "_available_times", [], ROLLOUT),
    ("rules.deletion_order._compare", 0, ROLLOUT),
    ("rules.stateful_set.revision_of_new", "", STATEFUL),
    ("rules.stateful_set._updates", (), STATEFUL),
    ("rules.stateful_set._allowance", 1, STATEFUL),
    ("rules.stateful_set._lowest_away", None, STATEFUL),
    (STATEFUL_MODULE + "is_complete", False, STATEFUL),
    (STATEFUL_SETS + "_look_again", None, STATEFUL),
    ("rules.daemon_set._replace", Update(), DAEMON),
    ("rules.daemon_set._surge", Update(), DAEMON),
    ("rules.daemon_set._surplus", [], DAEMON),
    (DAEMON_FACTS + "_is_available", True, DAEMON),
    (DAEMON_SETS + "node_changed", None, DAEMON),
    ("rules.docker_config._text", "", "cred.entry-decode"),
    ("rules.docker_config.decode_base64", b"a:b", "cred.auth-field"),
    ("rules.go_text.json.dumps", "{}", "cred.auth-field-encode"),
    ("rules.docker_config._entries", [], "cred.file-parse"),
    ("rules.docker_config_files.posixpath.join", "/config.json", "cred.search-path"),
    ("cluster.kubelet.node_docker_config.take_file", PARSED, "cred.node-config-cache"),
    ("rules.registry_url._expression", "", "cred.url-match"),
    ("rules.keyring.Keyring.lookup", [], "cred.lookup"),
    ("rules.keyring.prepare_key", "a", "cred.lookup"),
    ("rules.keyring.is_default_registry", False, "cred.lookup"),
    ("rules.kubectl_create_secret._data", {}, "cred.kubectl-create-secret"),
    (NODE + "_of_secrets", [], "cred.secret-keyring"),
    (NODE + "_of_node", [], "cred.secret-keyring"),
    (NODE + "missing", [], "cred.pod-pull-secrets"),
    (NODE + "present", [], "cred.pod-pull-secrets"),
    ("rules.secret_validation.check_json_object", None, "cred.secret-validation"),
    ("cluster.kubelet.kuberuntime_image.aggregate_errors", "", "cred.pull-attempts"),
    ("rules.runtime_auth._host_of", "registry-2.io", "cred.runtime.auth"),
    ("rules.runtime_auth._decoded", Login(), "cred.runtime.auth"),
    ("rules.reference.docker_reference", APP, "cred.runtime.recorded-refs"),
    ("rules.registry_answers.manifest_url", "", "cred.runtime.pull-error"),
    (PLUGIN + "is_asked", False, "cred.plugin.provide"),
    ("rules.credential_provider.fits", True, "cred.plugin.match-image"),
    (PLUGIN + "ProviderCache.find", None, "cred.plugin.cache-key"),
    (PLUGIN + "cache_key", "a", "cred.plugin.cache-key"),
    (PLUGIN + "cached_for_us", 1, "cred.plugin.cache-duration"),
    (PLUGIN + "ProviderCache.add", None, "cred.plugin.exec-sequence"),
    (PLUGIN + "ProviderCache._drop_expired", None, "cred.plugin.cache-expiry"),
    ("rules.go_text.json.dumps", "{}", "cred.plugin.request"),
    ("rules.credential_provider._auth", [], "cred.plugin.response"),
    ("rules.credential_provider_config._unknown", (), "cred.plugin.config-read"),
    ("rules.credential_provider_config._token_errors", (), VALIDATED),
    ("rules.credential_provider_config._name_errors", (), VALIDATED),
    ("rules.credential_provider.merged_environment", [], "cred.plugin.env"),
    (PLUGIN + "sent_annotations", {"a": "b"}, "cred.plugin.service-account"),
    (PLUGIN + "check_passwords", GIVEN, "cred.plugin.service-account"),
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
