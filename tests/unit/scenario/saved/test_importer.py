"""A saved cluster becomes a scenario that runs, and keeps no secret."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.tables import derive
from sim.cluster.world import simulate
from sim.errors import ScenarioError
from sim.record.kinds import Kind
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.scenario.saved.importer import Imported, import_files

CLUSTER = Path(__file__).with_name("cluster.json")
SECRETS = ("do-not-tell", "eyJhdXRocyI6")
OWNER = "shop/deployment/web"


@pytest.fixture(scope="module")
def imported() -> Imported:
    return import_files([CLUSTER])


@pytest.fixture(scope="module")
def scenario(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("imported") / "cluster.yaml"
    path.write_text(imported.text, encoding="utf-8")
    return path


def test_what_is_in_it_is_counted_and_what_is_not_is_listed(
    imported: Imported,
) -> None:
    """Counts of what was taken; a note on everything left out or guessed."""
    assert imported.counts == {"nodes": 3, "images": 2, "pods": 3, "other objects": 2}
    notes = "\n".join(imported.notes)
    assert "ConfigMap: 1" in notes
    assert "pods that have ended: 1" in notes
    assert "shop/web:stable differs between nodes" in notes
    assert "taken to hold stable-a1a1a1a1" in notes


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_reaches_the_scenario(imported: Imported, secret: str) -> None:
    """Environments, annotations and the data of Secrets are not copied."""
    assert secret in CLUSTER.read_text(encoding="utf-8")
    assert secret not in imported.text
    assert not any(secret in note for note in imported.notes)


def test_nodes_hold_what_they_listed(scenario: Path) -> None:
    """Every image of every node is there with its digest; a cordon stays."""
    first = load_scenario(scenario).variants[0]

    groups = {group.name: group for group in first.node_groups}
    assert set(groups) == {"blue-1", "blue-2", "blue-3", "fresh"}
    assert [image.image for image in groups["blue-1"].pre_pulled] == [
        "registry.example/shop/web:stable",
        "docker.io/library/redis:7",
    ]
    assert groups["blue-3"].unschedulable
    assert first.kubernetes == "1.34"


def test_pods_keep_what_they_run(scenario: Path) -> None:
    """Before anything happens two builds serve, and no event tells of a start."""
    log, meta = simulate(load_scenario(scenario).variants[0])

    service = derive(log, meta).service
    early = service[service["start_us"] == 0]
    assert sorted(early["build"]) == ["stable-a1a1a1a1"] * 2 + ["stable-b2b2b2b2"]
    assert set(early["owner"]) == {OWNER}


def test_the_question_has_an_answer(scenario: Path) -> None:
    """The fresh node pulls the next build; nodes that hold the old one keep it."""
    log, meta = simulate(load_scenario(scenario).variants[0])

    service = derive(log, meta).service
    running = service[service["open"]]
    builds = set(zip(running["node"], running["build"], strict=True))
    assert len(running) == 3
    assert ("fresh", "stable-next") in builds
    assert builds & {("blue-1", "stable-a1a1a1a1"), ("blue-2", "stable-a1a1a1a1")}
    assert {build for node, build in builds if node != "fresh"} == {"stable-a1a1a1a1"}


def test_the_files_themselves_are_a_scenario(tmp_path: Path) -> None:
    """``nodes`` and ``objects`` take what kubectl printed, without an import."""
    path = tmp_path / "direct.yaml"
    path.write_text(
        f"title: t\nuntil: 1m\nnodes: [{CLUSTER}]\nobjects: [{CLUSTER}]\n",
        encoding="utf-8",
    )

    (scenario,) = load_scenario(path).variants

    saved = [o for o in scenario.objects if isinstance(o, model.PodObject)]
    assert [pod.saved.owner for pod in saved if pod.saved] == [OWNER] * 3
    assert len(scenario.node_groups) == 3
    assert any("differs between nodes" in warning for warning in scenario.warnings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"kind": "List", "items": [{"kind": "Pod"}]}', "metadata.name is missing"),
        ('{"kind": "List", "items": [{"metadata": {}}]}', "kind is missing"),
        ('{"kind": "List", "items": [7]}', "expected a Kubernetes object"),
        ('{"kind": "List", "items": [', "not valid YAML"),
        ("\t- a: 1", "not tabs"),
    ],
)
def test_bad_files_are_told(content: str, message: str, tmp_path: Path) -> None:
    """What is no object is named with its place; nothing is written."""
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ScenarioError, match=message):
        import_files([path])


def test_pods_alone_bring_their_nodes(tmp_path: Path) -> None:
    """Without Node objects, nodes are guessed from what pods run there."""
    path = tmp_path / "pods.yaml"
    path.write_text(
        """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  nodeName: n1
  containers: [{name: c, image: "nginx:1"}]
