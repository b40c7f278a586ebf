"""Published cluster states become scenarios: everything found, nothing lost."""

import re
from pathlib import Path

import pytest

from sim.cluster.world import simulate
from sim.record.kinds import Kind
from sim.scenario.loader import load_scenario
from sim.scenario.saved.importer import import_files

NEWRELIC = (
    "newrelic-nri-kubernetes/kubernetes-1.31-nodes.yaml",
    "newrelic-nri-kubernetes/kubernetes-1.31-pods.yaml",
)


def test_a_cluster_keeps_its_images_and_pods(snapshots: Path, tmp_path: Path) -> None:
    """All 17 images with their digests; every running container goes on."""
    imported = import_files([snapshots / file for file in NEWRELIC])
    path = tmp_path / "s.yaml"
    path.write_text(imported.text, encoding="utf-8")

    (variant,) = load_scenario(path).variants
    log, _ = simulate(variant)

    (group,) = variant.node_groups
    assert len(group.pre_pulled) == 17
    assert variant.kubernetes == "1.31"
    assert group.platform == "linux/arm64"
    before = [row for row in log.rows(Kind.STARTED) if row.amount]
    assert len(before) == 17
    assert not list(log.rows(Kind.PULL_FAILED))


def test_nodes_of_different_clusters_load_too(snapshots: Path, tmp_path: Path) -> None:
    """Items without a kind, images without a tag, a registry on localhost."""
    imported = import_files([snapshots / "replicatedhq-troubleshoot" / "nodes.json"])
    path = tmp_path / "s.yaml"
    path.write_text(imported.text, encoding="utf-8")

    (variant,) = load_scenario(path).variants

    assert len(variant.node_groups) == 7
    names = {image.image for group in variant.node_groups for image in group.pre_pulled}
    assert any(name.startswith("localhost:32000/") for name in names)
    known = {b.digest for image in variant.images for b in image.builds.values()}
    text = (snapshots / "replicatedhq-troubleshoot" / "nodes.json").read_text()
    assert set(re.findall(r"@(sha256:[0-9a-f]{64})", text)) <= known


@pytest.mark.parametrize(
    ("file", "running"),
    [
        ("replicatedhq-troubleshoot/message-image-pull-fail.json", 0),
        ("derailed-k9s/po_sidecar.json", 2),
    ],
)
def test_single_pods(snapshots: Path, tmp_path: Path, file: str, running: int) -> None:
    """A pod that waits for its image, and one with a sidecar."""
    imported = import_files([snapshots / file])
    path = tmp_path / "s.yaml"
    path.write_text(imported.text, encoding="utf-8")

    (variant,) = load_scenario(path).variants
    log, _ = simulate(variant)

    assert len(list(log.rows(Kind.POD_CREATED))) == 1
    assert sum(row.amount for row in log.rows(Kind.STARTED)) == running
