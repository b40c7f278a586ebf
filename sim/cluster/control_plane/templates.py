"""Changes of a pod template as ``kubectl`` makes them.

None of them recomputes a pull policy: the API server fills in what is empty after.

Source: kubectl pkg/cmd/apply (patcher.go: three-way merge), pkg/cmd/set/set_image.go.
"""

from collections.abc import Mapping
from dataclasses import replace

from sim.scenario.model import Container, ImageVolume, PodSpec, PodTemplate

ALL = "*"


def with_images(spec: PodSpec, images: Mapping[str, str]) -> PodSpec:
    """Return a spec with other images; ``*`` stands for all containers.

    Raises ``KeyError`` with the name of a container that there is not.
    """
    known = {one.name for one in (*spec.containers, *spec.init_containers)}
    for name in images:
        if name != ALL and name not in known:
            raise KeyError(name)

    def changed(one: Container) -> Container:
        image = images.get(one.name, images.get(ALL, one.image))
        return replace(one, image=image)

    return replace(
        spec,
        containers=tuple(changed(one) for one in spec.containers),
        init_containers=tuple(changed(one) for one in spec.init_containers),
    )


def apply_over(
    live: PodTemplate, last: PodTemplate, written: PodTemplate
) -> PodTemplate:
    """Return the template after ``kubectl apply`` of ``written`` over ``live``.

    ``last`` is what was applied before. What nobody ever wrote stays: labels and
    annotations that others added, and policies that were filled in. A policy that
    was written once and is not any more is empty.
    """
    policies = _policies(live.spec)
    for name, policy in _policies(last.spec).items():
        if policy:
            policies[name] = ""
    return PodTemplate(
        labels=_merged(live.labels, last.labels, written.labels),
        annotations=_merged(live.annotations, last.annotations, written.annotations),
        spec=_keeping(written.spec, policies),
    )


def _merged(
    live: dict[str, str], last: dict[str, str], written: dict[str, str]
) -> dict[str, str]:
    kept = {name: text for name, text in live.items() if name not in last}
    return kept | written


def _policies(spec: PodSpec) -> dict[tuple[str, str], str]:
    containers = (*spec.init_containers, *spec.containers)
    return {("container", one.name): one.image_pull_policy for one in containers} | {
        ("volume", one.name): one.pull_policy for one in spec.image_volumes
    }


def _keeping(spec: PodSpec, policies: Mapping[tuple[str, str], str]) -> PodSpec:
    def container(one: Container) -> Container:
        kept = policies.get(("container", one.name), "")
        return replace(one, image_pull_policy=one.image_pull_policy or kept)

    def volume(one: ImageVolume) -> ImageVolume:
        kept = policies.get(("volume", one.name), "")
        return replace(one, pull_policy=one.pull_policy or kept)

    return replace(
        spec,
        containers=tuple(container(one) for one in spec.containers),
        init_containers=tuple(container(one) for one in spec.init_containers),
        image_volumes=tuple(volume(one) for one in spec.image_volumes),
    )
