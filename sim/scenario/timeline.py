"""The acts under ``timeline``: one verb each, checked against what is declared."""

from collections.abc import Callable, Iterable

from sim.scenario import model
from sim.scenario.acts import command, node, registry, secret, workload
from sim.scenario.acts.act import Act, key_of
from sim.scenario.declared import Declared
from sim.scenario.faults import Step
from sim.scenario.reader import Mapping
from sim.scenario.schema.scenario import ScenarioPart
from sim.scenario.schema.timeline import ActionPart

VERBS: dict[str, Callable[[Act, Declared], Iterable[model.Action]]] = {
    "push": registry.push,
    "delete_tag": registry.delete_tag,
    "delete_manifest": registry.delete_manifest,
    "run": command.run,
    "registry_down": registry.down,
    "registry_up": registry.up,
    "registry_slow": registry.slow,
    "add_nodes": node.add,
    "node_dies": node.dies,
    "crash": workload.crash,
    "create_secret": secret.apply,
    "change_secret": secret.apply,
    "delete_secret": secret.delete,
    "change_node": node.change,
}
# Keys that mean something beside one verb only.
GOES_WITH = {
    "on": "run",
    "latency": "registry_slow",
    "bandwidth": "registry_slow",
    "silent": "registry_down",
}


class Timeline:
    """Turns the timeline of a file into actions; mistakes go to ``declared``."""

    def __init__(self, part: ScenarioPart, declared: Declared, tree: Mapping) -> None:
        self._part = part
        self._declared = declared
        self._tree = tree

    def actions(self) -> Iterable[model.Action]:
        """Yield what happens.

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

    def _read(
        self, part: ActionPart, path: tuple[Step, ...]
    ) -> Iterable[tuple[model.Action, tuple[Step, ...]]]:
        mistakes = self._declared.mistakes
        verbs = [verb for verb in VERBS if getattr(part, verb) is not None]
        if len(verbs) != 1:
            known = ", ".join(key_of(verb) for verb in VERBS)
            mistakes.fault(f"an act has exactly one of: {known}", *path)
            return
        if part.at > self._part.until:
            mistakes.fault("this is after the end of the run (until)", *path, "at")
        for key, verb in GOES_WITH.items():
            if verb != verbs[0] and getattr(part, key) is not None:
                text = f"{key!r} goes with the verb {key_of(verb)}"
                mistakes.fault(text, *path, key)
        act = Act(
            part=part,
            verb=verbs[0],
            path=path,
            timeline=self._part.timeline,
            tree=self._tree,
        )
        for action in VERBS[act.verb](act, self._declared):
            yield action, act.here

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

    def _check_names(self, action: model.Action, path: tuple[Step, ...]) -> None:
        objects = self._declared.objects
        match action:
            case model.Drain() | model.Cordon() | model.NodeDies():
                self._declared.nodes.known(action.node, *path)
            case model.SetImage():
                if action.kind != "pod":
                    objects.known_workload(_target(action), *path)
                objects.known_containers(_target(action), action.images, *path)
            case (
                model.Scale()
                | model.RolloutRestart()
                | model.RolloutUndo()
                | model.RolloutPause()
            ):
                objects.known_workload(_target(action), *path)
            case model.Crash() if action.kind != "pod":
                objects.known_workload(_target(action), *path)


def _target(action: model.WorkloadCommand | model.Crash) -> str:
    return f"{action.namespace}/{action.kind}/{action.name}"


def _applied_workloads(action: model.Apply) -> Iterable[str]:
    for obj in action.objects:
        if isinstance(obj, model.Workload):
            yield f"{obj.namespace}/{type(obj).__name__.lower()}/{obj.name}"
