"""The acts under ``timeline``: one verb each, checked against what is declared."""

from collections.abc import Iterable

from sim.errors import did_you_mean
from sim.rules.kubectl_create_secret import CreateSecretError
from sim.scenario import kubectl, model, node_commands, node_credentials
from sim.scenario.command_line import CommandError, unknown
from sim.scenario.declared import Declared
from sim.scenario.faults import Step
from sim.scenario.manifests import registry_secret, secret
from sim.scenario.object_reader import ObjectReader
from sim.scenario.reader import Mapping
from sim.scenario.reader import Sequence as TreeSequence
from sim.scenario.schema.scenario import ScenarioPart
from sim.scenario.schema.timeline import ActionPart, SecretPart

VERBS = (
    "push",
    "delete_tag",
    "delete_manifest",
    "run",
    "registry_down",
    "registry_up",
    "registry_slow",
    "add_nodes",
    "node_dies",
    "crash",
    "create_secret",
    "change_secret",
    "delete_secret",
    "change_node",
)


class Timeline:
    """Turns the timeline of a file into actions."""

    def __init__(self, part: ScenarioPart, declared: Declared, tree: Mapping) -> None:
        self._part = part
        self._declared = declared
        self._tree = tree

    def actions(self) -> Iterable[model.Action]:
        """Yield what happens; mistakes go to ``declared``.

        Names are checked when all acts are read: an act may apply what another is
        about, in whatever order they stand.
        """
        read = [
            (action, path)
            for number, part in enumerate(self._part.timeline)
            for action, path in self._read(part, ("timeline", number))
        ]
        self._check_undos(read)
        for action, path in read:
            self._check_names(action, path)
            yield action

    def _check_undos(self, read: list[tuple[model.Action, tuple[Step, ...]]]) -> None:
        """Note every undo before which nothing can have changed its workload."""
        changed: dict[str, None] = {}
        for action, path in sorted(read, key=lambda one: one[0].at_us):
            match action:
                case model.Apply():
                    changed |= dict.fromkeys(_applied_workloads(action))
                case model.SetImage() | model.RolloutRestart():
                    changed[_target(action)] = None
                case model.RolloutUndo(to_revision=0):
                    if _target(action) not in changed:
                        text = f"no rollout history found for {action.name!r}"
                        self._declared.mistakes.fault(text, *path)

    def _read(
        self, part: ActionPart, path: tuple[Step, ...]
    ) -> Iterable[tuple[model.Action, tuple[Step, ...]]]:
        verbs = [verb for verb in VERBS if getattr(part, verb) is not None]
        if len(verbs) != 1:
            known = ", ".join(_alias(verb) for verb in VERBS)
            self._declared.mistakes.fault(f"an act has exactly one of: {known}", *path)
            return
        if part.at > self._part.until:
            self._declared.mistakes.fault(
                "this is after the end of the run (until)", *path, "at"
            )
        here = (*path, _alias(verbs[0]))
        if verbs[0] == "run":
            for command in self._run(part, path):
                yield command, here
            return
        self._unused(part, verbs[0], path)
        action = self._action(part, verbs[0], path)
        if action is not None:
            yield action, here

    def _unused(self, part: ActionPart, verb: str, path: tuple[Step, ...]) -> None:
        """Note keys that mean nothing beside this verb."""
        if part.on is not None:
            self._declared.mistakes.fault("'on' goes with the verb run", *path, "on")
        for key in ("latency", "bandwidth"):
            if verb != "registry_slow" and getattr(part, key) is not None:
                text = f"{key!r} goes with the verb registrySlow"
                self._declared.mistakes.fault(text, *path, key)
        if verb != "registry_down" and part.silent is not None:
            self._declared.mistakes.fault(
                "'silent' goes with the verb registryDown", *path, "silent"
            )

    def _action(  # noqa: C901 - one case a verb
        self, part: ActionPart, verb: str, path: tuple[Step, ...]
    ) -> model.Action | None:
        here = (*path, _alias(verb))
        match verb:
            case "push":
                return self._push(part, path)
            case "delete_tag":
                return self._delete_tag(part, here)
            case "delete_manifest":
                return self._delete_manifest(part, path)
            case "registry_down":
                return model.RegistryDown(
                    at_us=part.at,
                    host=part.registry_down or "",
                    up_at_us=_end(part),
                    silent=bool(part.silent),
                )
            case "registry_up":
                return model.RegistryUp(at_us=part.at, host=part.registry_up or "")
            case "registry_slow":
                return self._registry_slow(part, here)
            case "add_nodes":
                return None  # they are nodes that join later
            case "node_dies":
                return model.NodeDies(at_us=part.at, node=part.node_dies or "")
            case "crash":
                return self._crash(part, here)
            case "change_node":
                return self._change_node(part, path)
            case "delete_secret":
                namespace, _, name = (part.delete_secret or "").rpartition("/")
                return model.DeleteSecret(
                    at_us=part.at, namespace=namespace or "default", name=name
                )
        given = part.create_secret or part.change_secret
        assert given is not None, verb  # noqa: S101 - the last two verbs
        return self._secret(part.at, given, here)

    def _check_names(self, action: model.Action, path: tuple[Step, ...]) -> None:
        match action:
            case model.Drain() | model.Cordon() | model.NodeDies():
                self._declared.nodes.known(action.node, *path)
            case model.SetImage():
                if action.kind != "pod":
                    self._declared.objects.known_workload(_target(action), *path)
                self._declared.objects.known_containers(
                    _target(action), action.images, *path
                )
            case (
                model.Scale()
                | model.RolloutRestart()
                | model.RolloutUndo()
                | model.RolloutPause()
            ):
                self._declared.objects.known_workload(_target(action), *path)
            case model.Crash() if action.kind != "pod":
                self._declared.objects.known_workload(_target(action), *path)

    def _delete_tag(
        self, part: ActionPart, here: tuple[Step, ...]
    ) -> model.DeleteTag | None:
        found = self._declared.images.find(part.delete_tag or "", *here)
        if found is None:
            return None
        image, tag = found
        pushed = (
            self._declared.images.find(a.push, *here)
            for a in self._part.timeline
            if a.push
        )
        later = [one[1] for one in pushed if one is not None and one[0] is image]
        known = list(dict.fromkeys([*image.tags, *later]))
        if tag not in known:
            self._declared.mistakes.fault(
                f"{image.name} never has a tag {tag!r}{did_you_mean(tag, known)}; "
                f"tags are: {', '.join(known) or 'none'}",
                *here,
                about_a_name=True,
            )
        return model.DeleteTag(at_us=part.at, image=image.name, tag=tag)

    def _delete_manifest(
        self, part: ActionPart, path: tuple[Step, ...]
    ) -> model.DeleteManifest | None:
        here = (*path, "deleteManifest")
        text, _, digest = (part.delete_manifest or "").partition("@")
        found = self._declared.images.find(part.delete_manifest or "", *here)
        if found is None:
            return None
        image, tag = found
        if (part.build is None) == (not digest) or (
            tag and ":" in text.rpartition("/")[2]
        ):
            self._declared.mistakes.fault(
                "a manifest is deleted by image@digest, or by image and 'build'", *here
            )
            return None
        known = {name: build.digest for name, build in image.builds.items()}
        if part.build is not None and part.build not in known:
            self._unknown_build(image, part.build, path)
            return None
        if digest and digest not in known.values():
            self._declared.mistakes.fault(
                f"{image.name} has no build with this digest", *here
            )
            return None
        return model.DeleteManifest(
            at_us=part.at,
            image=image.name,
            digest=digest or known[part.build or ""],
        )

    def _unknown_build(
        self, image: model.Image, build: str, path: tuple[Step, ...]
    ) -> None:
        known = list(image.builds)
        self._declared.mistakes.fault(
            f"{image.name} has no build {build!r}{did_you_mean(build, known)}; "
            f"builds are: {', '.join(known)}",
            *path,
            "build",
        )

    def _registry_slow(
        self, part: ActionPart, here: tuple[Step, ...]
    ) -> model.RegistrySlow:
        if part.latency is None and part.bandwidth is None:
            self._declared.mistakes.fault(
                "a slow registry has a latency or a bandwidth", *here
            )
        return model.RegistrySlow(
            at_us=part.at,
            host=part.registry_slow or "",
            latency_us=part.latency,
            bandwidth=part.bandwidth,
            until_us=_end(part),
        )

    def _change_node(
        self, part: ActionPart, path: tuple[Step, ...]
    ) -> model.ChangeNode | None:
        def fault(message: str, *below: Step) -> None:
            self._declared.mistakes.fault(message, *path, *below)

        group = self._declared.nodes.members(
            part.change_node or "", part.at, *path, "changeNode"
        )
        if group is None:
            return None
        where = group.kubelet_folders
        files = node_credentials.docker_config_files(
            part.docker_config_files,
            where,
            fault,
            config_json=part.docker_config is not None,
        )
        if part.docker_config is not None:
            config_json = node_credentials.config_json_path(where)
            files[config_json] = node_credentials.json_text(part.docker_config)
        known = [provider.name for provider in group.credential_providers]
        plugins = node_credentials.answers(part.credential_providers, known, fault)
        if not files and not plugins:
            fault(
                "changeNode needs dockerConfig, dockerConfigFiles or "
                "credentialProviders",
                "changeNode",
            )
        return model.ChangeNode(
            at_us=part.at, nodes=group.names, files=files, plugins=plugins
        )

    def _push(self, part: ActionPart, path: tuple[Step, ...]) -> model.Push | None:
        found = self._declared.images.find(part.push or "", *path, "push")
        if part.build is None:
            self._declared.mistakes.fault("a push needs the key 'build'", *path)
            return None
        if found is None:
            return None
        image, tag = found
        if part.build not in image.builds:
            self._unknown_build(image, part.build, path)
        return model.Push(at_us=part.at, image=image.name, tag=tag, build=part.build)

    def _run(self, part: ActionPart, path: tuple[Step, ...]) -> list[model.Action]:
        here = (*path, "run")
        self._unused(part.model_copy(update={"on": None}), "run", path)
        try:
            if (part.run or "").split()[:1] == ["kubectl"]:
                return [self._kubectl(part, path)]
            return self._on_nodes(part, path)
        except CommandError as error:
            self._declared.mistakes.fault(str(error), *here)
            return []

    def _kubectl(self, part: ActionPart, path: tuple[Step, ...]) -> model.Action:
        if part.on is not None:
            self._declared.mistakes.fault(
                "kubectl runs on no node: leave 'on' out", *path, "on"
            )
        command = kubectl.parse(part.run or "", part.at)
        if not isinstance(command, kubectl.ApplyFiles):
            return command
        objects = self._declared.objects.applied(
            command.files, command.namespace, *path, "run"
        )
        return model.Apply(
            at_us=command.at_us, command=command.command, objects=objects
        )

    def _on_nodes(self, part: ActionPart, path: tuple[Step, ...]) -> list[model.Action]:
        text = part.run or ""
        programs = [verb.words[0] for verb in node_commands.VERBS]
        if text.split()[:1] and text.split()[0] not in programs:
            usages = [verb.usage for verb in kubectl.VERBS]
            usages += [verb.usage for verb in node_commands.VERBS]
            raise unknown(text, usages)
        if part.on is None:
            self._declared.mistakes.fault(
                f"{text!r} runs on a node: say which with 'on'", *path
            )
            return []
        on = part.on

        def nodes(name: str) -> tuple[str, ...]:
            where = "on" if name == on else "run"
            return self._declared.nodes.nodes_of(name, *path, where)

        return list(node_commands.parse(text, part.at, on, nodes))

    def _crash(self, part: ActionPart, here: tuple[Step, ...]) -> model.Crash | None:
        kind, _, name = (part.crash or "").partition("/")
        if kind not in (*kubectl.KINDS, "pod") or not name:
            kinds = ", ".join(f"{known}/NAME" for known in kubectl.KINDS)
            self._declared.mistakes.fault(f"expected {kinds} or pod/NAME", *here)
            return None
        return model.Crash(
            at_us=part.at,
            namespace=part.namespace,
            kind=kind,
            name=name,
            pod=name if kind == "pod" else "",
            container=part.container,
            node=part.node,
            count=part.count,
            exit_code=part.exit_code,
        )

    def _secret(
        self, at_us: int, part: SecretPart, here: tuple[Step, ...]
    ) -> model.ApplySecret | None:
        tree = self._tree
        for step in here:
            tree = _into(tree, step)
        if "metadata" in tree.items:
            reader = ObjectReader(tree, self._declared.mistakes.faults)
            name = reader.text("metadata", "name", required=True)
            namespace = reader.text("metadata", "namespace") or "default"
            return model.ApplySecret(
                at_us=at_us, secret=secret(namespace, name, reader)
            )
        values = (part.name, part.server, part.username, part.password)
        if any(value is None for value in values):
            self._declared.mistakes.fault(
                "a secret is a Secret object, or name, server, username and password",
                *here,
            )
            return None
        name, server, username, password = (str(value) for value in values)
        try:
            made = registry_secret(
                part.namespace, name, server, username, password, part.email
            )
        except CreateSecretError as error:
            self._declared.mistakes.fault(f"error: {error}", *here)
            return None
        return model.ApplySecret(at_us=at_us, secret=made)


def _target(action: model.WorkloadCommand | model.Crash) -> str:
    return f"{action.namespace}/{action.kind}/{action.name}"


def _applied_workloads(action: model.Apply) -> Iterable[str]:
    for obj in action.objects:
        if isinstance(obj, model.Workload):
            yield f"{obj.namespace}/{type(obj).__name__.lower()}/{obj.name}"


def _end(part: ActionPart) -> int | None:
    return None if part.down_for is None else part.at + part.down_for


def _alias(name: str) -> str:
    return ActionPart.model_fields[name].alias or name


def _into(tree: Mapping, step: Step) -> Mapping:
    inner = tree.items.get(str(step)) if isinstance(tree, Mapping) else None
    if isinstance(tree, TreeSequence) and isinstance(step, int):
        inner = tree.items[step]
    assert inner is not None  # noqa: S101 - the schema has checked this path
    return inner  # type: ignore[return-value]
