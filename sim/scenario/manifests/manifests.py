"""Kubernetes objects, verbatim, to declarations.

Fields are read by Kubernetes' own names. What is not simulated is accepted and, where
it would change the outcome, named once in a warning. Wrong types of the fields that
are read are faults with their place.
"""

from collections.abc import Iterable
from pathlib import Path

from sim.errors import Fault, Place
from sim.scenario import model
from sim.scenario.manifests.jobs import JOB_TEMPLATE
from sim.scenario.manifests.object_reader import ObjectReader
from sim.scenario.manifests.pods import PodReader
from sim.scenario.manifests.saved_pods import has_ended, saved_pod
from sim.scenario.manifests.secret_objects import secret
from sim.scenario.manifests.sources import Sources, each_object
from sim.scenario.manifests.workloads import MAKERS
from sim.scenario.reader import Scalar, Tree

SIMULATED = ("Pod", *MAKERS, "Secret", "ServiceAccount", "Namespace")
# Kinds that change neither which pods there are nor what their nodes pull.
WITHOUT_EFFECT = frozenset(
    (
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "ControllerRevision",
        "CustomResourceDefinition",
        "Endpoints",
        "EndpointSlice",
        "Event",
        "Ingress",
        "IngressClass",
        "Lease",
        "NetworkPolicy",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Role",
        "RoleBinding",
        "Service",
        "StorageClass",
    )
)


class Manifests:
    """Gathers declarations, faults and warnings from any number of documents."""

    def __init__(
        self, folder: Path, warnings: dict[str, None], namespace: str = "default"
    ) -> None:
        self._folder = folder
        self._namespace = namespace
        self.found: list[tuple[model.KubernetesObject, Place]] = []
        self.faults: list[Fault] = []
        self.warnings = warnings

    def add(self, trees: Iterable[Tree]) -> None:
        """Read what stands under ``objects``: names and inline objects."""
        sources = Sources(self.faults, self.warnings)
        for tree in trees:
            if isinstance(tree, Scalar):
                for found in sources.read(tree, self._folder):
                    self._add_object(found)
            else:
                self._add_object(tree)

    def _add_object(self, tree: Tree) -> None:
        for found in each_object(tree, self.faults):
            if found.kind not in SIMULATED:
                self._not_simulated(found.kind)
                continue
            reader = ObjectReader(found.tree, self.faults)
            namespace = reader.text("metadata", "namespace") or self._namespace
            name = reader.text("metadata", "name", required=True)
            if found.kind == "Pod" and has_ended(reader):
                self.warnings["pods that have ended, or are deleted, are left out"] = (
                    None
                )
            elif name:
                obj = self._build(found.kind, namespace, name, reader)
                self.found.append((obj, found.tree.place))

    def _not_simulated(self, kind: str) -> None:
        """Warn of objects that would change what pods run, and when."""
        if kind not in WITHOUT_EFFECT:
            self.warnings[f"objects of kind {kind} are not simulated"] = None

    def _build(
        self, kind: str, namespace: str, name: str, reader: ObjectReader
    ) -> model.KubernetesObject:
        if kind == "Namespace":
            return model.Namespace(name=name)
        if kind == "Secret":
            return secret(namespace, name, reader)
        if kind == "ServiceAccount":
            return model.ServiceAccount(
                namespace=namespace,
                name=name,
                image_pull_secrets=reader.names("imagePullSecrets"),
                annotations=reader.texts("metadata", "annotations"),
            )
        pods = PodReader(reader, self.warnings)
        if kind in MAKERS:
            if reader.get(list, "spec", "volumeClaimTemplates"):
                self.warnings["volumes do not bind pods to nodes"] = None
            job = JOB_TEMPLATE if kind == "CronJob" else ()
            template = pods.template(*job, "spec", "template")
            return MAKERS[kind](namespace, name, reader, template)
        return model.PodObject(
            namespace=namespace,
            name=name,
            template=pods.template(),
            saved=saved_pod(reader, namespace),
        )