status:
  phase: Running
  containerStatuses:
  - {name: c, imageID: "docker-pullable://nginx@sha256:%s", state: {running: {}}}
"""
        % ("ab" * 32),
        encoding="utf-8",
    )

    imported = import_files([path])

    assert imported.counts["nodes"] == 1
    assert any("guessed: node n1" in note for note in imported.notes)
    assert "image: docker.io/library/nginx:1" in imported.text


def _node(images: int) -> dict[str, Any]:
    entries = [
        {"names": [f"r.example/app{n}@sha256:{n:064x}", f"r.example/app{n}:v1"]}
        for n in range(images)
    ]
    return {"kind": "Node", "metadata": {"name": "n"}, "status": {"images": entries}}


def _pod(number: int, **status: Any) -> dict[str, Any]:
    shown = {"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": f"p{number}"},
        "spec": {
            "nodeName": "n",
            "containers": [{"name": "c", "image": f"r.example/app{number % 50}:v1"}],
        },
        "status": {"phase": "Running", "containerStatuses": [shown | status]},
    }


def _imported(folder: Path, *objects: dict[str, Any]) -> Imported:
    path = folder / "saved.json"
    path.write_text(json.dumps({"kind": "List", "items": objects}))
    return import_files([path])


def test_a_node_that_lists_fifty_images_may_hold_more(tmp_path: Path) -> None:
    """A kubelet reports no more than that, so this is said."""
    full = _imported(tmp_path, _node(50))
    fewer = _imported(tmp_path, _node(49))

    assert any("may hold more, smaller ones: 1 (n)" in note for note in full.notes)
    assert not any("may hold more" in note for note in fewer.notes)


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_a_pod_that_waits_tries_again(reason: str, tmp_path: Path) -> None:
    """It is on its node, nothing of it runs: the kubelet pulls as for a new pod."""
    waits = _pod(0, imageID="", state={"waiting": {"reason": reason}})
    path = tmp_path / "s.yaml"
    path.write_text(_imported(tmp_path, _node(0), waits).text, encoding="utf-8")
    log, _ = simulate(load_scenario(path).variants[0])

    pulled = next(log.rows(Kind.PULLED))
    assert (pulled.pod, pulled.node) == ("default/p0", "n")
    assert next(log.rows(Kind.STARTED)).time_us > pulled.time_us


def test_an_image_id_without_a_digest_is_of_its_repository(tmp_path: Path) -> None:
    """Docker named what it had built by a bare ID; the pod goes on with it."""
    bare = _pod(0, imageID=f"docker://sha256:{7:064x}")
    path = tmp_path / "s.yaml"
    path.write_text(_imported(tmp_path, _node(0), bare).text, encoding="utf-8")
    log, _ = simulate(load_scenario(path).variants[0])
    started = next(log.rows(Kind.STARTED))

    assert started.time_us == 0
    assert started.digest == f"sha256:{7:064x}"


@pytest.mark.slow
def test_five_thousand_pods_fit_into_a_scenario(tmp_path: Path) -> None:
    """The text stays below what a scenario may have, and is read in seconds."""
    pods = [_pod(n, imageID=f"r.example/app@sha256:{n % 50:064x}") for n in range(5000)]
    path = tmp_path / "s.yaml"
    started = time.process_time()
    path.write_text(_imported(tmp_path, _node(50), *pods).text, encoding="utf-8")
    loaded = load_scenario(path).variants[0]

    assert len(loaded.objects) >= 5000
    assert path.stat().st_size < 4_000_000
    assert time.process_time() - started < 60
