"""A node's image garbage collection in small worlds: what goes, when, and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.analysis.events import kubernetes_events
from sim.cluster.kubelet.image_gc_loop import ImageGCLoop
from sim.cluster.world import World, simulate
from sim.record.kinds import Kind
from sim.record.rows import Row
from sim.scenario.loader import load_scenario
from sim.scenario.model import Scenario
from sim.units import MINUTE

SCENARIOS = Path(__file__).parents[4] / "scenarios"
# Unpacked sizes are given, so that the disk fills by round numbers.
HEAD = """
title: t
until: 30m
images:
  - name: r.example/old
    builds: {v1: {layers: {a: {size: 100MB, unpacked: 400MB}}}}
    tags: {v1: v1}
  - name: r.example/used
    builds: {v1: {layers: {b: {size: 100MB, unpacked: 400MB}}}}
    tags: {v1: v1}
  - name: r.example/big
    builds: {v1: {layers: {c: {size: 1GB, unpacked: 3GB}}}}
    tags: {v1: v1}
"""
POD = """
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
      restartPolicy: Never
      containers: [{name: c, image: "r.example/used:v1"}]
  - apiVersion: v1
    kind: Pod
    metadata: {name: big}
    spec: {containers: [{name: c, image: "r.example/big:v1"}]}
"""
BOTH = 'images: ["r.example/used:v1", "r.example/old:v1"]'
FULL = f"nodes: [{{name: n, disk: 20GB, diskUsed: 12GB, {BOTH}}}]\n"
VOLUME = """
objects:
  - apiVersion: v1
    kind: Pod
    metadata: {name: big}
    spec:
      volumes: [{name: v, image: {reference: "r.example/used:v1"}}]
      containers:
        - name: c
          image: r.example/big:v1
          volumeMounts: [{name: v, mountPath: /v}]
"""


# The fourth restart waits for forty seconds.
CRASHES = ("2m", "2m30s", "3m10s", "4m30s")


def world_of(folder: Path, text: str, *sets: str) -> World:
    path = folder / "s.yaml"
    path.write_text(HEAD + text)
    world = World(load_scenario(path, sets=sets).variants[0])
    world.run()
    return world


def removed(world: World) -> list[str]:
    return [row.image for row in world.log.rows(Kind.IMAGE_REMOVED)]


def start_of(world: World) -> int:
    return world.nodes.machines["n"].kubelet._start_us


def test_what_nobody_uses_goes_at_the_next_pass_when_the_disk_is_full(
    tmp_path: Path,
) -> None:
    """Passes come every five minutes from the kubelet's start; a used image stays."""
    world = world_of(tmp_path, FULL + POD)

    rows = list(world.log.rows(Kind.IMAGE_REMOVED))

    assert [row.image.partition("@")[0] for row in rows] == [
        "r.example/old:v1",
        "r.example/old",
    ]
    assert [row.amount for row in rows] == [500_000_000, 0]
    assert {row.reason for row in rows} == {"space"}
    assert {row.time_us - start_of(world) for row in rows} == {5 * MINUTE}
    assert world.nodes.machines["n"].runtime.image_status("r.example/old:v1") is None


def test_a_removal_goes_back_to_who_filled_the_disk(tmp_path: Path) -> None:
    """The pass names how full the disk was; its cause is the last image's pull."""
    world = world_of(tmp_path, FULL + POD)

    row = next(world.log.rows(Kind.IMAGE_REMOVED))
    gc = world.log[row.cause]
    pulling = world.log[gc.cause]

    assert (gc.kind, gc.amount) == (Kind.IMAGE_GC, 85)
    assert (pulling.kind, pulling.pod) == (Kind.PULLING, "default/big")


def test_an_exited_container_keeps_its_image(tmp_path: Path) -> None:
    """Only when the pod is gone may the image of its dead container go."""
    crashes = ", ".join(f"{{at: {t}, crash: pod/p}}" for t in CRASHES)
    text = FULL + POD.replace("Never", "Always") + f"timeline: [{crashes}"
    full = "nodes.n.diskUsed=12.5GB"
    kept = world_of(tmp_path, f"{text}]\n", full)
    delete = "{at: 4m40s, run: kubectl delete pod p}"
    gone = world_of(tmp_path, f"{text}, {delete}]\n", full)
    starts = [r.time_us for r in kept.log.rows(Kind.STARTED, pod="default/p")]

    # It had ended when the pass came, and started only after it.
    assert starts[-1] > start_of(kept) + 5 * MINUTE
    assert not any("used" in name for name in removed(kept))
    assert any("used" in name for name in removed(gone))


def test_an_image_volume_keeps_its_image(tmp_path: Path) -> None:
    """What a container mounts is in use as its own image is."""
    world = world_of(tmp_path, FULL + VOLUME, "nodes.n.diskUsed=12.5GB")

    assert {name.partition("@")[0] for name in removed(world)} == {
        "r.example/old:v1",
        "r.example/old",
    }


