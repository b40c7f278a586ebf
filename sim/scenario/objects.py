"""The Kubernetes objects of a scenario: their names, and what variants make of them.

How an object is read stands elsewhere (``manifests``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sim.errors import Place, did_you_mean
from sim.scenario import model
from sim.scenario.faults import Step, place_of
from sim.scenario.images import DeclaredImages
from sim.scenario.manifests.manifests import Manifests
from sim.scenario.manifests.saved_pods import known_owner
from sim.scenario.mistakes import Mistakes
from sim.scenario.nodes import DeclaredNodes
from sim.scenario.reader import Mapping, Scalar
from sim.scenario.reader import Sequence as TreeSequence
from sim.scenario.shorts import Shorts

Found = Sequence[tuple[model.KubernetesObject, Place]]


class DeclaredObjects:
    """The objects that a scenario declares, or applies later.

    ``warnings`` name what is accepted but not simulated.
    """

    def __init__(
        self,
        tree: Mapping,
        folder: Path,
        shorts: Shorts,
        images: DeclaredImages,
        nodes: DeclaredNodes,
        mistakes: Mistakes,
        warnings: dict[str, None],
    ) -> None:
        self._tree = tree
        self._folder = folder
        self._shorts = shorts
        self._images = images
        self._nodes = nodes
        self._mistakes = mistakes
        self.warnings = warnings
        self._namespaces = dict.fromkeys(model.BUILT_IN_NAMESPACES)
        # Workloads, and containers of pods and workloads, by NAMESPACE/KIND/NAME.
        self._workloads: dict[str, None] = {}
        self._containers: dict[str, dict[str, None]] = {}

    def declare(self) -> tuple[model.KubernetesObject, ...]:
        """Return the objects under ``objects``."""
        tree = self._tree.items.get("objects")
        objects = Manifests(self._folder, self.warnings)
        objects.add(tree.items if isinstance(tree, TreeSequence) else [])
        self._mistakes.faults += objects.faults
        return tuple(self._declared(objects.found))

    def applied(
        self, files: Sequence[str], namespace: str, *path: Step
    ) -> tuple[model.KubernetesObject, ...]:
        """Return the objects of files that a command at this path applies."""
        place = place_of(self._tree, path)
        objects = Manifests(self._folder, self.warnings, namespace or "default")
        objects.add(Scalar(text=file, plain=False, place=place) for file in files)
        self._mistakes.faults += objects.faults
        for obj, _ in objects.found:
            own = "" if isinstance(obj, model.Namespace) else obj.namespace
            if namespace and own and own != namespace:
                self._mistakes.fault(
                    f'the namespace from the provided object "{own}" does not match '
                    f"the namespace \"{namespace}\". You must pass '--namespace={own}' "
                    "to perform this operation.",
                    *path,
                )
        # What a manifest of a running pod says of its past means nothing here.
        found = [
            (replace(obj, saved=None) if isinstance(obj, model.PodObject) else obj, at)
            for obj, at in objects.found
        ]
        return tuple(self._declared(found))

    def known_workload(self, name: str, *path: Step) -> None:
        """Note a fault unless this workload is declared."""
        if name not in self._workloads:
            shown = [w.removeprefix("default/") for w in self._workloads]
            word = name.removeprefix("default/")
            self._mistakes.fault(
                f"no workload {word!r}{did_you_mean(word, shown)}; there are: "
                + (", ".join(shown) or "none"),
                *path,
                about_a_name=True,
            )

    def known_containers(self, name: str, images: Iterable[str], *path: Step) -> None:
        """Note a fault for what no container of a workload or pod is called."""
        known = self._containers.get(name)
        for container in images:
            if known is not None and container != "*" and container not in known:
                listed = list(known)
                self._mistakes.fault(
                    f'unable to find container named "{container}"'
                    f"{did_you_mean(container, listed)}; containers are: "
                    + ", ".join(listed),
                    *path,
                    about_a_name=True,
                )

    def _declared(self, found: Found) -> Iterable[model.KubernetesObject]:
        """Check the names of objects and remember them."""
        for obj, _ in found:
            if isinstance(obj, model.Namespace):
                self._namespaces[obj.name] = None
            elif isinstance(obj, model.PodObject) and obj.saved:
                self._namespaces[obj.namespace] = None  # it runs there
        self._name_all(found)
        for obj, place in found:
            if isinstance(obj, model.PodObject) and obj.saved:
                yield self._settled(obj, obj.saved, place)
            elif isinstance(obj, model.PodObject | model.Workload):
                template = self._shorts.applied(obj.template, self._images)
                yield replace(obj, template=template)
            else:
                yield obj

    def _name_all(self, found: Found) -> None:
        """Check that names are used once, and namespaces there."""
        seen: dict[str, Place] = {}
        for obj, place in found:
            if isinstance(obj, model.Namespace):
                continue
            kind = type(obj).__name__.removesuffix("Object").lower()
            if obj.namespace not in self._namespaces:
                text = (
                    f'namespaces "{obj.namespace}" not found; an object of kind '
                    "Namespace declares it"
                )
                self._mistakes.fault_at(place, text)
            name = f"{obj.namespace}/{kind}/{obj.name}"
            if name in seen:
                text = f"{kind} {obj.name!r} is there already ({seen[name]})"
                self._mistakes.fault_at(place, text)
            seen.setdefault(name, place)
            self._remember(name, obj)

    def _remember(self, name: str, obj: model.KubernetesObject) -> None:
        if isinstance(obj, model.Workload):
            self._workloads[name] = None
        if isinstance(obj, model.PodObject | model.Workload):
            spec = obj.template.spec
            names = (c.name for c in (*spec.init_containers, *spec.containers))
            self._containers.setdefault(name, {}).update(dict.fromkeys(names))

    def _settled(
        self, obj: model.PodObject, saved: model.SavedPod, place: Place
    ) -> model.PodObject:
        """Return a saved pod as its workload's, on a node that there is."""
        node = obj.template.spec.node_name
        if node not in self._nodes.names:
            self._mistakes.fault_at(
                place,
                f"pod {obj.name!r} is on {node!r}, which is not among the nodes; the "
                "file with the cluster's nodes goes under 'nodes'",
            )
        settled = known_owner(saved, obj.namespace, self._workloads)
        # It runs already, by the reference that it was started with.
        unpinned = replace(self._shorts, pin="")
        template = unpinned.applied(obj.template, self._images)
        return replace(obj, template=template, saved=settled)
