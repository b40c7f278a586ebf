"""What happens to nodes: they are added, die, or get other credentials."""

from collections.abc import Iterator

from sim.scenario import model, node_credentials
from sim.scenario.acts.act import Act
from sim.scenario.declared import Declared
from sim.scenario.faults import Step


def add(_: Act, __: Declared) -> Iterator[model.Action]:
    """Yield nothing: the nodes are declared as such that join later."""
    yield from ()


def dies(act: Act, _: Declared) -> Iterator[model.NodeDies]:
    """Yield the death of a node."""
    yield model.NodeDies(at_us=act.part.at, node=act.text)


def change(act: Act, declared: Declared) -> Iterator[model.ChangeNode]:
    """Yield a change of what a node, or a group, has of its own credentials."""

    def fault(message: str, *below: Step) -> None:
        declared.mistakes.fault(message, *act.path, *below)

    part = act.part
    group = declared.nodes.members(act.text, part.at, *act.here)
    if group is None:
        return
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
            "changeNode needs dockerConfig, dockerConfigFiles or credentialProviders",
            "changeNode",
        )
    yield model.ChangeNode(
        at_us=part.at, nodes=group.names, files=files, plugins=plugins
    )
