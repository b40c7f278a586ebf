"""From a validated file to the values that the engine runs, all mistakes gathered.

Here stand the checks that need two fields to see: names that nobody declared, builds
that do not exist, settings that a kubelet would refuse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim.errors import Fault, Place, did_you_mean
from sim.rules.profiles import FEATURE_GATES, NEWEST, PROFILES, VERSIONS
from sim.rules.pull_policy import default_pull_policy
from sim.rules.reference import (
    ImageReferenceError,
    docker_reference,
    parse_normalized,
)
from sim.rules.verification import PatternError, Verification
from sim.scenario import gates, model, node_credentials
from sim.scenario.actions import Timeline
from sim.scenario.containerd import containerd
from sim.scenario.content import declared_build, with_assumed, with_preset
from sim.scenario.faults import Step, at, place_of
from sim.scenario.manifests import Objects
from sim.scenario.presets import layers_of, presets
from sim.scenario.reader import Mapping, Scalar, plain, secret_values
from sim.scenario.reader import Sequence as TreeSequence
from sim.scenario.registries import declared_registries, known_hosts
from sim.scenario.saved_pods import known_owner
from sim.scenario.schema.images import ImagePart
from sim.scenario.schema.kubelet import KubeletPart
from sim.scenario.schema.nodes import NodePart
from sim.scenario.schema.scenario import ScenarioPart
from sim.scenario.secrets import without
from sim.units import format_size, format_time

ADMISSION = ("AlwaysPullImages",)
# What every cluster has.
BUILT_IN_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shorts:
    """A variant's short forms: a policy for all containers, images pinned."""

    image_pull_policy: str = ""
    pin: str = ""


COUNTED = (
    "record: compact: the looks of pods that fail to pull are counted, and shown "
    "as if they were evenly apart"
)


