"""AlwaysPullImages sets every policy of a pod to Always, and refuses what is not."""

from dataclasses import replace

import pytest

from sim.rules import always_pull_images
from sim.rules.admission import AdmissionError, Operation, Request
from sim.rules.pull_policy import Place, PullField

APP = PullField(place=Place.REGULAR, index=0, image="app:v1", policy="Never")
TOOL = PullField(place=Place.EPHEMERAL, index=0, image="tool", policy="IfNotPresent")
DATA = PullField(place=Place.IMAGE_VOLUME, index=2, image="data:v1", policy="Never")
CREATE = Request(operation=Operation.CREATE, name="p", fields=(APP, TOOL, DATA))
UPDATE = replace(CREATE, operation=Operation.UPDATE, old=CREATE.fields or ())


def policies(request: Request) -> list[str]:
    return [field.policy for field in always_pull_images.admit(request)]


def test_every_image_of_a_new_pod_is_pulled_always() -> None:
    """Containers of all lists and image volumes."""
    assert policies(CREATE) == ["Always"] * 3


def test_every_wrong_policy_is_one_error() -> None:
    """Several are joined, each with its path."""
    with pytest.raises(AdmissionError) as refused:
        always_pull_images.validate(CREATE)

    assert str(refused.value) == (
        '[pods "p" is forbidden: spec.containers[0].imagePullPolicy: Unsupported '
        'value: "Never": supported values: "Always", '
        'pods "p" is forbidden: spec.ephemeralContainers[0].imagePullPolicy: '
        'Unsupported value: "IfNotPresent": supported values: "Always", '
        'pods "p" is forbidden: spec.volumes[2].image.pullPolicy: Unsupported '
        'value: "Never": supported values: "Always"]'
    )


def test_one_wrong_policy_stands_alone_and_none_passes() -> None:
    """Without brackets; a pod that the plug-in changed passes."""
    alone = replace(CREATE, fields=(DATA,))
    changed = replace(CREATE, fields=always_pull_images.admit(CREATE))

    with pytest.raises(AdmissionError, match=r"^pods .*spec\.volumes\[2\]"):
        always_pull_images.validate(alone)
    always_pull_images.validate(changed)


def test_an_update_counts_only_with_a_new_image_of_a_container() -> None:
    """Images may change places; volumes count on neither side."""
    swapped = (replace(APP, image="tool"), replace(TOOL, image="app:v1"), DATA)
    other_volume = (APP, TOOL, replace(DATA, image="data:v2"))
    from_volume = (replace(APP, image="data:v1"), TOOL, DATA)

    assert policies(replace(UPDATE, fields=swapped))[0] == "Never"
    assert policies(replace(UPDATE, fields=other_volume))[0] == "Never"
    assert policies(replace(UPDATE, fields=from_volume)) == ["Always"] * 3
    always_pull_images.validate(UPDATE)


@pytest.mark.parametrize(
    "other", [{"subresource": "status"}, {"resource": "deployments"}]
)
def test_other_requests_are_left_alone(other: dict[str, str]) -> None:
    """Subresources and resources other than pods, whatever the object is."""
    request = replace(CREATE, **other)  # type: ignore[arg-type]

    assert policies(request) == [APP.policy, TOOL.policy, DATA.policy]
    assert always_pull_images.admit(replace(request, fields=None)) == ()
    always_pull_images.validate(request)


def test_what_is_no_pod_is_a_bad_request() -> None:
    """A request for pods that holds something else."""
    with pytest.raises(AdmissionError, match="unable to be converted"):
        always_pull_images.admit(replace(CREATE, fields=None))
