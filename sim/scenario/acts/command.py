"""What people run: a line of kubectl, or of a node's own shell."""

from collections.abc import Iterator

from sim.scenario import model
from sim.scenario.acts.act import Act
from sim.scenario.commands import kubectl, node_shell
from sim.scenario.commands.command_line import CommandError, unknown
from sim.scenario.declared import Declared


def run(act: Act, declared: Declared) -> Iterator[model.Action]:
    """Yield what a line does, for every node that it runs on."""
    try:
        if act.text.split()[:1] == ["kubectl"]:
            yield _kubectl(act, declared)
        else:
            yield from _on_nodes(act, declared)
    except CommandError as error:
        declared.mistakes.fault(str(error), *act.here)


def _kubectl(act: Act, declared: Declared) -> model.Action:
    if act.part.on is not None:
        declared.mistakes.fault(
            "kubectl runs on no node: leave 'on' out", *act.path, "on"
        )
    command = kubectl.parse(act.text, act.part.at)
    if not isinstance(command, kubectl.ApplyFiles):
        return command
    objects = declared.objects.applied(command.files, command.namespace, *act.here)
    return model.Apply(at_us=command.at_us, command=command.command, objects=objects)


def _on_nodes(act: Act, declared: Declared) -> list[model.NodeCommand]:
    text, on = act.text, act.part.on
    programs = [verb.words[0] for verb in node_shell.VERBS]
    if text.split()[:1] and text.split()[0] not in programs:
        usages = [verb.usage for verb in kubectl.VERBS]
        usages += [verb.usage for verb in node_shell.VERBS]
        raise unknown(text, usages)
    if on is None:
        declared.mistakes.fault(
            f"{text!r} runs on a node: say which with 'on'", *act.path
        )
        return []

    def nodes(name: str) -> tuple[str, ...]:
        where = "on" if name == on else "run"
        return declared.nodes.nodes_of(name, *act.path, where)

    return node_shell.parse(text, act.part.at, on, nodes)
