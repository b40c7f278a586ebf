"""Kubectl's commands, carried out or refused: small worlds run to a moment."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sim.analysis.explain import explain
from sim.cluster.world import World, simulate
from sim.record.kinds import Kind
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

SCENARIO = """
title: t
until: 20m
images:
  - name: r.example/web
    builds: {v1: {layers: {a: 1MB}}, v2: {layers: {a: 2MB}}}
    tags: {v1: v1, v2: v2, latest: v2}
nodes: [{name: n, count: 2}]
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: bare}, spec: {containers: [
      {name: web, image: "r.example/web:v1"}]}}
  - web.yaml
"""
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: init, image: "r.example/web:v1"}]
      containers: [{name: web, image: "r.example/web:v1"}]
"""


def write(tmp_path: Path, *lines: str, extra: str = "") -> Path:
    """Write a scenario whose acts come at 2m, 4m, 6m ..."""
    acts = [
        f"  - {{at: {2 * number}m, run: '{line}'}}"
        for number, line in enumerate(lines, 1)
    ]
    (tmp_path / "web.yaml").write_text(WEB)
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO + "timeline:\n" + "\n".join(acts) + "\n" + extra)
    return path


def run(tmp_path: Path, *lines: str, extra: str = "") -> World:
    world = World(load_scenario(write(tmp_path, *lines, extra=extra)).variants[0])
    world.run()
    return world


def images(world: World) -> Counter[str]:
    """Return what the containers of the Deployment's pods are to run."""
    return Counter(
        pod.spec.containers[0].image
        for pod in world.api.pods.values()
        if pod.owner == "default/deployment/web"
    )


def errors(world: World) -> list[str]:
    return [row.reason for row in world.log.rows(Kind.KUBECTL) if row.reason]


def test_set_image_starts_a_rollout_and_keeps_the_policy(tmp_path: Path) -> None:
    """The policy was filled in from the tag v1; latest does not change it."""
    world = run(tmp_path, "kubectl set image deployment/web web=r.example/web")

    pods = [p for p in world.api.pods.values() if p.owner]
    assert images(world) == {"r.example/web": 2}
    assert {p.spec.containers[0].image_pull_policy for p in pods} == {"IfNotPresent"}
    assert {p.spec.init_containers[0].image for p in pods} == {"r.example/web:v1"}


def test_a_star_is_every_container(tmp_path: Path) -> None:
    """Init containers too."""
    world = run(tmp_path, "kubectl set image deployment/web *=r.example/web:v2")

    pods = [p for p in world.api.pods.values() if p.owner]
    assert {p.spec.init_containers[0].image for p in pods} == {"r.example/web:v2"}


def test_undo_goes_back_one_revision_or_to_the_one_named(tmp_path: Path) -> None:
    """An undone revision gets a new number, so that a second undo comes back."""
    set_image = "kubectl set image deployment/web web=r.example/web:v2"
    undo = "kubectl rollout undo deployment/web"

    assert images(run(tmp_path, set_image, undo)) == {"r.example/web:v1": 2}
    assert images(run(tmp_path, set_image, undo, undo)) == {"r.example/web:v2": 2}
    to_two = run(tmp_path, set_image, undo, f"{undo} --to-revision=2")
    assert images(to_two) == {"r.example/web:v2": 2}


@pytest.mark.parametrize(
    ("undo", "error"),
    [
        (
            "kubectl rollout undo deployment/web",
            'error: no rollout history found for deployment "web"',
        ),
        (
            "kubectl rollout undo deployment/web --to-revision=5",
            "error: unable to find specified revision 5 in history",
        ),
    ],
)
def test_an_undo_to_nowhere_is_refused(undo: str, error: str, tmp_path: Path) -> None:
    """The row has kubectl's error, and nothing changes.

    That the image before it is the old one is known in the run only.
    """
    same = "kubectl set image deployment/web web=r.example/web:v1"
    world = run(tmp_path, same, undo)

    assert errors(world) == [error]
    assert images(world) == {"r.example/web:v1": 2}


def test_a_paused_rollout_waits_for_its_resumption(tmp_path: Path) -> None:
    """Meanwhile restart and undo are refused, and so is pausing once more."""
    world = run(
        tmp_path,
        "kubectl rollout pause deployment/web",
        "kubectl set image deployment/web web=r.example/web:v2",
        "kubectl rollout pause deployment/web",
        "kubectl rollout restart deployment/web",
        "kubectl rollout undo deployment/web",
        "kubectl rollout resume deployment/web",
        "kubectl rollout resume deployment/web",
    )

    assert [error.partition('"web" ')[2] or error[:30] for error in errors(world)] == [
        "is already paused",
        "can't restart paused deployment (run rollout resume first)",
        "error: you cannot rollback a p",
        "is not paused",
    ]
    (scaled,) = (
        row
        for row in world.log.rows(Kind.SCALED_REPLICA_SET)
        if row.time_us and not row.span
    )
    assert scaled.time_us == 12 * MINUTE
    assert images(world) == {"r.example/web:v2": 2}


