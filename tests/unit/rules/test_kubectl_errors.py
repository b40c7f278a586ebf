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
        (errors.no_container([]), ""),
        (
            errors.no_container(["a", "b"]),
            (
                'error: unable to find container named "a"\n'
                'error: unable to find container named "b"'
            ),
        ),
        (
            errors.image_refused("why"),
            "error: failed to patch image update to pod template: why",
        ),
        (
            errors.restart_paused(DEPLOYMENTS, "web"),
            (
                'error: deployments.apps "web" can\'t restart paused deployment '
                "(run rollout resume first)"
            ),
        ),
        (
            errors.undo_paused(),
            (
                "error: you cannot rollback a paused deployment; resume it first with "
                "'kubectl rollout resume' and try again"
            ),
        ),
        (
            errors.no_history("deployment", "web"),
            'error: no rollout history found for deployment "web"',
        ),
        (
            errors.no_revision(7),
            "error: unable to find specified revision 7 in history",
        ),
        (
            errors.pause_refused(DEPLOYMENTS, "web", paused=True),
            'error: deployments.apps "web" is already paused',
        ),
        (
            errors.pause_refused(DEPLOYMENTS, "web", paused=False),
            'error: deployments.apps "web" is not paused',
        ),
        (
            errors.pause_unsupported("daemonsets.apps", "log", paused=True),
            'error: daemonsets.apps "log" pausing is not supported',
        ),
        (
            errors.pause_unsupported("daemonsets.apps", "log", paused=False),
            'error: daemonsets.apps "log" resuming is not supported',
        ),
    ],
)
def test_the_words_are_kubectl_s(text: str, expected: str) -> None:
    """People look for these texts."""
    assert text == expected
