"""One entry under ``nodes``: all that its equal nodes have."""

from dataclasses import dataclass

from sim.rules.profiles import Profile
from sim.scenario import model
from sim.scenario.containerd import containerd
from sim.scenario.faults import Step, at
from sim.scenario.images import DeclaredImages
from sim.scenario.kubelet import kubelet
from sim.scenario.mistakes import Mistakes
from sim.scenario.node_credentials import CONFIG_KEY, with_credentials
from sim.scenario.pre_pulled import pre_pulled
from sim.scenario.reader import Mapping, plain
from sim.scenario.registries import known_hosts
from sim.scenario.schema.nodes import NodePart
from sim.scenario.schema.scenario import ScenarioPart
from sim.units import format_size


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeGroupReader:
    """Reads the entries under ``nodes`` of one scenario."""

    part: ScenarioPart
    tree: Mapping
    profile: Profile
    images: DeclaredImages
    mistakes: Mistakes

    def read(
        self, part: NodePart, names: tuple[str, ...], *path: Step
    ) -> model.NodeGroup:
        """Return the group of the entry at ``path``; ``names`` are its nodes."""
        if part.disk_used > part.disk:
            text = f"diskUsed is more than the disk ({format_size(part.disk)})"
            self.mistakes.fault(text, *path, "diskUsed")
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
            pre_pulled=tuple(pre_pulled(part, self.images, self.mistakes, *path)),
            kubelet=kubelet(
                part.kubelet, self.profile, self.mistakes, *path, "kubelet"
            ),
            containerd=containerd(
                part.containerd,
                known_hosts(self.part, self.images.by_name),
                self.mistakes.fault,
                *path,
            ),
        )
        return self._with_credentials(group, part, *path)

    def _with_credentials(
        self, group: model.NodeGroup, part: NodePart, *path: Step
    ) -> model.NodeGroup:
        def fault(message: str, *below: Step) -> None:
            self.mistakes.fault(message, *path, *below)

        document = None
        if part.kubelet.image_credential_provider_config is not None:
            # Booleans are read by YAML's rules, as the kubelet would.
            document = plain(at(self.tree, (*path, "kubelet", CONFIG_KEY)))
        return with_credentials(group, part, document, self.part.kubernetes, fault)


def node_names(part: NodePart) -> tuple[str, ...]:
    """Return the names of an entry's nodes."""
    if part.count is None:
        return (part.name,)
    return tuple(f"{part.name}-{n}" for n in range(1, part.count + 1))