def test_the_image_of_a_pod_is_edited(tmp_path: Path) -> None:
    """Its explanation leads to the command."""
    path = write(tmp_path, "kubectl set image pod/bare web=r.example/web:v2")
    log, meta = simulate(load_scenario(path).variants[0])

    text = explain(log, meta, "pod/bare")

    assert "runs the build v2" in text
    killing = next(log.rows(Kind.KILLING))
    assert log[killing.cause].text.startswith("kubectl set image pod/bare")


def test_admission_may_refuse_an_edit(tmp_path: Path) -> None:
    """A pod of before AlwaysPullImages has another policy, which an edit cannot set."""
    path = write(
        tmp_path,
        "kubectl set image pod/bare web=r.example/web:v2",
        extra="admission: [AlwaysPullImages]\n",
    )
    world = World(load_scenario(path).variants[0])

    def from_before() -> None:
        pod = world.api.pods["default/bare"]
        (web,) = pod.spec.containers
        older = replace(web, image_pull_policy="IfNotPresent")
        pod.spec = replace(pod.spec, containers=(older,))

    world.env.call_after(MINUTE, from_before)
    world.run()

    (error,) = errors(world)
    assert error.startswith(
        'error: failed to patch image update to pod template: Pod "bare" is invalid'
    )
    assert world.api.pods["default/bare"].spec.containers[0].image.endswith(":v1")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("kubectl delete pod web-x", 'pods "web-x" not found'),
        ("kubectl delete pod web-", "'web-' is the beginning of 2 pods' names"),
        ("kubectl set image pod/none a=b", 'pods "none" not found'),
        ("kubectl delete secret none", 'secrets "none" not found'),
        (
            'kubectl patch sa none -p "{imagePullSecrets: []}"',
            'serviceaccounts "none" not found',
        ),
    ],
)
def test_what_is_not_there_is_not_found(line: str, error: str, tmp_path: Path) -> None:
    """As the API server says it."""
    world = run(tmp_path, line)

    (told,) = errors(world)
    assert error in told


def test_a_workload_that_comes_later_is_not_found_before(tmp_path: Path) -> None:
    """Its name is known to the scenario, not yet to the API server."""
    late = WEB.replace("{name: web}\n", "{name: late}\n", 1)
    path = write(
        tmp_path,
        "kubectl scale deployment/late --replicas=1",
        "kubectl apply -f late.yaml",
    )
    (tmp_path / "late.yaml").write_text(late)
    world = World(load_scenario(path).variants[0])
    world.run()

    assert errors(world) == [
        'Error from server (NotFound): deployments.apps "late" not found'
    ]
    assert sum(p.owner.endswith("/late") for p in world.api.pods.values()) == 2


def test_a_secret_is_made_once_and_an_account_hands_it_out(tmp_path: Path) -> None:
    """Pods of before the patch keep what they have."""
    create = (
        "kubectl create secret docker-registry regcred "
        "--docker-server=r.example --docker-username=u --docker-password=p"
    )
    patch = 'kubectl patch sa default -p "{imagePullSecrets: [{name: regcred}]}"'
    world = run(
        tmp_path, create, create, patch, "kubectl scale deployment/web --replicas=3"
    )

    (error,) = errors(world)
    assert "AlreadyExists" in error
    given = [p.spec.image_pull_secrets for p in world.api.pods.values() if p.owner]
    assert sorted(given) == [(), (), ("regcred",)]


def test_pods_and_secrets_are_deleted(tmp_path: Path) -> None:
    """A pod by any beginning of its name that is its own."""
    world = run(
        tmp_path,
        "kubectl create secret docker-registry s --docker-username=u "
        "--docker-password=p",
        "kubectl delete secret s",
        "kubectl delete pod ba",
    )

    (deleted,) = (r for r in world.log.rows(Kind.POD_DELETED) if r.pod.endswith("bare"))
    assert errors(world) == []
    assert world.api.secrets.secret("default", "s") is None
    assert world.log[deleted.cause].text == "kubectl delete pod ba"


