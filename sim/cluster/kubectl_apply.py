"""``kubectl apply`` to what is there: what it keeps, and what is refused.

Pod templates are merged by the API server (``templates``).

Source: kubectl pkg/cmd/apply (patcher.go); pkg/apis/core/validation
(ValidatePodUpdate, ValidateSecretUpdate).
"""

from dataclasses import replace
from typing import TypeVar

from sim.cluster.control_plane.admission import IMMUTABLE
from sim.cluster.objects import Pod
from sim.rules.admission import AdmissionError
from sim.scenario.model import (
    Container,
    Deployment,
    PodObject,
    PodSpec,
    Secret,
    StatefulSet,
)

Scalable = TypeVar("Scalable", Deployment, StatefulSet)


def with_kept_replicas(
    stored: Scalable, before: Scalable | None, written: Scalable
) -> Scalable:
    """Return a workload whose scale outlives a manifest without ``replicas``.

    ``before`` is what was applied last.
    """
    had = before is not None and before.replicas_given
    if written.replicas_given or had:
        return written
    return replace(written, replicas=stored.replicas)


def with_kept_pause(
    stored: Deployment, before: Deployment | None, written: Deployment
) -> Deployment:
    """Return a Deployment whose pause outlives a manifest without ``paused``."""
    unpaused = before is not None and before.paused
    return replace(written, paused=written.paused or (stored.paused and not unpaused))


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
