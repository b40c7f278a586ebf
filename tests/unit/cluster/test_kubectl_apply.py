"""kubectl apply: what a manifest leaves open stays; what cannot be is refused."""

from dataclasses import replace

import pytest

from sim.cluster.kubectl_apply import (
    check_secret,
    pod_images,
    with_kept_pause,
    with_kept_replicas,
)
from sim.cluster.objects import Pod
from sim.rules.admission import AdmissionError
from sim.scenario.model import (
    Container,
    Deployment,
    ImageVolume,
    PodObject,
    PodSpec,
    PodTemplate,
    Secret,
)


def template(policy: str, image: str = "app:v1", **annotations: str) -> PodTemplate:
    volume = ImageVolume(name="data", reference="data:v1", pull_policy=policy)
    container = Container(name="app", image=image, image_pull_policy=policy)
    init = replace(container, name="init")
    spec = PodSpec(
        containers=(container,), init_containers=(init,), image_volumes=(volume,)
    )
    return PodTemplate(labels={}, annotations=annotations, spec=spec)


def deployment(made: PodTemplate) -> Deployment:
    return Deployment(namespace="default", name="web", replicas=3, template=made)


STORED = template("IfNotPresent")


def kept(stored: Deployment, before: Deployment | None, now: Deployment) -> Deployment:
    return with_kept_pause(stored, before, with_kept_replicas(stored, before, now))


def test_a_scale_and_a_pause_outlive_a_manifest_that_is_silent_on_them() -> None:
    """Unless the last manifest had them: then they are taken back."""
    stored = replace(deployment(STORED), replicas=7, paused=True)
    silent = replace(deployment(STORED), replicas=1, replicas_given=False)
    given = replace(deployment(STORED), replicas=5, paused=True)

    outlived = kept(stored, silent, silent)
    taken = kept(stored, given, silent)

    assert (outlived.replicas, outlived.paused) == (7, True)
    assert (taken.replicas, taken.paused) == (1, False)
    assert kept(stored, None, given).replicas == 5


def pod(spec: PodSpec) -> Pod:
    return Pod(
        namespace="default",
        name="app",
        uid="1",
        spec=spec,
        labels={},
        owner="",
        replica_set="",
        created_us=0,
        id=0,
    )


def test_a_pod_takes_another_image() -> None:
    """The rest of its manifest is as it was."""
    stored = pod(replace(STORED.spec, service_account="default"))
    obj = PodObject(namespace="default", name="app", template=template("", "app:v2"))

    assert pod_images(stored, obj) == {"app": "app:v2", "init": "app:v2"}


@pytest.mark.parametrize(
    "change",
    [
        {"restart_policy": "Never"},
        {"service_account": "robot"},
        {"node_selector": {"disk": "ssd"}},
        {"image_pull_secrets": ("regcred",)},
        {"image_volumes": ()},
        {"init_containers": ()},
    ],
)
def test_a_pod_takes_no_other_change(change: dict[str, object]) -> None:
    """Upstream's text says what could be changed."""
    spec = replace(template("").spec, **change)  # type: ignore[arg-type]
    written = replace(template(""), spec=spec)

    with pytest.raises(AdmissionError, match="pod updates may not change"):
        pod_images(
            pod(STORED.spec),
            PodObject(namespace="default", name="app", template=written),
        )


def test_a_secret_keeps_its_type() -> None:
    """A new one may have any."""
    old = Secret(namespace="default", name="s", type="Opaque", data={})
    new = replace(old, type="kubernetes.io/dockerconfigjson")

    check_secret(None, new)
    check_secret(old, old)
    with pytest.raises(AdmissionError, match="field is immutable"):
        check_secret(old, new)
