"""The acts under ``timeline``: one verb each, checked against what is declared."""

from collections.abc import Iterable
from typing import Protocol

from sim.errors import Fault, did_you_mean
from sim.rules.kubectl_create_secret import CreateSecretError
from sim.scenario import kubectl, model, node_credentials
from sim.scenario.faults import Step
from sim.scenario.manifests import registry_secret, secret
from sim.scenario.object_reader import ObjectReader
from sim.scenario.reader import Mapping
from sim.scenario.reader import Sequence as TreeSequence
from sim.scenario.schema import ActionPart, ScenarioPart, SecretPart

VERBS = (
    "push",
    "run",
    "registry_down",
    "registry_up",
    "node_dies",
    "crash",
    "create_secret",
    "change_secret",
    "delete_secret",
    "change_node",
)


class Declared(Protocol):
    """What a scenario declares, as far as its timeline speaks of it."""

    faults: list[Fault]

    def fault(self, message: str, *path: Step) -> None:
        """Note a mistake at a path of the file."""

    def find(self, image: str, *path: Step) -> tuple[model.Image, str] | None:
        """Return the declared image and tag that a reference means."""

    def known_node(self, name: str, *path: Step) -> None:
        """Note a fault unless this node is declared."""

    def known_workload(self, name: str, *path: Step) -> None:
        """Note a fault unless this workload is declared."""

    def members(self, name: str, at_us: int, *path: Step) -> model.NodeGroup | None:
        """Return the nodes that a name means, or None and a fault."""


class Timeline:
    """Turns the timeline of a file into actions."""

    def __init__(self, part: ScenarioPart, world: Declared, tree: Mapping) -> None:
        self._part = part
        self._world = world
        self._tree = tree

    def actions(self) -> Iterable[model.Action]:
        """Yield what happens; mistakes go to the world's faults."""
        for number, part in enumerate(self._part.timeline):
            path: tuple[Step, ...] = ("timeline", number)
            verbs = [verb for verb in VERBS if getattr(part, verb) is not None]
            if len(verbs) != 1:
                known = ", ".join(_alias(verb) for verb in VERBS)
                self._world.fault(f"an act has exactly one of: {known}", *path)
                continue
            if part.at > self._part.until:
                self._world.fault(
                    "this is after the end of the run (until)", *path, "at"
                )
            action = self._action(part, verbs[0], path)
            if action is not None:
                yield action

    def _action(
        self, part: ActionPart, verb: str, path: tuple[Step, ...]
    ) -> model.Action | None:
        here = (*path, _alias(verb))
        match verb:
            case "push":
                return self._push(part, path)
            case "run":
                return self._run(part, here)
            case "registry_down":
                up = None if part.down_for is None else part.at + part.down_for
                host = part.registry_down or ""
                return model.RegistryDown(at_us=part.at, host=host, up_at_us=up)
            case "registry_up":
                return model.RegistryUp(at_us=part.at, host=part.registry_up or "")
            case "node_dies":
                self._world.known_node(part.node_dies or "", *here)
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

    def _change_node(
        self, part: ActionPart, path: tuple[Step, ...]
    ) -> model.ChangeNode | None:
        def fault(message: str, *below: Step) -> None:
            self._world.fault(message, *path, *below)

        group = self._world.members(
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
        found = self._world.find(part.push or "", *path, "push")
        if part.build is None:
            self._world.fault("a push needs the key 'build'", *path)
            return None
        if found is None:
            return None
        image, tag = found
        if part.build not in image.builds:
            known = list(image.builds)
            self._world.fault(
                f"{image.name} has no build {part.build!r}"
                f"{did_you_mean(part.build, known)}; builds are: {', '.join(known)}",
                *path,
                "build",
            )
        return model.Push(at_us=part.at, image=image.name, tag=tag, build=part.build)

    def _run(self, part: ActionPart, here: tuple[Step, ...]) -> model.Action | None:
        try:
            command = kubectl.parse(part.run or "", part.at)
        except kubectl.KubectlError as error:
            self._world.fault(str(error), *here)
            return None
        if isinstance(command, model.Drain):
            self._world.known_node(command.node, *here)
        elif not isinstance(command, model.DeletePod):
            name = f"{command.namespace}/{command.kind}/{command.name}"
            self._world.known_workload(name, *here)
        return command

    def _crash(self, part: ActionPart, here: tuple[Step, ...]) -> model.Crash | None:
        kind, _, name = (part.crash or "").partition("/")
        if kind not in (*kubectl.WORKLOADS, "pod") or not name:
            kinds = ", ".join(f"{known}/NAME" for known in kubectl.WORKLOADS)
            self._world.fault(f"expected {kinds} or pod/NAME", *here)
            return None
        if kind != "pod":
            self._world.known_workload(f"{part.namespace}/{kind}/{name}", *here)
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
            reader = ObjectReader(tree, self._world.faults)
            name = reader.text("metadata", "name", required=True)
            namespace = reader.text("metadata", "namespace") or "default"
            return model.ApplySecret(
                at_us=at_us, secret=secret(namespace, name, reader)
            )
        values = (part.name, part.server, part.username, part.password)
        if any(value is None for value in values):
            self._world.fault(
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
            self._world.fault(f"error: {error}", *here)
            return None
        return model.ApplySecret(at_us=at_us, secret=made)


def _alias(name: str) -> str:
    return ActionPart.model_fields[name].alias or name


def _into(tree: Mapping, step: Step) -> Mapping:
    inner = tree.items.get(str(step)) if isinstance(tree, Mapping) else None
    if isinstance(tree, TreeSequence) and isinstance(step, int):
        inner = tree.items[step]
    assert inner is not None  # noqa: S101 - the schema has checked this path
    return inner  # type: ignore[return-value]
