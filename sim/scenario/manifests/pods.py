"""What a pod is made of: the template in an object, or the object itself.

What is not simulated is accepted and, where it would change the outcome, named once in
a warning.
"""

from typing import Any

from sim.scenario import model
from sim.scenario.faults import Step
from sim.scenario.manifests.object_reader import ObjectReader
from sim.units import SECOND

_NOT_SIMULATED = {
    "affinity": "affinity does not steer the scheduler",
    "topologySpreadConstraints": "topologySpreadConstraints do not steer the scheduler",
    "tolerations": "taints and tolerations are not simulated",
    "activeDeadlineSeconds": "activeDeadlineSeconds does not end pods",
}


class PodReader:
    """Reads pods of one object; ``warnings`` takes what is not simulated."""

    def __init__(self, reader: ObjectReader, warnings: dict[str, None]) -> None:
        self._reader = reader
        self._warnings = warnings

    def template(self, *at: Step) -> model.PodTemplate:
        """Return labels, annotations and spec of the pods at a path."""
        reader = self._reader
        return model.PodTemplate(
            labels=reader.texts(*at, "metadata", "labels"),
            annotations=reader.texts(*at, "metadata", "annotations"),
            spec=self._spec(*at, "spec"),
        )

    def _spec(self, *at: Step) -> model.PodSpec:
        reader = self._reader
        spec = reader.get(dict, *at) or {}
        for field, warning in _NOT_SIMULATED.items():
            if field in spec:
                self._warnings[warning] = None
        if "imagePullPolicy" in spec:
            self._warnings[
                "imagePullPolicy belongs to each container; on a pod it does nothing"
            ] = None
        containers = self._containers(*at, "containers")
        if not containers:
            reader.fault("a pod needs at least one container", *at)
        return model.PodSpec(
            containers=containers,
            init_containers=self._containers(*at, "initContainers"),
            image_volumes=self._image_volumes(*at),
            image_pull_secrets=reader.names(*at, "imagePullSecrets"),
            service_account=reader.text(*at, "serviceAccountName"),
            restart_policy=reader.text(*at, "restartPolicy") or "Always",
            node_name=reader.text(*at, "nodeName"),
            node_selector=reader.texts(*at, "nodeSelector"),
            termination_grace_us=SECOND
            * reader.number(*at, "terminationGracePeriodSeconds", default=30),
        )

    def _containers(self, *at: Step) -> tuple[model.Container, ...]:
        count = len(self._reader.get(list, *at) or [])
        return tuple(self._container(*at, n) for n in range(count))

    def _container(self, *at: Step) -> model.Container:
        reader = self._reader
        policy = reader.text(*at, "imagePullPolicy")
        if policy not in ("", "Always", "IfNotPresent", "Never"):
            reader.fault(
                f"imagePullPolicy {policy!r}; allowed: Always, IfNotPresent, Never",
                *at,
                "imagePullPolicy",
            )
            policy = ""
        return model.Container(
            name=reader.text(*at, "name", required=True),
            image=reader.text(*at, "image", required=True),
            image_pull_policy=policy,
            restart_policy=reader.text(*at, "restartPolicy"),
            readiness_probe=_readiness_probe(reader, *at, "readinessProbe"),
        )

    def _image_volumes(self, *at: Step) -> tuple[model.ImageVolume, ...]:
        reader = self._reader
        volumes = reader.get(list, *at, "volumes") or []
        found = []
        for number, volume in enumerate(volumes):
            if isinstance(volume, dict) and "image" in volume:
                place = (*at, "volumes", number)
                name = reader.text(*place, "name", required=True)
                found.append(
                    model.ImageVolume(
                        name=name,
                        reference=reader.text(
                            *place, "image", "reference", required=True
                        ),
                        pull_policy=reader.text(*place, "image", "pullPolicy"),
                        mounted_by=_mounting(reader.get(dict, *at) or {}, name),
                    )
                )
        return tuple(found)


def _readiness_probe(reader: ObjectReader, *at: Step) -> model.ReadinessProbe | None:
    """Return a readiness probe's times; 0 stands for the default, as in the API.

    Source: pkg/apis/core/v1/defaults.go, SetDefaults_Probe.
    """
    if reader.get(dict, *at) is None:
        return None
    period = reader.number(*at, "periodSeconds") or 10
    return model.ReadinessProbe(
        initial_delay_us=reader.number(*at, "initialDelaySeconds") * SECOND,
        period_us=period * SECOND,
        success_threshold=reader.number(*at, "successThreshold") or 1,
    )


def _mounting(spec: dict[str, Any], volume: str) -> tuple[str, ...]:
    containers = [*spec.get("initContainers", []), *spec.get("containers", [])]
    return tuple(
        str(container.get("name", ""))
        for container in containers
        if isinstance(container, dict)
        for mount in container.get("volumeMounts", [])
        if isinstance(mount, dict) and mount.get("name") == volume
    )
