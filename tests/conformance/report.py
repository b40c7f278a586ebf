"""The conformance report: ``python -m tests.conformance.report`` writes it anew.

Its numbers come from that very run; ``test_cases.py`` holds every row against its own.
"""

from collections.abc import Sequence
from pathlib import Path

from tests.conformance.adapters import ADAPTERS
from tests.conformance.harness import SHIPPED, read_folder
from tests.conformance.judge import Outcome, by_kind, judge

REPORT = Path(__file__).parent / "REPORT.md"

# The beginning of a kind's name -> what its cases pass through.
THROUGH = {
    "admission.always": "`sim/rules/always_pull_images.py`",
    "admission.default": "`sim/rules/pull_policy.py`",
    "admission.pull-policy-sequence": "`APIServer`, its admission",
    "admission.service-account": "`sim/rules/service_account.py`",
    "admission_defaults": "the three rules of admission",
    "backoff": "`sim/rules/backoff.py`",
    "bad_image_timeline": "the whole `Kubelet` on the clock",
    "cred.": "`sim/rules/docker_config.py`, `docker_config_files.py`",
    "cred.default-registry": "`sim/rules/keyring.py`",
    "cred.kubectl-create-secret": "`sim/rules/kubectl_create_secret.py`",
    "cred.lookup": "`sim/rules/keyring.py`, `registry_url.py`",
    "cred.node-config-cache": "`NodeCredentials` and `NodeDockerConfig` on the clock",
    "cred.plugin.": "`CredentialPlugin` on the clock",
    "cred.plugin.config-": "`sim/rules/credential_provider_config.py`",
    "cred.plugin.env": "`sim/rules/credential_provider.py`",
    "cred.plugin.re": "`sim/rules/credential_provider.py`",
    "cred.pod-pull-secrets": "`NodeCredentials` and the kubelet's `ImageManager`",
    "cred.pull-attempts": "the kubelet's `ImageManager` on the clock",
    "cred.runtime.auth": "`sim/rules/runtime_auth.py`",
    "cred.runtime.pull-error": "`sim/rules/registry_answers.py`, `runtime_errors.py`",
    "cred.runtime.recorded-refs": "`sim/rules/reference.py`",
    "cred.secret-keyring": "`NodeCredentials`",
    "cred.secret-validation": "`sim/rules/secret_validation.py`",
    "cred.url-match": "`sim/rules/registry_url.py`",
    "credential_verify": "`ImagePullManager` on its clock, and its records on disk",
    "daemonset_rollout": "the DaemonSet controller on the clock",
    "default_tag": "`sim/rules/image_name.py`",
    "deployment_rollout": "the Deployment and ReplicaSet controllers on the clock",
    "earliest_backoff_in_error": "`sim/rules/pod_sync.py`",
    "ensure_image": "the kubelet's `ImageManager` on the clock",
    "event_stream": "`sim/rules/event_correlator.py`, `kubectl_events.py`",
    "gc_policy_validation": "`sim/rules/image_gc.py`",
    "image_gc": "`ImageGCManager` on the clock",
    "image_locality": "`sim/rules/image_locality.py`",
    "image_manager": "the kubelet's `ImageManager` on the clock",
    "k8s.": "`sim/rules/image_name.py`",
    "keyring": "`sim/rules/keyring.py`, `docker_config.py`",
    "kubectl_print": "`sim/rules/kubectl_get.py`",
    "measured_": "`ContainerRuntime`, registries and `Network` on the clock",
    "merge_credentials": "`sim/rules/pull_records.py`",
    "must_pull": "`ImagePullManager` on its clock",
    "papers": "nothing yet: published figures that are shown, not judged",
    "pod_timeline": "the whole `Kubelet` on the clock",
    "pod_worker_requeue": "`sim/rules/pod_sync.py`",
    "prune_records": "`ImagePullManager` on its clock",
    "pull_concurrency": "the kubelet's `ImageManager` and `Puller` on the clock",
    "pull_queue": "the kubelet's `ImageManager` and `Puller` on the clock",
    "record_": "`ImagePullManager` on its clock",
    "reference": "`sim/rules/reference.py`",
    "restart_recovery": "`ImagePullManager` on its clock",
    "statefulset_rollout": "the StatefulSet controller on the clock",
    "runtime_error_mapping": "`sim/rules/runtime_errors.py`",
    "throttle": "`sim/rules/throttle.py`",
    "verification": "`sim/rules/verification.py`",
}

HEAD = """\
# Conformance report

Written by `python -m tests.conformance.report`; every row is held against the run \
of `python -m pytest tests/conformance`. The judge is upstream: Kubernetes v1.36.2 \
with its default feature gates (a case may set a gate), and `distribution/reference` \
v0.6.0. What the kinds are, and how they are compared: [README](README.md).

| kind | cases | agree | through |
| --- | ---: | ---: | --- |
"""

STAND_INS = """
## Stood in for

- Container runtime and registry: a table of images with the times and errors that a \
trace gives, behind the calls that the simulated runtime offers.
- API server: in memory and without latency, as in the recordings.
- Kubelet under rollouts: makes pods ready and gone after the times that a trace gives.
"""


def through(kind: str) -> str:
    """Return what the cases of a kind pass through; the longest match counts."""
    found = [prefix for prefix in THROUGH if kind.startswith(prefix)]
    return THROUGH[max(found, key=len)]


def row(outcome: Outcome) -> str:
    """Return the line of the table that a run of one kind gives."""
    return (
        f"| `{outcome.kind}` | {outcome.total} | {outcome.agreeing} "
        f"| {through(outcome.kind)} |"
    )


def render(outcomes: Sequence[Outcome]) -> str:
    """Return the whole report."""
    total = sum(outcome.total for outcome in outcomes)
    agreeing = sum(outcome.agreeing for outcome in outcomes)
    rows = [row(outcome) for outcome in outcomes]
    rows.append(f"| together | {total} | {agreeing} | |")
    return HEAD + "\n".join(rows) + "\n" + _differing(outcomes) + STAND_INS


def _differing(outcomes: Sequence[Outcome]) -> str:
    lines = [
        f"- `{outcome.kind}` {case}: {step.where}"
        for outcome in outcomes
        for case, step in outcome.differing.items()
    ]
    if not lines:
        return ""
    return "\n## Differ\n\n" + "\n".join(lines) + "\n"


def written() -> str:
    """Return the report as it stands."""
    return REPORT.read_text(encoding="utf-8")


def main() -> None:
    """Run all cases that ship and write the report."""
    cases = by_kind(read_folder(SHIPPED))
    outcomes = [judge(kind, ADAPTERS[kind], found) for kind, found in cases.items()]
    REPORT.write_text(render(outcomes), encoding="utf-8")


if __name__ == "__main__":
    main()
