"""What ``kubectl`` refuses to do to a workload, in its words."""


class RefusedError(Exception):
    """A command that ``kubectl`` refuses; the text is what it prints."""


def no_history(name: str) -> RefusedError:
    """A Deployment has only one revision. Source: polymorphichelpers/rollback.go."""
    return RefusedError(f'error: no rollout history found for deployment "{name}"')


def no_last_revision() -> RefusedError:
    """A StatefulSet or DaemonSet has one revision only.

    Source: polymorphichelpers/rollback.go.
    """
    return RefusedError("error: no last revision to roll back to")


def revision_not_found(revision: int) -> RefusedError:
    """No revision has that number. Source: polymorphichelpers/rollback.go."""
    return RefusedError(
        f"error: unable to find specified revision {revision} in history"
    )


def paused_rollback(name: str) -> RefusedError:
    """A paused Deployment stays as it is. Source: polymorphichelpers/rollback.go."""
    return RefusedError(
        "error: you cannot rollback a paused deployment; resume it first with "
        f"'kubectl rollout resume deployment/{name}' and try again"
    )


def paused_restart(name: str) -> RefusedError:
    """A paused Deployment is not restarted. Source: objectrestarter.go."""
    return _of_deployment(
        name, "can't restart paused deployment (run rollout resume first)"
    )


def already_paused(name: str) -> RefusedError:
    """Paused twice. Source: polymorphichelpers/objectpauser.go."""
    return _of_deployment(name, "is already paused")


def not_paused(name: str) -> RefusedError:
    """Resumed while running. Source: polymorphichelpers/objectresumer.go."""
    return _of_deployment(name, "is not paused")


def no_container(name: str) -> RefusedError:
    """No container has that name. Source: kubectl pkg/cmd/set/set_image.go."""
    return RefusedError(f'error: unable to find container named "{name}"')


def _of_deployment(name: str, text: str) -> RefusedError:
    return RefusedError(f'error: deployments.apps "{name}" {text}')