class Builder:
    """Builds one scenario; ``faults`` holds what is wrong with it."""

    def __init__(
        self,
        part: ScenarioPart,
        tree: Mapping,
        folder: Path,
        shorts: Shorts,
        warnings: dict[str, None],
    ) -> None:
        self._part = part
        self._tree = tree
        self._shorts = shorts
        # An unknown release is a fault; the rest is checked as the newest would.
        self._profile = PROFILES.get(part.kubernetes, PROFILES[NEWEST])
        self._ignored: list[str] = []
        self.faults: list[Fault] = []
        self._folder = folder
        self._objects = Objects(folder, warnings)
        self.images: dict[str, model.Image] = {}
        self.nodes: dict[str, None] = {}
        self.groups: list[model.NodeGroup] = []
        self.workloads: dict[str, None] = {}
        self.containers: dict[str, dict[str, None]] = {}
        self.namespaces: dict[str, None] = dict.fromkeys(BUILT_IN_NAMESPACES)
        self._hidden: set[str] | None = None  # gathered when there is a mistake

    def fault(self, message: str, *path: Step, about_a_name: bool = False) -> None:
        """Note a mistake at a path of the file."""
        if self._hidden is None:
            self._hidden = secret_values(self._tree)
        message = without(message, self._hidden)
        place = place_of(self._tree, path)
        self.faults.append(
            Fault(place=place, message=message, about_a_name=about_a_name)
        )

    def build(self, variant: str, seed: int | None) -> model.Scenario:
        """Return the scenario; worth something only if there are no faults."""
        part = self._part
        if part.kubernetes not in VERSIONS:
            known = ", ".join(VERSIONS)
            self.fault(
                f"kubernetes {part.kubernetes!r} is not known; known are: {known}",
                "kubernetes",
            )
        for number, plugin in enumerate(part.admission):
            if plugin not in ADMISSION:
                self.fault(
                    f"admission plug-in {plugin!r} is not known; known: "
                    + ", ".join(ADMISSION),
                    "admission",
                    number,
                )
        self._check_gates()
        self._declare_images()
        registries = declared_registries(part, tuple(self.images), self.fault)
        groups = tuple(self._groups())
        objects = tuple(self._kubernetes_objects())
        timeline = tuple(Timeline(part, self, self._tree).actions())
        references = (*_references(objects), *_later_references(timeline))
        images = with_assumed(
            self.images, references, part.registries, _running(objects)
        )
        return model.Scenario(
            title=part.title,
            question=part.question.strip(),
            kubernetes=part.kubernetes,
            seed=part.seed if seed is None else seed,
            until_us=part.until,
            record=part.record,
            variant=variant,
            images=tuple(images),
            registries=registries,
            node_groups=groups,
            admission=tuple(part.admission),
            feature_gates=_gates(part),
            objects=objects,
            timeline=timeline,
            expectations=(),
            defaulted=(*self._defaulted(objects), *_assumed_sizes(images)),
            warnings=(
                *self._objects.warnings,
                *self._ignored,
                *gates.dropped(objects, self._profile),
                *([COUNTED] if part.record == model.COMPACT else []),
            ),
        )

    def _check_gates(self) -> None:
        for gate in self._part.feature_gates:
            if gate not in FEATURE_GATES:
                known = list(FEATURE_GATES)
                self.fault(
                    f"feature gate {gate!r} is not known{did_you_mean(gate, known)}; "
                    "known: " + ", ".join(known),
                    "featureGates",
                    gate,
                )

    # --- images and registries ---

    def _declare_images(self) -> None:
        for number, given in enumerate(self._part.images):
            path: tuple[Step, ...] = ("images", number)
            self._check_preset(given, path)
            part = with_preset(given)
            try:
                reference = parse_normalized(part.name)
            except ImageReferenceError as error:
                self.fault(f"image name {part.name!r}: {error}", *path, "name")
                continue
            if reference.tag or reference.digest:
                self.fault(
                    f"image name {part.name!r}: a name has neither tag nor digest",
                    *path,
                    "name",
                )
                continue
            if reference.name in self.images:
                self.fault(f"image {part.name!r} is there already", *path, "name")
                continue
            image = model.Image(
                name=reference.name,
                builds={
                    n: declared_build(n, b) for n, b in (part.builds or {}).items()
                },
                tags=part.tags,
            )
            self._check_builds(part, path)
            self._check_tags(part, path)
            self.images[image.name] = image

    def _check_preset(self, part: ImagePart, path: tuple[Step, ...]) -> None:
        if (part.preset is None) == (part.builds is None):
            self.fault(
                f"image {part.name!r} needs either builds or a preset (a build takes a "
                "preset too)",
                *path,
            )
        elif part.preset is not None:
            self._known_preset(part.preset, *path, "preset")
        for name, build in (part.builds or {}).items():
            if build.preset is not None:
                self._known_preset(build.preset, *path, "builds", name, "preset")

    def _known_preset(self, name: str, *path: Step) -> None:
        if layers_of(name) is None:
            short = [one.partition(":")[0] for one in presets()]
            self.fault(
                f"preset {name!r} is not known{did_you_mean(name, short)}; known are: "
                + ", ".join(presets()),
                *path,
            )

    def _check_builds(self, part: ImagePart, path: tuple[Step, ...]) -> None:
        for name, build in (part.builds or {}).items():
            layered = bool(build.layers) or build.preset is not None
            if layered == (build.size is not None):
                self.fault(
                    f"build {name!r} needs either layers (or a preset) or a size",
                    *path,
                    "builds",
                    name,
                )

    def _check_tags(self, part: ImagePart, path: tuple[Step, ...]) -> None:
        for tag, build in part.tags.items():
            known = list(part.builds or {})
            if build not in known:
                self.fault(
                    f"tag {tag!r} points to the build {build!r}"
                    f"{did_you_mean(build, known)}; builds are: {', '.join(known)}",
                    *path,
                    "tags",
                    tag,
                )

    def find(self, image: str, *path: Step) -> tuple[model.Image, str] | None:
        """Return the declared image and tag that a reference means."""
        try:
            reference = docker_reference(image)
        except ImageReferenceError as error:
            self.fault(f"image {image!r}: {error}", *path)
            return None
        found = self.images.get(reference.name)
        if found is None:
            known = list(self.images)
            self.fault(
                f"no image {reference.name!r} is declared"
                f"{did_you_mean(reference.name, known)}; images are: "
                + (", ".join(known) or "none"),
                *path,
                about_a_name=True,
            )
            return None
        return found, reference.tag or ""

    # --- nodes ---

    def _groups(self) -> Iterable[model.NodeGroup]:
        for number, part in enumerate(self._part.nodes):
            path: tuple[Step, ...] = ("nodes", number)
            names = _node_names(part)
            for name in names:
                if name in self.nodes:
                    self.fault(f"node {name!r} is there already", *path, "name")
                self.nodes[name] = None
            if part.disk_used > part.disk:
                text = f"diskUsed is more than the disk ({format_size(part.disk)})"
                self.fault(text, *path, "diskUsed")
            group = model.NodeGroup(
                name=part.name,
                names=names,
                joins_at_us=part.joins_at,
                bandwidth=part.bandwidth,
                disk_bytes=part.disk,
                disk_used_bytes=part.disk_used,
                platform=part.platform,
                labels=part.labels,
                max_pods=part.max_pods,
                unschedulable=part.unschedulable,
                pre_pulled=tuple(self._pre_pulled(part, path)),
                kubelet=self._kubelet(part.kubelet, (*path, "kubelet")),
                containerd=containerd(
                    part.containerd,
                    known_hosts(self._part, self.images),
                    self.fault,
                    *path,
                ),
            )
            self._ignored += gates.ignored(part.name, part.kubelet, self._profile)
            self.groups.append(self._with_credentials(group, part, path))
            yield self.groups[-1]
        yield from self._added_groups()

    def _with_credentials(
        self, group: model.NodeGroup, part: NodePart, path: tuple[Step, ...]
    ) -> model.NodeGroup:
        def fault(message: str, *below: Step) -> None:
            self.fault(message, *path, *below)

        where = node_credentials.folders(part.kubelet)
        files = node_credentials.docker_config_files(
            part.docker_config_files,
            where,
            fault,
            config_json=part.docker_config is not None,
        )
        document = None
        if part.kubelet.image_credential_provider_config is not None:
            # Booleans are read by YAML's rules, as the kubelet would.
            place = (*path, "kubelet", node_credentials.CONFIG_KEY)
            document = plain(at(self._tree, place))
        configured = node_credentials.providers(document, self._part.kubernetes, fault)
        return replace(
            group,
            docker_config=node_credentials.json_text(part.docker_config),
            docker_config_files={p: t for p, t in files.items() if t is not None},
            kubelet_folders=where,
            credential_providers=configured,
            plugins=node_credentials.plugins(
                part.credential_providers, configured, fault
            ),
        )

    def members(self, name: str, at_us: int, *path: Step) -> model.NodeGroup | None:
        """Return the group of that name, or of that node alone, if it is there then."""
        for group in self.groups:
            if name == group.name or name in group.names:
                if group.joins_at_us > at_us:
                    joins = format_time(group.joins_at_us)
                    self.fault(f"{name} joins only at {joins}", *path)
                names = group.names if name == group.name else (name,)
                return replace(group, names=names)
        self.known(name, [*self.nodes, *(g.name for g in self.groups)], "node", *path)
        return None

    def _added_groups(self) -> Iterable[model.NodeGroup]:
        """Yield the nodes that an autoscaler adds: like their group, but cold."""
        for number, act in enumerate(self._part.timeline):
            if act.add_nodes is None:
                continue
            path: tuple[Step, ...] = ("timeline", number, "addNodes")
            groups = {group.name: group for group in self.groups}
            self.known(act.add_nodes, list(groups), "group of nodes", *path)
            group = groups.get(act.add_nodes)
            if group is None:
                continue
            names = list(self._new_names(group.name, act.count or 1))
            self.nodes |= dict.fromkeys(names)
            yield replace(group, names=tuple(names), joins_at_us=act.at, pre_pulled=())

    def _new_names(self, group: str, count: int) -> Iterable[str]:
        """Yield names that go on where the group's numbers end."""
        number = 1
        while count:
            name = f"{group}-{number}"
            number += 1
            if name not in self.nodes:
                count -= 1
                yield name

    def _pre_pulled(
        self, part: NodePart, path: tuple[Step, ...]
    ) -> Iterable[model.PrePulled]:
        for number, item in enumerate(part.images):
            here = (*path, "images", number)
            text = item if isinstance(item, str) else item.image
            build = None if isinstance(item, str) else item.build
            found = self.find(text, *here)
            if found is None:
                continue
            image, tag = found
            build = build or _build_of_digest(image, text)
            if build is None and tag not in image.tags:
                known = ", ".join(image.tags) or "none"
                what = f"tag {tag!r} at the start" if tag else "build of this digest"
                self.fault(f"{image.name} has no {what}; tags are: {known}", *here)
            elif build is not None and build not in image.builds:
                known = ", ".join(image.builds)
                self.fault(
                    f"{image.name} has no build {build!r}; builds are: {known}", *here
                )
            else:
                yield model.PrePulled(image=text, build=build)

    def _kubelet(
        self, part: KubeletPart, path: tuple[Step, ...]
    ) -> model.KubeletConfiguration:
        profile = self._profile
        for key, message in (*_impossible(part), *gates.refused(part, profile)):
            self.fault(message, *path, key)
        parallel = part.max_parallel_image_pulls
        serial = part.serialize_image_pulls
        if serial is None:
            serial = parallel is None or parallel < 2
        restart = 300_000_000
        if profile.crash_loop_back_off_max.on:
            given = part.crash_loop_back_off
            restart = given.get("maxContainerRestartPeriod", restart)
        return model.KubeletConfiguration(
            serialize_image_pulls=serial,
            max_parallel_image_pulls=parallel,
            registry_pull_qps=part.registry_pull_qps,
            registry_burst=part.registry_burst,
            image_gc_high_threshold_percent=part.image_gc_high_threshold_percent,
            image_gc_low_threshold_percent=part.image_gc_low_threshold_percent,
            image_minimum_gc_age_us=part.image_minimum_gc_age,
            image_maximum_gc_age_us=part.image_maximum_gc_age,
            sync_frequency_us=part.sync_frequency,
            max_container_restart_period_us=restart,
            verification_policy=part.verification_policy,
            verification_allowlist=tuple(part.verification_allowlist),
        )

    # --- Kubernetes objects ---

    def _kubernetes_objects(self) -> Iterable[model.KubernetesObject]:
        tree = self._tree.items.get("objects")
        self._objects.add(tree.items if isinstance(tree, TreeSequence) else [])
        self.faults += self._objects.faults
        yield from self._declared(self._objects.found)

    def applied(
        self, files: Sequence[str], namespace: str, *path: Step
    ) -> tuple[model.KubernetesObject, ...]:
        """Return the objects of files that a command at this path applies."""
        place = place_of(self._tree, path)
        objects = Objects(self._folder, self._objects.warnings, namespace or "default")
        objects.add(Scalar(text=file, plain=False, place=place) for file in files)
        self.faults += objects.faults
        for obj, _ in objects.found:
            own = "" if isinstance(obj, model.Namespace) else obj.namespace
            if namespace and own and own != namespace:
                self.fault(
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

    def _declared(
        self, found: Sequence[tuple[model.KubernetesObject, Place]]
    ) -> Iterable[model.KubernetesObject]:
        """Check the names of objects and remember them."""
        for obj, _ in found:
            if isinstance(obj, model.Namespace):
                self.namespaces[obj.name] = None
            elif isinstance(obj, model.PodObject) and obj.saved:
                self.namespaces[obj.namespace] = None  # it runs there
        self._name_all(found)
        for obj, place in found:
            if isinstance(obj, model.PodObject) and obj.saved:
                yield self._settled(obj, obj.saved, place)
            else:
                yield self._with_shorts(obj)

    def _name_all(self, found: Sequence[tuple[model.KubernetesObject, Place]]) -> None:
        """Check that names are used once, and namespaces there."""
        seen: dict[str, Place] = {}
        for obj, place in found:
            if isinstance(obj, model.Namespace):
                continue
            kind = type(obj).__name__.removesuffix("Object").lower()
            if obj.namespace not in self.namespaces:
                text = (
                    f'namespaces "{obj.namespace}" not found; an object of kind '
                    "Namespace declares it"
                )
                self.faults.append(Fault(place=place, message=text))
            name = f"{obj.namespace}/{kind}/{obj.name}"
            if name in seen:
                first = seen[name]
                text = f"{kind} {obj.name!r} is there already ({first})"
                self.faults.append(Fault(place=place, message=text))
            seen.setdefault(name, place)
            if isinstance(obj, model.Workload):
                self.workloads[name] = None
            if isinstance(obj, model.PodObject | model.Workload):
                spec = obj.template.spec
                names = (c.name for c in (*spec.init_containers, *spec.containers))
                self.containers.setdefault(name, {}).update(dict.fromkeys(names))

    def _settled(
        self, obj: model.PodObject, saved: model.SavedPod, place: Place
    ) -> model.PodObject:
        """Return a saved pod as its workload's, on a node that there is."""
        node = obj.template.spec.node_name
        if node not in self.nodes:
            text = (
                f"pod {obj.name!r} is on {node!r}, which is not among the nodes; the "
                "file with the cluster's nodes goes under 'nodes'"
            )
            self.faults.append(Fault(place=place, message=text))
        settled = known_owner(saved, obj.namespace, self.workloads)
        template = self._template_with_shorts(obj.template, pin=False)
        return replace(obj, template=template, saved=settled)

    def _with_shorts(self, obj: model.KubernetesObject) -> model.KubernetesObject:
        if not isinstance(obj, model.PodObject | model.Workload):
            return obj
        return replace(obj, template=self._template_with_shorts(obj.template, pin=True))

    def _template_with_shorts(
        self, template: model.PodTemplate, *, pin: bool
    ) -> model.PodTemplate:
        spec = template.spec
        changed = replace(
            spec,
            containers=tuple(self._with_short(c, pin=pin) for c in spec.containers),
            init_containers=tuple(
                self._with_short(c, pin=pin) for c in spec.init_containers
            ),
        )
        return replace(template, spec=changed)

    def _with_short(self, container: model.Container, *, pin: bool) -> model.Container:
        image = container.image
        if self._shorts.pin and pin:
            image = self._pinned(image)
        policy = self._shorts.image_pull_policy or container.image_pull_policy
        return replace(container, image=image, image_pull_policy=policy)

    def _pinned(self, image: str) -> str:
        """Return the reference by the digest that its tag means at the start."""
        try:
            reference = docker_reference(image)
        except ImageReferenceError:
            return image
        declared = self.images.get(reference.name)
        if declared is None or reference.tag not in declared.tags:
            return image
        build = declared.builds.get(declared.tags[reference.tag])
        return f"{reference.name}@{build.digest}" if build else image

    # --- names ---

    def known_node(self, name: str, *path: Step) -> None:
        """Note a fault unless this node is declared."""
        self.known(name, list(self.nodes), "node", *path)

    def known_workload(self, name: str, *path: Step) -> None:
        """Note a fault unless this workload is declared."""
        if name not in self.workloads:
            shown = [w.removeprefix("default/") for w in self.workloads]
            word = name.removeprefix("default/")
            self.fault(
                f"no workload {word!r}{did_you_mean(word, shown)}; there are: "
                + (", ".join(shown) or "none"),
                *path,
                about_a_name=True,
            )

    def nodes_of(self, name: str, *path: Step) -> tuple[str, ...]:
        """Return the node, or the nodes of a group; note a fault if there is none."""
        groups = {group.name: group.names for group in self.groups}
        if name in groups:
            return groups[name]
        self.known(name, [*self.nodes, *groups], "node or group", *path)
        return (name,) if name in self.nodes else ()

    def known_containers(self, name: str, images: Iterable[str], *path: Step) -> None:
        """Note a fault for what no container of a workload or pod is called."""
        known = self.containers.get(name)
        for container in images:
            if known is not None and container != "*" and container not in known:
                listed = list(known)
                self.fault(
                    f'unable to find container named "{container}"'
                    f"{did_you_mean(container, listed)}; containers are: "
                    + ", ".join(listed),
                    *path,
                    about_a_name=True,
                )

    def known(self, name: str, names: Sequence[str], what: str, *path: Step) -> None:
        """Note a fault unless a name is among these."""
        if name not in names:
            listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
            self.fault(
                f"no {what} {name!r}{did_you_mean(name, names)}; there are: "
                + (listed or "none"),
                *path,
                about_a_name=True,
            )

    # --- defaults worth saying ---

    def _defaulted(self, objects: Sequence[model.KubernetesObject]) -> Iterable[str]:
        for key in ("kubernetes", "seed"):
            if key not in self._tree.items:
                yield f"{key} = {getattr(self._part, key)}"
        for obj in objects:
            if isinstance(obj, model.PodObject | model.Workload):
                spec = obj.template.spec
                for container in (*spec.init_containers, *spec.containers):
                    if not container.image_pull_policy:
                        yield (
                            f"{obj.name}: container {container.name}: "
                            f"imagePullPolicy = {default_pull_policy(container.image)} "
                            f"(from the image {_short(container.image)})"
                        )


def _gates(part: ScenarioPart) -> tuple[str, ...]:
    """Return the feature gates that are on."""
    gates = FEATURE_GATES | part.feature_gates
    return tuple(gate for gate, on in gates.items() if on)


def _references(objects: Iterable[model.KubernetesObject]) -> Iterable[str]:
    """Yield every image that pods refer to."""
    for obj in objects:
        if isinstance(obj, model.PodObject | model.Workload):
            spec = obj.template.spec
            for container in (*spec.init_containers, *spec.containers):
                yield container.image
            for volume in spec.image_volumes:
                yield volume.reference
        if isinstance(obj, model.PodObject) and obj.saved:
            yield from (one.image_id for one in obj.saved.instances)


def _later_references(timeline: Iterable[model.Action]) -> Iterable[str]:
    """Yield every image that acts bring in."""
    for action in timeline:
        match action:
            case model.SetImage():
                yield from action.images.values()
            case model.Apply():
                yield from _references(action.objects)
            case model.CrictlPull():
                yield action.image


def _running(objects: Iterable[model.KubernetesObject]) -> dict[str, str]:
    """Return what names mean to containers that run already: name -> digest."""
    found: dict[str, str] = {}
    for obj in objects:
        if isinstance(obj, model.PodObject) and obj.saved:
            images = obj.template.images
            for one in obj.saved.instances:
                digest = one.image_id.rpartition("@")[2]
                found.setdefault(images.get(one.name, ""), digest)
    return found


def _assumed_sizes(images: Iterable[model.Image]) -> Iterable[str]:
    """Say how large builds are that nobody declared."""
    for image in images:
        for one in image.builds.values():
            if one.assumed:
                size = format_size(one.size_bytes)
                yield f"{image.name}: build {one.name} = {size} (assumed, not declared)"


def _build_of_digest(image: model.Image, text: str) -> str | None:
    digest = text.partition("@")[2]
    found = (name for name, b in image.builds.items() if b.digest == digest)
    return next(found, None)


def _short(image: str) -> str:
    name, at, digest = image.partition("@")
    return f"{name}{at}{digest[:14]}" + ("…" if at else "")


def _node_names(part: NodePart) -> tuple[str, ...]:
    if part.count is None:
        return (part.name,)
    return tuple(f"{part.name}-{n}" for n in range(1, part.count + 1))


def _impossible(part: KubeletPart) -> Iterable[tuple[str, str]]:
    """Settings with which a kubelet does not start, in upstream's words.

    Source: pkg/kubelet/apis/config/validation/validation.go and
    pkg/kubelet/images/image_gc_manager.go.
    """
    parallel = part.max_parallel_image_pulls
    if parallel is not None and parallel < 1:
        yield (
            "maxParallelImagePulls",
            f"maxParallelImagePulls {parallel} must be a positive number",
        )
    if parallel is not None and parallel > 1 and part.serialize_image_pulls:
        yield (
            "maxParallelImagePulls",
            (
                "maxParallelImagePulls cannot be larger than 1 unless "
                "SerializeImagePulls (--serialize-image-pulls) is set to false"
            ),
        )
    for key, value in (
        ("registryPullQPS", part.registry_pull_qps),
        ("registryBurst", part.registry_burst),
    ):
        if value < 0:
            yield key, f"{key} {value} must not be a negative number"
    high = part.image_gc_high_threshold_percent
    low = part.image_gc_low_threshold_percent
    for key, name, value in (
        ("imageGCHighThresholdPercent", "HighThresholdPercent", high),
        ("imageGCLowThresholdPercent", "LowThresholdPercent", low),
    ):
        if not 0 <= value <= 100:
            yield key, f"invalid {name} {value}, must be in range [0-100]"
    if low > high:
        yield (
            "imageGCLowThresholdPercent",
            (
                f"LowThresholdPercent {low} can not be higher than "
                f"HighThresholdPercent {high}"
            ),
        )
    try:
        Verification(part.verification_policy, part.verification_allowlist)
    except PatternError as error:
        yield "imagePullCredentialsVerificationPolicy", str(error)
