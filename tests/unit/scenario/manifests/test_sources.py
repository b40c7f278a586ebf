"""Names under ``objects``: files, folders, kustomizations, Lists."""

from pathlib import Path

import pytest

from sim.errors import Fault, Place
from sim.scenario.manifests.sources import Sources, new_image
from sim.scenario.reader import Scalar, Tree, plain

POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  initContainers: [{name: i, image: "busybox"}]
  containers: [{name: c, image: "r.example/a:v1"}]
"""


class Reading:
    """Reads one name in a folder; keeps what was found, faults and warnings."""

    def __init__(self, folder: Path, name: str) -> None:
        self.faults: list[Fault] = []
        self.warnings: dict[str, None] = {}
        sources = Sources(self.faults, self.warnings)
        scalar = Scalar(text=name, plain=True, place=Place(file="s.yaml", line=3))
        self.trees: list[Tree] = list(sources.read(scalar, folder))

    @property
    def found(self) -> list[dict[str, object]]:
        return [plain(tree) for tree in self.trees]  # type: ignore[misc]

    @property
    def told(self) -> list[str]:
        return [fault.message for fault in self.faults]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_folder_gives_its_files_in_order_of_names(tmp_path: Path) -> None:
    """As kubectl apply -f does: not into folders, other files left alone."""
    write(
        tmp_path,
        all__b_yaml=POD.replace("NAME", "b") + "---\n",
        all__a_yaml="---\n" + POD.replace("NAME", "a"),
        all__deeper__c_yaml=POD,
        all__README="no YAML",
    )

    reading = Reading(tmp_path, "all")

    assert [one["metadata"] for one in reading.found] == [{"name": "a"}, {"name": "b"}]
    assert not reading.faults


@pytest.mark.parametrize(
    ("files", "name", "message"),
    [
        ({}, "none.yaml", "no such file or folder: none.yaml"),
        ({"all__README": ""}, "all", "no file in all ends in: .yaml, .yml, .json"),
        (
            {"all__kustomization_yaml": "resources: [../all]\n"},
            "all",
            "../all leads back to itself",
        ),
        (
            {"all__kustomization_yaml": "resources: [https://example.org/a]\n"},
            "all",
            "nothing is fetched from other machines",
        ),
        ({"all__kustomization_yaml": "- a\n"}, "all", "a kustomization is a map"),
        (
            {"all__kustomization_yaml": "resources: a.yaml\n"},
            "all",
            "resources: expected a list",
        ),
        (
            {"all__kustomization_yaml": "resources: [[a]]\n"},
            "all",
            "resources: expected a file or folder name",
        ),
        (
            {"all__kustomization_yaml": "images: [{newTag: v2}]\n"},
            "all",
            "images: each needs a name",
        ),
        (
            {"all__a_yaml": "a: ["},
            "all",
            (
                "not valid YAML: did not find expected node content while parsing a "
                "flow node"
            ),
        ),
    ],
)
def test_a_wrong_name_or_file_is_told(
    files: dict[str, str], name: str, message: str, tmp_path: Path
) -> None:
    """One fault, nothing read."""
    write(tmp_path, **files)

    reading = Reading(tmp_path, name)

    assert reading.told[0].startswith(message[:40])
    assert reading.found == []


def test_a_kustomization_changes_namespace_and_images(tmp_path: Path) -> None:
    """In files and folders below it, in Lists, in every container; else a warning."""
    listed = "{apiVersion: v1, kind: PodList, items: [{metadata: {name: l}}]}\n"
    write(
        tmp_path,
        base__kustomization_yaml="resources: [pod.yaml]\n",
        base__pod_yaml=POD.replace("NAME", "p"),
        over__kustomization_yaml=(
            "kind: Kustomization\n"
            "namespace: shop\n"
            "resources: [../base, list.yaml, ns.yaml]\n"
            "patches: []\n"
            "images:\n"
            "  - {name: busybox, newName: r.example/busybox, newTag: '1.36'}\n"
            "  - {name: r.example/a, digest: sha256:abc}\n"
        ),
        over__list_yaml=listed,
        over__ns_yaml="{apiVersion: v1, kind: Namespace, metadata: {name: x}}\n",
    )

    reading = Reading(tmp_path, "over/kustomization.yaml")

    pod, pods, namespace = reading.found
    assert pod["metadata"] == {"name": "p", "namespace": "shop"}
    assert pod["spec"] == {
        "initContainers": [{"name": "i", "image": "r.example/busybox:1.36"}],
        "containers": [{"name": "c", "image": "r.example/a@sha256:abc"}],
    }
    assert pods["items"] == [{"metadata": {"name": "l", "namespace": "shop"}}]
    assert namespace["metadata"] == {"name": "shop"}
    assert list(reading.warnings) == ["kustomization: patches is not applied"]
    assert not reading.faults


@pytest.mark.parametrize(
    ("image", "change", "expected"),
    [
        ("a", {"name": "a", "newTag": "v2"}, "a:v2"),
        ("a:v1@sha256:0", {"name": "a", "newTag": "v2"}, "a:v2"),
        ("a:v1", {"name": "a", "newTag": "v", "digest": "sha256:1"}, "a:v@sha256:1"),
        ("a:v1@sha256:0", {"name": "a", "newName": "b/c"}, "b/c:v1@sha256:0"),
        ("aa:v1", {"name": "a", "newTag": "v2"}, "aa:v1"),
        ("x/a:v1", {"name": "a", "newTag": "v2"}, "x/a:v1"),
    ],
)
def test_an_image_is_matched_by_its_whole_name(
    image: str, change: dict[str, str], expected: str
) -> None:
    """A new tag or digest replaces both; another name is left alone."""
    assert new_image(image, change) == expected
