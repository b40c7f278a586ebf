"""ServiceAccount fills in an account and its pull secrets, and refuses mirror pods."""

from dataclasses import replace

import pytest

from sim.rules import service_account
from sim.rules.admission import AdmissionError
from sim.rules.service_account import PodAccount

POD = PodAccount(namespace="shop", name="p", service_account="", pull_secrets=())
ACCOUNTS = {"default": ("a", "b"), "robot": ("c",)}


def test_a_pod_without_secrets_gets_its_account_s() -> None:
    """In the account's order."""
    admitted = service_account.admit(POD, ACCOUNTS)

    assert admitted.service_account == "default"
    assert admitted.pull_secrets == ("a", "b")


def test_lists_are_never_merged() -> None:
    """Even an entry with an empty name keeps the account's out."""
    own = replace(POD, service_account="robot", pull_secrets=("",))

    assert service_account.admit(own, ACCOUNTS).pull_secrets == ("",)


def test_an_unknown_account_is_refused() -> None:
    """With the whole of upstream's text."""
    with pytest.raises(AdmissionError) as refused:
        service_account.admit(replace(POD, service_account="absent"), ACCOUNTS)

    assert str(refused.value) == (
        'pods "p" is forbidden: error looking up service account shop/absent: '
        'serviceaccount "absent" not found'
    )


def test_enforced_secrets_must_be_the_account_s() -> None:
    """The first that is not names its place."""
    pod = replace(POD, pull_secrets=("a", "x"))

    admitted = service_account.admit(
        replace(pod, pull_secrets=("b",)), ACCOUNTS, enforce_mountable_secrets=True
    )
    with pytest.raises(AdmissionError) as refused:
        service_account.admit(pod, ACCOUNTS, enforce_mountable_secrets=True)

    assert admitted.pull_secrets == ("b",)
    assert str(refused.value) == (
        'pods "p" is forbidden: imagePullSecrets[1].name="x" is not allowed because '
        "service account default does not reference that imagePullSecret"
    )


@pytest.mark.parametrize(
    ("account", "secrets", "why"),
    [
        ("default", ("a",), "a mirror pod may not reference service accounts"),
        ("", ("", "a"), "a mirror pod may not reference secrets"),
    ],
)
def test_a_mirror_pod_may_refer_to_nothing(
    account: str, secrets: tuple[str, ...], why: str
) -> None:
    """The account is looked at first."""
    pod = replace(POD, service_account=account, pull_secrets=secrets, mirror=True)

    with pytest.raises(AdmissionError, match=f'^pods "p" is forbidden: {why}$'):
        service_account.admit(pod, ACCOUNTS)


def test_a_mirror_pod_gets_nothing() -> None:
    """Not even the account default; entries without a name pass."""
    pod = replace(POD, pull_secrets=("",), mirror=True)

    assert service_account.admit(pod, {}) == pod
