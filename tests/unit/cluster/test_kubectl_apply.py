"""kubectl apply: what a manifest leaves out stays, unless the last one had it."""

from dataclasses import replace

import pytest

from sim.cluster import kubectl_apply
from sim.cluster.kubectl_apply import check_secret, pod_images
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
)


def template(policy: str, image: str = "app:v1", **annotations: str) -> PodTemplate:
    volume = ImageVolume(name="data", reference="data:v1", pull_policy=policy)
    container = Container(name="app", image=image, image_pull_policy=policy)
    init = replace(container, name="init")
    spec = PodSpec(
        containers=(container,), init_containers=(init,), image_volumes=(volume,)
    )
    return PodTemplate(labels={}, annotations=annotations, spec=spec)


def policies(made: PodTemplate) -> set[str]:
    spec = made.spec
    containers = (*spec.containers, *spec.init_containers)
    return {c.image_pull_policy for c in containers} | {
        v.pull_policy for v in spec.image_volumes
    }


def merged(
    stored: PodTemplate, before: PodTemplate | None, written: PodTemplate
) -> PodTemplate:
    last = deployment(before) if before else None
    return kubectl_apply.merged(deployment(stored), last, deployment(written)).template


def deployment(made: PodTemplate) -> Deployment:
    return Deployment(namespace="default", name="web", replicas=3, template=made)


STORED = template("IfNotPresent")


def test_a_policy_that_nobody_wrote_is_kept() -> None:
    """An apply of another tag does not recompute it."""
    made = merged(STORED, template(""), template("", "app:latest"))

    assert policies(made) == {"IfNotPresent"}
    assert made.spec.containers[0].image == "app:latest"


def test_a_policy_that_the_last_manifest_had_is_removed_with_it() -> None:
    """It is defaulted anew."""
    assert policies(merged(STORED, template("IfNotPresent"), template(""))) == {""}


def test_without_a_last_manifest_nothing_is_removed() -> None:
    """As for an object that was never applied."""
    assert policies(merged(STORED, None, template(""))) == {"IfNotPresent"}


def test_what_is_written_counts() -> None:
    """Whatever was there."""
    made = merged(STORED, template(""), template("Never"))

    assert policies(made) == {"Never"}


def test_a_new_container_has_nothing_to_keep() -> None:
    """Names tell containers apart."""
    written = template("")
    other = replace(written.spec.containers[0], name="other")
    spec = replace(written.spec, containers=(other,))

    made = merged(STORED, template(""), replace(written, spec=spec))

    assert made.spec.containers[0].image_pull_policy == ""


def test_annotations_of_others_stay() -> None:
    """Those of the last manifest go with it."""
    stored = template("", restartedAt="5", note="old")

    made = merged(stored, template("", note="old"), template("", team="a"))

    assert made.annotations == {"restartedAt": "5", "team": "a"}


def test_a_scale_and_a_pause_outlive_a_manifest_that_is_silent_on_them() -> None:
    """Unless the last manifest had them: then they are taken back."""
    stored = replace(deployment(STORED), replicas=7, paused=True)
    silent = replace(deployment(STORED), replicas=1, replicas_given=False)
    given = replace(deployment(STORED), replicas=5, paused=True)

    kept = kubectl_apply.merged(stored, silent, silent)
    taken = kubectl_apply.merged(stored, given, silent)

    assert (kept.replicas, kept.paused) == (7, True)
    assert (taken.replicas, taken.paused) == (1, False)
    assert kubectl_apply.merged(stored, None, given).replicas == 5


def test_other_kinds_have_less_to_keep() -> None:
    """A DaemonSet has no number of replicas, a StatefulSet no pause."""
    daemons = DaemonSet(namespace="default", name="log", template=STORED)
    state = StatefulSet(namespace="default", name="db", replicas=3, template=STORED)
    silent = replace(state, replicas=1, replicas_given=False)

    assert kubectl_apply.merged(daemons, None, daemons) == daemons
    assert kubectl_apply.merged(state, None, silent).replicas == 3


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
