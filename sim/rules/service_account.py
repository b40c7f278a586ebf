"""ServiceAccount: the admission plug-in that copies pull secrets into pods.

Only a pod that lists no secret gets its account's; the lists are never merged, and a
later change of the account does not help pods that are there. Whether the secrets
exist is not asked here.

Source: plugin/pkg/admission/serviceaccount/admission.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.rules.admission import AdmissionError, forbidden

DEFAULT = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class PodAccount:
    """What of a pod the plug-in looks at.

    ``name`` may be the beginning of a generated name. ``mirror`` marks the copy of a
    static pod, which its kubelet writes.
    """

    namespace: str
    name: str
    service_account: str
    pull_secrets: tuple[str, ...]
    mirror: bool = False


def admit(
    pod: PodAccount,
    accounts: Mapping[str, tuple[str, ...]],
    *,
    enforce_mountable_secrets: bool = False,
) -> PodAccount:
    """Return a pod with its account and pull secrets; raises ``AdmissionError``.

    ``accounts`` maps the namespace's accounts to their pull secrets.
    """
    if pod.mirror:
        _check_mirror(pod)
        return pod
    account = pod.service_account or DEFAULT
    if account not in accounts:
        raise AdmissionError(
            forbidden(
                pod.name,
                f"error looking up service account {pod.namespace}/{account}: "
                f'serviceaccount "{account}" not found',
            )
        )
    secrets = pod.pull_secrets or accounts[account]
    admitted = replace(pod, service_account=account, pull_secrets=secrets)
    if enforce_mountable_secrets:
        _check_mountable(admitted, accounts[account])
    return admitted


def _check_mirror(pod: PodAccount) -> None:
    if pod.service_account:
        why = "a mirror pod may not reference service accounts"
        raise AdmissionError(forbidden(pod.name, why))
    if any(pod.pull_secrets):
        why = "a mirror pod may not reference secrets"
        raise AdmissionError(forbidden(pod.name, why))


def _check_mountable(pod: PodAccount, allowed: tuple[str, ...]) -> None:
    for number, secret in enumerate(pod.pull_secrets):
        if secret not in allowed:
            why = (
                f'imagePullSecrets[{number}].name="{secret}" is not allowed because '
                f"service account {pod.service_account} does not reference that "
                "imagePullSecret"
            )
            raise AdmissionError(forbidden(pod.name, why))
