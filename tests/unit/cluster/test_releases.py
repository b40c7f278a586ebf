"""What each field of a release's profile changes, seen in runs on both sides."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.events import kubernetes_events
from sim.cluster.world import simulate
from sim.errors import ScenarioError
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.rules.profiles import PROFILES, VERSIONS, Gate, Profile
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.units import MILLISECOND, MINUTE, SECOND

HEAD = """
title: t
until: 15m
images:
  - {name: r.example/app, builds: {v1: {layers: {a: 40MB}}}, tags: {v1: v1}}
  - {name: r.example/more, builds: {v1: {layers: {b: 40MB}}}, tags: {v1: v1}}
"""
DEPLOYMENT = """\
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: late}
    spec:
      replicas: 0
      selector: {matchLabels: {app: late}}
      template:
        metadata: {labels: {app: late}}
        spec: {containers: [{name: app, image: "r.example/app:v1"}]}
timeline: [{at: 2m, run: kubectl scale deployment/late --replicas=1}]
"""
PRIVATE = "registries: {r.example: {accounts: {u: p}}}\n"
ALLOWED = """
nodes:
  - name: n
    images: ["r.example/app:v1"]
    kubelet:
      imagePullCredentialsVerificationPolicy: NeverVerifyAllowlistedImages
      preloadedImagesVerificationAllowlist: [r.example/app]
"""
STRANGER = """
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Secret
    metadata: {name: key}
    type: kubernetes.io/dockerconfigjson
    stringData:
      .dockerconfigjson: '{"auths": {"r.example": {"username": "u", "password": "p"}}}'
  - apiVersion: v1
    kind: Pod
    metadata: {name: owner}
    spec:
      imagePullSecrets: [{name: key}]
      containers: [{name: app, image: "r.example/app:v1"}]
"""
POD = """
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec: {containers: [{name: app, image: "r.example/app:v1"}]}
"""
CRASHES = """
timeline:
  - {at: 1m, crash: pod/p}
  - {at: 1m20s, crash: pod/p}
  - {at: 2m, crash: pod/p}
  - {at: 4m, crash: pod/p}
"""
SPELLINGS = """
registries: {docker.io: {accounts: {u: p}, holds: anything}}
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Secret
    metadata: {name: key}
    type: kubernetes.io/dockerconfigjson
    stringData:
      .dockerconfigjson: '{"auths": {"docker.io": {"username": "u", "password": "p"}}}'
  - apiVersion: v1
    kind: Pod
    metadata: {name: first}
    spec:
      imagePullSecrets: [{name: key}]
      containers: [{name: app, image: "app:v1"}]
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: late}
    spec:
      replicas: 0
      selector: {matchLabels: {app: late}}
      template:
        metadata: {labels: {app: late}}
        spec:
          imagePullSecrets: [{name: key}]
          containers: [{name: app, image: "docker.io/library/app:v1"}]
timeline: [{at: 2m, run: kubectl scale deployment/late --replicas=1}]
"""
TOKENS = """
nodes:
  - name: n
    kubelet:
      imageCredentialProviderConfig:
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
          - name: p
            apiVersion: credentialprovider.kubelet.k8s.io/v1
            matchImages: [r.example]
            defaultCacheDuration: 1m
            tokenAttributes:
              serviceAccountTokenAudience: r
              requireServiceAccount: true
              cacheType: Token
    credentialProviders: {p: {cacheKeyType: Image, auth: {}}}
"""
VOLUME = """
nodes: [{name: n}]
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
      volumes: [{name: data, image: {reference: "r.example/more:v1"}}]
      containers:
        - name: app
          image: r.example/app:v1
          volumeMounts: [{name: data, mountPath: /data}]
"""
FULL = """
nodes: [{name: n, disk: 1GB, diskUsed: 900MB}]
"""
LIMIT = (
    "nodes: [{name: n, kubelet: {crashLoopBackOff: {maxContainerRestartPeriod: 5s}}}]"
)
POLICY = """
nodes:
  - {name: n, kubelet: {imagePullCredentialsVerificationPolicy: AlwaysVerify}}