def test_used_long_ago_goes_after_never_used(tmp_path: Path) -> None:
    """The ledger of use survives passes that were not simulated."""
    text = FULL + POD.replace("big", "late").replace("r.example/late", "r.example/big")
    late = """
timeline:
  - {at: 6m, run: kubectl delete pod p}
"""
    world = world_of(tmp_path, text + late, "nodes.n.diskUsed=13GB")

    order = [name.partition("@")[0] for name in removed(world)]

    assert order[:2] == ["r.example/old:v1", "r.example/old"]
    assert order[2:] == ["r.example/used:v1", "r.example/used"]


def test_too_little_freed_is_an_event_twice_in_a_row_another(tmp_path: Path) -> None:
    """A disk that something else fills is complained about at every pass."""
    world = world_of(tmp_path, FULL, "nodes.n.diskUsed=19GB")

    events = [
        (event.reason, event.object, event.type)
        for event in kubernetes_events(world.log, {})
        if event.component == "kubelet"
    ]
    times = [row.time_us for row in world.log.rows(Kind.FREE_DISK_SPACE_FAILED)]

    # The pass of the start spares everything: nothing is two minutes old.
    assert events[:3] == [
        ("FreeDiskSpaceFailed", "node/n", "Warning"),
        ("FreeDiskSpaceFailed", "node/n", "Warning"),
        ("ImageGCFailed", "node/n", "Warning"),
    ]
    assert times[0] == 0
    assert {(t - start_of(world)) % (5 * MINUTE) for t in times[1:]} == {0}
    assert len(times) == 7


def test_no_disk_at_all_is_an_event(tmp_path: Path) -> None:
    """A capacity of nothing is told at every pass."""
    world = world_of(tmp_path, "nodes: [{name: n, disk: '0'}]\n")

    texts = {row.text for row in world.log.rows(Kind.INVALID_DISK_CAPACITY)}

    assert texts == {"invalid capacity 0 on image filesystem"}


def test_images_go_for_their_age_whatever_the_disk_says(tmp_path: Path) -> None:
    """Once the kubelet is older than the limit, what was never used goes at once."""
    kubelet = "kubelet: {imageMaximumGCAge: 12m}"
    text = f"nodes: [{{name: n, {kubelet}, {BOTH}}}]\n"
    world = world_of(tmp_path, text + POD)

    rows = list(world.log.rows(Kind.IMAGE_REMOVED))

    assert {row.image.partition("@")[0].partition(":")[0] for row in rows} == {
        "r.example/old"
    }
    assert {row.time_us - start_of(world) for row in rows} == {15 * MINUTE}
    assert {(row.reason, world.log[row.cause].kind) for row in rows} == {
        ("age", Kind.NODE_JOINED)
    }


def test_a_pass_that_freed_space_prunes_pull_records(tmp_path: Path) -> None:
    """The kubelet forgets, with the images, by which credentials they came."""
    world = world_of(tmp_path, FULL + POD)
    roomy = world_of(tmp_path, FULL + POD, "nodes.n.disk=40GB")

    pulled = [len(_records(one)) for one in (world, roomy)]

    assert pulled == [0, 1]


def _records(world: World) -> list[str]:
    images = world.nodes.machines["n"].kubelet.runtime.images
    assert images._pulls is not None
    return list(images._pulls._directory.pulled)


def test_a_dead_node_collects_nothing(tmp_path: Path) -> None:
    """A machine that is off makes no pass, though one was due."""
    world = world_of(tmp_path, FULL + POD + "timeline: [{at: 3m, nodeDies: n}]\n")

    assert removed(world) == []


def test_no_timer_runs_while_the_disk_has_room(tmp_path: Path) -> None:
    """A pass that could do nothing costs nothing, nor does a loop that is off."""
    roomy = world_of(tmp_path, FULL + POD, "nodes.n.disk=40GB")
    off = world_of(
        tmp_path,
        FULL.replace("disk:", "kubelet: {imageGCHighThresholdPercent: 100}, disk:")
        + POD,
        "nodes.n.diskUsed=20GB",
    )

    assert not roomy.nodes.machines["n"].collector._armed
    assert not off.nodes.machines["n"].collector._armed
    assert removed(off) == []


def test_passes_that_are_skipped_would_have_done_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a timer for every pass the record is the same, row for row."""
    scenarios = load_scenario(SCENARIOS / "image_gc.yaml").variants
    lazy = [list(_rows(scenario)) for scenario in scenarios]

    monkeypatch.setattr(ImageGCLoop, "_could_matter", lambda self: True)
    eager = [list(_rows(scenario)) for scenario in scenarios]

    assert lazy == eager


def _rows(scenario: Scenario) -> Iterator[Row]:
    log, _ = simulate(scenario)
    return (log[number] for number in range(len(log)))
