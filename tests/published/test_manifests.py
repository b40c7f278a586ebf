"""Published applications load unmodified, and run as a real cluster would show."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.analysis.states import states_of
from sim.cluster.world import simulate
from sim.errors import Fault, Place
from sim.record.kinds import Kind
from sim.rules.pull_policy import default_pull_policy
from sim.scenario import model
from sim.scenario.loader import load_scenario
from sim.scenario.manifests.manifests import Manifests
from sim.scenario.manifests.sources import each_object, read_file
from sim.scenario.reader import Scalar

COLUMNS = ("documents", "objects", "bearing", "containers", "images", "set", "always")
HERE = Place(file="objects")
# Applications whose pods all run, and where the nodes have what they ask for.
RUNNING = (
    "GoogleCloudPlatform-microservices-demo/kubernetes-manifests.yaml",
    "kubernetes-examples/guestbook-all-in-one.yaml",
    "kubernetes-examples/cassandra-statefulset.yaml",
    "kubernetes-examples/sysdig-rc.yaml",
    "kubernetes-examples/meteor-controller.json",
    "argoproj-argo-cd/ha-namespace-install.yaml",
    "istio-istio/bookinfo.yaml",
    "tektoncd-operator/tekton-pipeline-0.44.0-release.notags.yaml",
    "flannel-io-flannel/kube-flannel.yml",
    "weaveworks-weave/weave-daemonset-k8s-1.8.yaml",
    "aws-amazon-vpc-cni-k8s/aws-k8s-cni.yaml",
    "rancher-local-path-provisioner/local-path-storage.yaml",
    "kubernetes-minikube/cilium.yaml",
    "longhorn-longhorn/longhorn-cifs-installation.yaml",
    "prometheus-operator-kube-prometheus/blackboxExporter-deployment.yaml",
)


def table(folder: Path) -> dict[str, dict[str, str]]:
    """The counts that the folder's README gives for every file."""
    text = (folder / "README.md").read_text(encoding="utf-8").partition("## What")[2]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.MULTILINE)
    names = (*COLUMNS, "if_not_present", "secrets")
    return {
        file: dict(zip(names, cells.split(" | "), strict=True)) for file, cells in rows
    }


def load(path: Path) -> tuple[Manifests, int]:
    """What the reader makes of a file, and how many objects it holds."""
    objects = Manifests(path.parent, {})
    objects.add([Scalar(text=path.name, plain=True, place=HERE)])
    faults: list[Fault] = []
    trees = list(read_file(path, faults))
    count = sum(1 for tree in trees for _ in each_object(tree, faults))
    assert not objects.faults
    assert not faults
    return objects, count


def templates(objects: Manifests) -> Iterator[model.PodTemplate]:
    for obj, _ in objects.found:
        if isinstance(obj, model.PodObject | model.Workload):
            yield obj.template


def test_every_file_loads_with_the_counts_of_its_readme(manifests: Path) -> None:
    """Objects, pods, containers, images, policies and pull secrets are all found."""
    counts = table(manifests)
    assert len(counts) == 23
    for file, expected in counts.items():
        objects, total = load(manifests / file)
        found = list(templates(objects))
        regular = [c for t in found for c in t.spec.containers]
        init = [c for t in found for c in t.spec.init_containers]
        every = [*regular, *init]
        given = Counter(c.image_pull_policy for c in every if c.image_pull_policy)
        filled = Counter(
            default_pull_policy(c.image).value for c in every if not c.image_pull_policy
        )
        assert {
            "objects": str(total),
            "bearing": str(len(found)),
            "containers": f"{len(regular)} + {len(init)}",
            "images": str(len({c.image for c in every})),
            "set": ", ".join(f"{k} {n}" for k, n in sorted(given.items())) or "-",
            "always": str(filled["Always"]),
            "if_not_present": str(filled["IfNotPresent"]),
            "secrets": str(sum(bool(t.spec.image_pull_secrets) for t in found)),
        } == {k: v for k, v in expected.items() if k != "documents"}, file


def accounts(found: list[model.KubernetesObject]) -> set[tuple[str, str]]:
    """Namespace and name of every service account that pods are to have."""
    return {
        (obj.namespace, obj.template.spec.service_account)
        for obj in found
        if isinstance(obj, model.PodObject | model.Workload)
        and obj.template.spec.service_account
    }


def scenario(path: Path, tmp_path: Path) -> Path:
    """A cluster of three nodes, with the namespaces that the file takes for granted."""
    objects, _ = load(path)
    found = [obj for obj, _ in objects.found]
    declared = {obj.name for obj in found if isinstance(obj, model.Namespace)}
    named = {obj.namespace for obj in found if not isinstance(obj, model.Namespace)}
    lines = [
        f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}"
        for name in sorted(named - declared - {"default", "kube-system"})
    ]
    if not any(isinstance(obj, model.ServiceAccount) for obj in found):
        lines += [
            "{apiVersion: v1, kind: ServiceAccount, "
            f"metadata: {{name: {name}, namespace: {namespace}}}}}"
            for namespace, name in sorted(accounts(found))
        ]
    extra = "".join(f"  - {line}\n" for line in lines)
    file = tmp_path / "s.yaml"
    file.write_text(
        "title: published\nuntil: 10m\nnodes: [{name: n, count: 3}]\n"
        f"objects:\n{extra}  - {path}\n",
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize("file", RUNNING)
def test_applications_run(manifests: Path, tmp_path: Path, file: str) -> None:
    """Every pod runs all its containers, with nothing changed in the file."""
    (variant,) = load_scenario(scenario(manifests / file, tmp_path)).variants

    log, _ = simulate(variant)

    gone = {row.pod for row in log.rows(Kind.POD_GONE)}
    pods = {row.pod for row in log.rows(Kind.POD_CREATED)} - gone
    assert pods
    last = states_of(log, pods, variant.until_us)
    ended_well = {Kind.STARTED, Kind.EXITED}
    assert {one.pod for one in last} == pods
    assert {one.row.kind for one in last} <= ended_well
    ready: dict[str, int] = {}
    for row in log.rows(Kind.POD_READY):
        ready[row.pod] = row.amount
    assert {pod for pod in pods if ready.get(pod)} == pods


def test_a_pod_on_an_absent_node_stays_pending(manifests: Path, tmp_path: Path) -> None:
    """Static pods of masters that the scenario does not have wait for them."""
    file = manifests / "alibaba-open-simulator" / "kube-apiserver.yaml"
    (variant,) = load_scenario(scenario(file, tmp_path)).variants

    log, _ = simulate(variant)

    assert len(list(log.rows(Kind.POD_CREATED))) == 3
    assert not list(log.rows(Kind.SCHEDULED))