"""


class Release:
    """Runs scenarios as one release would."""

    def __init__(self, folder: Path, version: str) -> None:
        self._path = folder / "s.yaml"
        self._version = version

    def load(self, text: str) -> model.Scenario:
        """Return the scenario of this text."""
        self._path.write_text(f'{HEAD}kubernetes: "{self._version}"\n{text}')
        return load_scenario(self._path).variants[0]

    def run(self, text: str) -> tuple[EventLog, dict[str, Any]]:
        """Return the record of this text."""
        return simulate(self.load(text))

    def events(self, text: str, reason: str) -> list[str]:
        """Return the messages of the events with this reason."""
        sent = kubernetes_events(*self.run(text))
        return [event.message for event in sent if event.reason == reason]

    def waiting(self, text: str) -> list[str]:
        """Return the messages of containers that wait with ImagePullBackOff."""
        rows = self.run(text)[0].rows(Kind.CONTAINER_WAITING, reason="ImagePullBackOff")
        return [row.text for row in rows]

    def late_starts(self, text: str) -> bool:
        """Tell whether a pod of the Deployment ``late`` ever ran."""
        rows = self.run(text)[0].rows(Kind.STARTED)
        return any(row.pod.startswith("default/late-") for row in rows)

    def reaction_us(self, text: str) -> int:
        """Return how long after its start a container shows as running."""
        log, _ = self.run(text)
        started = next(log.rows(Kind.STARTED))
        return next(log.rows(Kind.CONTAINER_RUNNING)).time_us - started.time_us


def treatment(release: Release, text: str) -> list[str]:
    """Return the warnings about a scenario, or the mistakes for which it is refused."""
    try:
        return list(release.load(text).warnings)
    except ScenarioError as error:
        return [fault.message for fault in error.faults]


def back_off_events(release: Release) -> bool:
    """Tell whether a long restart back-off is looked at again and again."""
    rows = release.run(POD + CRASHES)[0].rows(Kind.RESTART_BACK_OFF)
    return len([row for row in rows if row.time_us >= 4 * MINUTE]) > 1


Probe = Callable[[Release], object]
# Field: (first release with it, what a run shows, before, from then on).
ON_BOTH_SIDES: dict[str, tuple[str, Probe, object, object]] = {
    "ensure_secret_pulled_images": (
        "1.35",
        lambda r: r.late_starts(PRIVATE + STRANGER + DEPLOYMENT),
        True,
        False,
    ),
    "service_account_tokens_for_providers": (
        "1.34",
        lambda r: treatment(r, TOKENS),
        [
            (
                "the kubelet would not start: providers.tokenAttributes: Forbidden: "
                "tokenAttributes is not supported when "
                "KubeletServiceAccountTokenForCredentialProviders feature gate is "
                "disabled"
            )
        ],
        [],
    ),
    "repository_as_written": (
        "1.36",
        lambda r: len(r.events(SPELLINGS, "Pulling")),
        1,
        2,
    ),
    "crash_loop_back_off_max": (
        "1.32",
        lambda r: treatment(r, LIMIT),
        ["n: kubelet: crashLoopBackOff is ignored: Kubernetes 1.31 does not know it"],
        [
            (
                "invalid configuration: FeatureGate KubeletCrashLoopBackOffMax not "
                "enabled, CrashLoopBackOff.MaxContainerRestartPeriod must not be set"
            )
        ],
    ),
    "image_volume": (
        "1.35",
        lambda r: len(r.events(VOLUME, "Pulling")),
        1,
        2,
    ),
    "last_error_in_back_off": (
        "1.32",
        lambda r: r.waiting(POD.replace("app:v1", "app:v2"))[0].count("not found"),
        0,
        1,
    ),
    "disk_space_advice": (
        "1.34",
        lambda r: r.events(FULL, "FreeDiskSpaceFailed")[0][:30],
        "Failed to garbage collect requ",
        "Insufficient free disk space o",
    ),
    "heed_restart_back_off": ("1.35", back_off_events, True, False),
    "new_container_wording": (
        "1.35",
        lambda r: r.events(POD, "Created"),
        ["Created container: app"],
        ["Container created"],
    ),
    "on_demand_relist": (
        "1.36",
        lambda r: r.reaction_us(POD) < 10 * MILLISECOND,
        False,
        True,
    ),
    "allowlist_trims_images": (
        "1.36",
        lambda r: r.late_starts(PRIVATE + ALLOWED + "objects:\n" + DEPLOYMENT),
        False,
        True,
    ),
}


def test_every_difference_is_seen_on_both_sides() -> None:
    """A field that no run shows would be a difference in name only."""
    named = {field.name for field in fields(Profile)} - {"version"}

    assert set(ON_BOTH_SIDES) == named


@pytest.mark.parametrize("field", ON_BOTH_SIDES)
def test_a_field_changes_what_happens_at_its_release(
    field: str, tmp_path: Path
) -> None:
    """The release before behaves the old way, the first one the new way."""
    first, probe, before, after = ON_BOTH_SIDES[field]
    former = VERSIONS[VERSIONS.index(first) - 1]

    assert getattr(PROFILES[former], field) != getattr(PROFILES[first], field)
    assert probe(Release(tmp_path, former)) == before
    assert probe(Release(tmp_path, first)) == after


def test_a_kubelet_refuses_settings_whose_gate_is_off(tmp_path: Path) -> None:
    """Unknown settings are ignored with a warning, known ones refused until on."""
    told = {
        v: treatment(Release(tmp_path, v), POLICY) for v in ("1.32", "1.34", "1.35")
    }

    key = "imagePullCredentialsVerificationPolicy"
    gate = "KubeletEnsureSecretPulledImages feature gate is not enabled"
    assert told == {
        "1.32": [f"n: kubelet: {key} is ignored: Kubernetes 1.32 does not know it"],
        "1.34": [f"invalid configuration: `{key}` must not be set if {gate}"],
        "1.35": [],
    }


def test_a_short_restart_back_off_is_used_where_its_gate_is_on(tmp_path: Path) -> None:
    """From v1.35 on no restart waits longer than the node's own limit."""
    limited = POD.replace("nodes: [{name: n}]", LIMIT) + CRASHES

    longest = {}
    for version in ("1.31", "1.35"):
        log, _ = Release(tmp_path, version).run(limited)
        longest[version] = max(row.span for row in log.rows(Kind.RESTART_BACK_OFF))

    assert longest["1.31"] >= 20 * SECOND
    assert longest["1.35"] == 5 * SECOND


def test_a_dropped_image_volume_is_told(tmp_path: Path) -> None:
    """Where image volumes are off the API server drops them; a warning says so."""
    scenario = Release(tmp_path, "1.34").load(VOLUME)

    assert scenario.warnings == (
        "p: volume data is dropped: image volumes do not work in Kubernetes 1.34",
    )


def test_an_unknown_release_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    """The mistake names what was found and what there is."""
    known = "1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36"

    for version in ("1.29", "1.37", "2", "newest"):
        told = treatment(Release(tmp_path, version), POD)
        assert told == [f"kubernetes {version!r} is not known; known are: {known}"]


def test_gates_come_in_order() -> None:
    """No release takes back what an earlier one had."""
    order = list(Gate)
    gates = ("ensure_secret_pulled_images", "crash_loop_back_off_max", "image_volume")

    for name in gates:
        stages = [order.index(getattr(PROFILES[v], name)) for v in VERSIONS]
        assert stages == sorted(stages)
        assert stages[-1] == order.index(Gate.ON)
