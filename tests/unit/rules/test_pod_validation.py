"""A pod needs an image in every container, without white space around it."""

from sim.rules.pod_validation import image_error
from sim.rules.pull_policy import Place, PullField


def field(place: Place, index: int, image: str) -> PullField:
    return PullField(place=place, index=index, image=image, policy="Always")


def test_right_images_pass_whether_they_can_be_read_or_not() -> None:
    """The grammar is not checked here; volumes are checked elsewhere."""
    fields = [
        field(Place.REGULAR, 0, "https://x"),
        field(Place.IMAGE_VOLUME, 0, " x"),
    ]

    assert image_error("p", fields) == ""


def test_one_error_stands_alone() -> None:
    """With the place and what was found."""
    assert image_error("p", [field(Place.INIT, 1, " nginx")]) == (
        'Pod "p" is invalid: spec.initContainers[1].image: Invalid value: " nginx": '
        "must not have leading or trailing whitespace"
    )


def test_several_errors_are_joined() -> None:
    """In the order of the lists."""
    fields = [field(Place.REGULAR, 0, ""), field(Place.REGULAR, 1, "a\n")]

    assert image_error("p", fields) == (
        'Pod "p" is invalid: [spec.containers[0].image: Required value, '
        'spec.containers[1].image: Invalid value: "a\\n": '
        "must not have leading or trailing whitespace]"
    )
