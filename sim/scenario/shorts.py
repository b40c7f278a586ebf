"""A variant's short forms: a policy for all containers, images pinned by digest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.scenario import model
from sim.scenario.images import DeclaredImages
from sim.scenario.reader import Mapping, Scalar, fail

SHORTS = ("imagePullPolicy", "pin")
POLICIES = ("Always", "IfNotPresent", "Never")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shorts:
    """What a variant says of every container; "" = nothing."""

    image_pull_policy: str = ""
    pin: str = ""

    def applied(
        self, template: model.PodTemplate, images: DeclaredImages
    ) -> model.PodTemplate:
        """Return a template whose containers are as this variant says."""
        spec = template.spec
        changed = replace(
            spec,
            containers=tuple(self._changed(c, images) for c in spec.containers),
            init_containers=tuple(
                self._changed(c, images) for c in spec.init_containers
            ),
        )
        return replace(template, spec=changed)

    def _changed(
        self, container: model.Container, images: DeclaredImages
    ) -> model.Container:
        image = images.pinned(container.image) if self.pin else container.image
        policy = self.image_pull_policy or container.image_pull_policy
        return replace(container, image=image, image_pull_policy=policy)


def shorts_of(changes: Mapping) -> Shorts:
    """Return the short forms among a variant's changes; raises ``ScenarioError``."""
    policy = _short(changes, "imagePullPolicy", POLICIES)
    pin = _short(changes, "pin", ("digest",))
    return Shorts(image_pull_policy=policy, pin=pin)


def _short(changes: Mapping, key: str, allowed: Sequence[str]) -> str:
    value = changes.items.get(key)
    if value is None:
        return ""
    if isinstance(value, Scalar) and value.text in allowed:
        return value.text
    found = value.text if isinstance(value, Scalar) else "a map or list"
    known = ", ".join(allowed)
    raise fail(value.place, f"{key}: allowed: {known}, found {found!r}")
