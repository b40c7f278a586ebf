"""What people do on nodes: logins that reach no kubelet, copies that do, crictl."""

from pathlib import Path

from sim.analysis.explain import explain
from sim.cluster.world import World, simulate
from sim.record.kinds import Kind
from sim.scenario.loader import load_scenario
from sim.units import MINUTE

SCENARIO = """
title: t
until: 30m
images:
  - {name: r.example/web, builds: {v1: {layers: {a: 1MB}}}, tags: {v1: v1}}
registries: {r.example: {accounts: {u: p}}}
nodes:
  - {name: n, count: 2}
  - {name: late, joinsAt: 20m}
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: one}
    spec: {nodeName: n-1, containers: [{name: web, image: "r.example/web:v1"}]}
timeline:
"""
LOGIN = "docker login r.example -u u -p p"
COPY = "scp ~/.docker/config.json root@n:/var/lib/kubelet/config.json"


def write(tmp_path: Path, *lines: tuple[str, str]) -> Path:
    """Write a scenario whose acts (line, node) come at 1m, 2m ..."""
    acts = [
        f"  - {{at: {number}m, run: '{line}', on: {node}}}"
        for number, (line, node) in enumerate(lines, 1)
    ]
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO + "\n".join(acts) + "\n")
    return path


def run(tmp_path: Path, *lines: tuple[str, str]) -> World:
    world = World(load_scenario(write(tmp_path, *lines)).variants[0])
    world.run()
    return world


def failures(world: World) -> list[str]:
    rows = world.log.rows(Kind.NODE_COMMAND, Kind.COMMAND_FAILED)
    return [row.reason for row in rows if row.reason]


def test_a_login_alone_does_not_reach_the_kubelet(tmp_path: Path) -> None:
    """It does not look into the home of root."""
    world = run(tmp_path, (LOGIN, "n-1"))

    assert failures(world) == []
    assert not world.api.pods["default/one"].ready


def test_a_copy_to_the_kubelet_s_place_counts_within_five_minutes(
    tmp_path: Path,
) -> None:
    """The kubelet remembers for that long that it had found nothing."""
    path = write(tmp_path, (LOGIN, "n-2"), (COPY, "n-2"))
    log, meta = simulate(load_scenario(path).variants[0])

    (pulled,) = log.rows(Kind.PULLED)
    text = explain(log, meta, "pod/one")

    assert pulled.time_us > 5 * MINUTE
    assert "runs the build v1" in text
    started = next(r for r in log.rows(Kind.PULL_STARTED) if r.text != "anonymous")
    assert log[started.source].text == COPY


def test_a_login_that_fails_says_why(tmp_path: Path) -> None:
    """Nothing is written, so that there is nothing to copy."""
    world = run(tmp_path, (LOGIN[:-1] + "wrong", "n-1"), (COPY, "n-1"))

    refused, missing = failures(world)
    assert "failed with status: 401 Unauthorized" in refused
    assert "no such file" in missing


def test_a_registry_that_is_down_takes_no_login(tmp_path: Path) -> None:
    """In docker's words."""
    path = write(tmp_path, (LOGIN, "n-1"))
    text = path.read_text().replace(
        "timeline:", "timeline:\n  - {at: 30s, registryDown: r.example}"
    )
    path.write_text(text)
    world = World(load_scenario(path).variants[0])
    world.run()

    (error,) = failures(world)
    assert "dial tcp r.example:443: connect: connection refused" in error


def test_crictl_pulls_without_the_kubelet_s_credentials(tmp_path: Path) -> None:
    """A private image needs --creds; then the pod finds it on the node."""
    line = "crictl pull r.example/web:v1"
    world = run(
        tmp_path, (line, "n"), (line.replace("pull", "pull --creds u:p"), "n-1")
    )

    errors = failures(world)
    stored = {row.node for row in world.log.rows(Kind.IMAGE_STORED)}
    assert [error.partition(":")[0] for error in errors] == ["pulling image"] * 2
    assert stored == {"n-1"}
    assert world.api.pods["default/one"].ready


def test_crictl_rmi_takes_an_image_with_all_its_names(tmp_path: Path) -> None:
    """What is not there is told."""
    pull = ("crictl pull --creds u:p r.example/web:v1", "n-2")
    remove = ("crictl rmi r.example/web:v1", "n-2")
    world = run(tmp_path, pull, remove, remove)

    removed = list(world.log.rows(Kind.IMAGE_REMOVED))
    assert len(removed) == 2
    assert world.log[removed[0].cause].text == remove[0]
    assert world.nodes.machines["n-2"].runtime.image_status("r.example/web:v1") is None
    assert failures(world) == ["no such image r.example/web:v1"]


def test_a_node_that_is_not_up_cannot_be_reached(tmp_path: Path) -> None:
    """Neither before it joins nor as a target of a copy."""
    copy = COPY.replace("@n:", "@late:")
    world = run(tmp_path, (LOGIN, "late"), (LOGIN, "n-1"), (copy, "n-1"))

    assert failures(world) == ["no route to host late"] * 2
