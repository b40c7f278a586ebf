"""What kubectl prints, word for word."""

import pytest

from sim.rules import kubectl_errors as errors

DEPLOYMENTS = "deployments.apps"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            errors.not_found(DEPLOYMENTS, "web"),
            'Error from server (NotFound): deployments.apps "web" not found',
        ),
        (
            errors.already_exists("secrets", "regcred"),
            'Error from server (AlreadyExists): secrets "regcred" already exists',
        ),
        (
            errors.image_refused("why"),
            "error: failed to patch image update to pod template: why",
        ),
        (
            errors.no_scale(),
            (
                "Error from server (NotFound): the server could not find the requested "
                "resource"
            ),
        ),
    ],
)
def test_the_words_are_kubectl_s(text: str, expected: str) -> None:
    """People look for these texts."""
    assert text == expected