def test_a_node_is_cordoned_until_it_is_uncordoned(tmp_path: Path) -> None:
    """Twice is once; a node that never joined is not found."""
    world = run(
        tmp_path,
        "kubectl cordon n-1",
        "kubectl cordon n-1",
        "kubectl scale deployment/web --replicas=6",
        "kubectl uncordon n-1",
        "kubectl uncordon n-1",
        "kubectl scale deployment/web --replicas=8",
        extra="",
    )

    assert len(list(world.log.rows(Kind.NODE_CORDONED))) == 1
    (uncordoned,) = world.log.rows(Kind.NODE_UNCORDONED)
    scheduled = [
        row
        for row in world.log.rows(Kind.SCHEDULED)
        if row.node == "n-1" and row.time_us > 2 * MINUTE
    ]
    assert uncordoned.time_us == 8 * MINUTE
    assert {row.time_us // MINUTE for row in scheduled} == {12}


POD = """
apiVersion: v1
kind: Pod
metadata: {name: bare}
spec: {containers: [{name: web, image: "r.example/web:v2"}]}
"""
OPAQUE = """
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {a: b}
"""


def applied(tmp_path: Path, *files: str) -> World:
    """Apply one text after the other, at 2m, 4m ..., and run to the end."""
    lines = []
    for number, text in enumerate(files):
        (tmp_path / f"{number}.yaml").write_text(text)
        lines.append(f"kubectl apply -f {number}.yaml")
    return run(tmp_path, *lines)


def test_an_applied_manifest_with_another_image_starts_a_rollout(
    tmp_path: Path,
) -> None:
    """The policy that was filled in stays; so does what others wrote."""
    latest = WEB.replace('web, image: "r.example/web:v1"', "web, image: r.example/web")
    world = applied(tmp_path, latest.replace("  replicas: 2\n", "  paused: true\n"))

    assert images(world) == {"r.example/web:v1": 1}

    world = applied(tmp_path, latest)

    pods = [p for p in world.api.pods.values() if p.owner]
    (act,) = world.log.rows(Kind.KUBECTL)
    scaled = [r for r in world.log.rows(Kind.SCALED_REPLICA_SET) if r.time_us]
    assert {p.spec.containers[0].image_pull_policy for p in pods} == {"IfNotPresent"}
    assert images(world) == {"r.example/web": 2}
    assert scaled[0].cause == act.row


def test_an_applied_pod_takes_the_image_and_nothing_else(tmp_path: Path) -> None:
    """What is refused is a row, and does not stop the rest of the file."""
    other = POD.replace("spec: {", "spec: {restartPolicy: Never, ")
    world = applied(tmp_path, other + "---" + OPAQUE, POD)

    (refusal,) = errors(world)
    assert refusal.startswith('The Pod "bare" is invalid: spec: Forbidden')
    assert world.api.secrets.secret("default", "s") is not None
    (web,) = world.api.pods["default/bare"].status.containers
    assert (web.image, web.restart_count) == ("r.example/web:v2", 1)


def test_a_deployment_that_comes_later_and_has_no_pod_is_explained(
    tmp_path: Path,
) -> None:
    """By its name alone."""
    late = WEB.replace("{name: web}", "{name: late}", 1).replace("as: 2", "as: 0")
    (tmp_path / "late.yaml").write_text(late)
    path = write(tmp_path, "kubectl apply -f late.yaml")
    log, meta = simulate(load_scenario(path).variants[0])

    assert explain(log, meta, "deployment/late")


def test_a_secret_s_type_is_not_changed_by_an_apply(tmp_path: Path) -> None:
    """As the API server says it."""
    typed = OPAQUE.replace("stringData", "type: example.com/x\nstringData")
    world = applied(tmp_path, OPAQUE, typed)

    (refusal,) = errors(world)
    assert "field is immutable" in refusal


def test_a_container_that_comes_later_is_not_found_before(tmp_path: Path) -> None:
    """Its name is known to the scenario; nothing changes."""
    later = WEB.replace("{name: web, image", "{name: shop, image")
    (tmp_path / "0.yaml").write_text(later)
    world = run(
        tmp_path,
        "kubectl set image deployment/web shop=r.example/web:v2",
        "kubectl apply -f 0.yaml",
    )

    assert errors(world) == ['error: unable to find container named "shop"']
    assert images(world) == {"r.example/web:v1": 2}


@pytest.mark.parametrize(
    ("undo", "error"),
    [
        ("kubectl rollout undo ds/log", "error: no last revision to roll back to"),
        ("kubectl scale ds/log --replicas=2", "could not find the requested"),
    ],
)
def test_a_daemon_set_is_neither_scaled_nor_undone_to_nowhere(
    undo: str, error: str, tmp_path: Path
) -> None:
    """It has a rollout history, but no number of replicas."""
    same = "kubectl set image ds/log web=r.example/web:v1"
    path = write(tmp_path, same, undo)
    daemons = WEB.replace("Deployment", "DaemonSet").replace("  replicas: 2\n", "")
    (tmp_path / "web.yaml").write_text(daemons.replace("{name: web}", "{name: log}", 1))
    world = World(load_scenario(path).variants[0])
    world.run()

    (told,) = errors(world)
    assert error in told


def test_a_daemon_set_goes_back_to_its_image_of_before(tmp_path: Path) -> None:
    """As a Deployment does."""
    path = write(
        tmp_path,
        "kubectl set image ds/log web=r.example/web:v2",
        "kubectl rollout undo ds/log",
    )
    daemons = WEB.replace("Deployment", "DaemonSet").replace("  replicas: 2\n", "")
    (tmp_path / "web.yaml").write_text(daemons.replace("{name: web}", "{name: log}", 1))
    world = World(load_scenario(path).variants[0])
    world.run()

    pods = [p for p in world.api.pods.values() if p.owner.endswith("daemonset/log")]
    assert {p.spec.containers[0].image for p in pods} == {"r.example/web:v1"}
    assert errors(world) == []
