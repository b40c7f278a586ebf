"""What the API server fills in and refuses when a pod is written.

Source: pkg/apis/core/v1/defaults.go, plugin/pkg/admission/alwayspullimages and
plugin/pkg/admission/serviceaccount.
"""

from collections.abc import Mapping, Sequence

from sim.rules.pull_policy import PullPolicy, default_pull_policy

ALWAYS_PULL_IMAGES = "AlwaysPullImages"
DEFAULT_SERVICE_ACCOUNT = "default"


class AdmissionError(ValueError):
    """The API server refuses an object; the text is its own."""


def filled_policy(policy: str, image: str, *, always: bool = False) -> PullPolicy:
    """Return a container's policy after defaulting and, if on, AlwaysPullImages.

    The plug-in changes pods only: templates of workloads keep theirs.
    """
    if always:
        return PullPolicy.ALWAYS
    return PullPolicy(policy) if policy else default_pull_policy(image)


def admitted_pull_secrets(
    pod: str,
    namespace: str,
    account: str,
    own: Sequence[str],
    accounts: Mapping[str, Sequence[str]],
) -> tuple[str, ...]:
    """Return a pod's pull secrets after the ServiceAccount plug-in.

    The account's list is copied only into an empty one; lists are never merged.
    ``accounts`` maps the namespace's accounts to their secrets. Raises
    ``AdmissionError`` if the account does not exist.
    """
    if account not in accounts:
        raise AdmissionError(
            f'pods "{pod}" is forbidden: error looking up service account '
            f'{namespace}/{account}: serviceaccount "{account}" not found'
        )
    return tuple(own) if own else tuple(accounts[account])
