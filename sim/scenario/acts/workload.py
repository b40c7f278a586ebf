"""What happens to workloads besides commands: their containers crash."""

from collections.abc import Iterator

from sim.scenario import model
from sim.scenario.acts.act import Act
from sim.scenario.commands.kubectl import KINDS
from sim.scenario.declared import Declared


def crash(act: Act, declared: Declared) -> Iterator[model.Crash]:
    """Yield a crash of a workload's containers, or of a pod's."""
    part = act.part
    kind, _, name = act.text.partition("/")
    if kind not in (*KINDS, "pod") or not name:
        kinds = ", ".join(f"{known}/NAME" for known in KINDS)
        declared.mistakes.fault(f"expected {kinds} or pod/NAME", *act.here)
        return
    yield model.Crash(
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
