"""Templates as kubectl changes them."""

from dataclasses import replace

import pytest

from sim.cluster.control_plane.templates import apply_over, with_images
from sim.scenario.model import Container, ImageVolume, PodSpec, PodTemplate


def template(
    *containers: Container, annotations: dict[str, str] | None = None
) -> PodTemplate:
    spec = PodSpec(
        containers=containers,
        init_containers=(Container(name="init", image="setup:v1"),),
        image_volumes=(ImageVolume(name="data", reference="data:v1"),),
    )
    return PodTemplate(labels={"app": "web"}, annotations=annotations or {}, spec=spec)


def app(image: str, policy: str = "") -> Container:
    return Container(name="app", image=image, image_pull_policy=policy)


def images(one: PodTemplate) -> list[str]:
    return [c.image for c in (*one.spec.init_containers, *one.spec.containers)]


def policies(one: PodTemplate) -> list[str]:
    return [c.image_pull_policy for c in one.spec.containers]


def test_set_image_changes_what_it_names() -> None:
    """One container, an init container, or all; the policy stays."""
    before = template(app("web:v1", "IfNotPresent"))

    def changed(images_by_name: dict[str, str]) -> PodTemplate:
        return replace(before, spec=with_images(before.spec, images_by_name))

    assert images(changed({"app": "web:latest"})) == [
        "setup:v1",
        "web:latest",
    ]
    assert images(changed({"init": "setup:v2"})) == ["setup:v2", "web:v1"]
    assert images(changed({"*": "x", "app": "y"})) == ["x", "y"]
    assert policies(changed({"*": "x"})) == ["IfNotPresent"]
    with pytest.raises(KeyError, match="db"):
        changed({"db": "x"})


def test_apply_keeps_a_policy_that_nobody_wrote() -> None:
    """The manifest never had one: what was filled in stays, whatever the tag."""
    last = template(app("web:v1"))
    live = template(app("web:v1", "IfNotPresent"))

    after = apply_over(live, last, template(app("web:latest")))

    assert policies(after) == ["IfNotPresent"]


def test_apply_empties_a_policy_that_was_taken_out() -> None:
    """It was written before: now it is filled in anew."""
    last = live = template(app("web:v1", "Never"))

    assert policies(apply_over(live, last, template(app("web:v2")))) == [""]
    assert policies(apply_over(live, last, template(app("web:v2", "Always")))) == [
        "Always"
    ]


def test_apply_leaves_what_others_added() -> None:
    """A restart's annotation stays; what the manifest dropped goes."""
    last = template(app("web:v1"), annotations={"team": "a", "old": "x"})
    live = template(
        app("web:v1"), annotations={"team": "a", "old": "x", "restartedAt": "1"}
    )

    after = apply_over(live, last, template(app("web:v1"), annotations={"team": "b"}))

    assert after.annotations == {"team": "b", "restartedAt": "1"}


def test_apply_fills_a_new_container() -> None:
    """A container that is new has no policy yet."""
    last = live = template(app("web:v1", "Always"))
    log = Container(name="log", image="log:v1")

    after = apply_over(live, last, template(app("web:v1", "Always"), log))

    assert policies(after) == ["Always", ""]
