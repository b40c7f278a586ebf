"""``kubectl apply`` to what is there: three-way merge, as far as it matters here.

What a manifest leaves out keeps its stored value, unless the manifest that was
applied last had it: then it is removed, and defaulted anew.

Source: kubectl pkg/cmd/apply (patcher.go), apimachinery strategicpatch
(CreateThreeWayMergePatch); pkg/apis/core/validation (ValidatePodUpdate,
ValidateSecretUpdate).
"""

from dataclasses import replace
from typing import TypeVar

from sim.cluster.admission import IMMUTABLE
from sim.cluster.objects import Pod
from sim.rules.admission import AdmissionError
from sim.scenario.model import (
    Container,
    DaemonSet,
    Deployment,
    ImageVolume,
    PodObject,
    PodSpec,
    PodTemplate,
    Secret,
    StatefulSet,
    Workload,
)

W = TypeVar("W", bound=Workload)


def merged(stored: Workload, before: Workload | None, written: W) -> W:
    """Return a workload as an apply leaves it, before defaulting.

    ``before`` is what was applied last. So a scale outlives a manifest without
    ``replicas``, and a pause one without ``paused``.
    """
    last = before.template if before else None
    made = replace(written, template=_template(stored.template, last, written.template))
    if isinstance(made, DaemonSet) or isinstance(stored, DaemonSet):
        return made
    had = isinstance(before, Deployment | StatefulSet) and before.replicas_given
    if not (made.replicas_given or had):
        made = replace(made, replicas=stored.replicas)
    if isinstance(made, Deployment) and isinstance(stored, Deployment):
        unpaused = isinstance(before, Deployment) and before.paused
        paused = made.paused or (stored.paused and not unpaused)
        made = replace(made, paused=paused)
    return made


def _template(
    stored: PodTemplate, before: PodTemplate | None, written: PodTemplate
) -> PodTemplate:
    """Annotations that others wrote stay, as that of ``rollout restart``."""
    spec = written.spec
    old, last = stored.spec, before.spec if before else None
    gone = before.annotations if before else {}
    kept = {k: v for k, v in stored.annotations.items() if k not in gone}
    return replace(
        written,
        annotations=kept | written.annotations,
        spec=replace(
            spec,
            containers=_kept(
                old.containers, last.containers if last else (), spec.containers
            ),
            init_containers=_kept(
                old.init_containers,
                last.init_containers if last else (),
                spec.init_containers,
            ),
            image_volumes=_kept_volumes(old, last, spec),
        ),
    )


def _kept(
    stored: tuple[Container, ...],
    before: tuple[Container, ...],
    written: tuple[Container, ...],
) -> tuple[Container, ...]:
    policies = {c.name: c.image_pull_policy for c in stored}
    removed = [c.name for c in before if c.image_pull_policy]
    return tuple(
        replace(c, image_pull_policy=policies[c.name])
        if not c.image_pull_policy and c.name in policies and c.name not in removed
        else c
        for c in written
    )


def _kept_volumes(
    stored: PodSpec, before: PodSpec | None, written: PodSpec
) -> tuple[ImageVolume, ...]:
    policies = {v.name: v.pull_policy for v in stored.image_volumes}
    removed = [v.name for v in before.image_volumes if v.pull_policy] if before else []
    return tuple(
        replace(v, pull_policy=policies[v.name])
        if not v.pull_policy and v.name in policies and v.name not in removed
        else v
        for v in written.image_volumes
    )


def pod_images(pod: Pod, obj: PodObject) -> dict[str, str]:
    """Return the images that an apply gives a pod that is there.

    Raises ``AdmissionError`` if it would change what cannot be changed in a pod.
    """
    old, new = pod.spec, obj.template.spec
    fixed = (
        (_names(old.containers), _names(new.containers)),
        (_names(old.init_containers), _names(new.init_containers)),
        (old.restart_policy, new.restart_policy),
        (old.node_selector, new.node_selector),
        (_volumes(old), _volumes(new)),
    )
    same = all(one == other for one, other in fixed) and all(
        given in ("", stored)
        for stored, given in (
            (old.service_account, new.service_account),
            (pod.node, new.node_name),
            *zip(_policies(old), _policies(new), strict=False),
        )
    )
    if not same or new.image_pull_secrets not in ((), old.image_pull_secrets):
        raise AdmissionError(f'The Pod "{pod.name}" is invalid: {IMMUTABLE}')
    return {c.name: c.image for c in (*new.init_containers, *new.containers)}


def _names(containers: tuple[Container, ...]) -> list[str]:
    return [container.name for container in containers]


def _policies(spec: PodSpec) -> list[str]:
    containers = [*spec.init_containers, *spec.containers]
    return [container.image_pull_policy for container in containers]


def _volumes(spec: PodSpec) -> list[tuple[str, str]]:
    return [(volume.name, volume.reference) for volume in spec.image_volumes]


def check_secret(stored: Secret | None, written: Secret) -> None:
    """Refuse to change a secret's type; raises ``AdmissionError``."""
    if stored is not None and stored.type != written.type:
        raise AdmissionError(
            f'The Secret "{written.name}" is invalid: type: Invalid value: '
            f'"{written.type}": field is immutable'
        )
