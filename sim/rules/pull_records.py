"""Who may use an image that is already on the node: pull records and their rules.

Source: pkg/kubelet/images/pullmanager/image_pull_manager.go (mustAttemptImagePull,
mergePullRecord, pullRecordMergeNewCreds).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

SECRETS_MAX = 100
_T = TypeVar("_T", "SecretCoordinates", "ServiceAccountCoordinates")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class SecretCoordinates:
    """A pull secret; ``hash`` is that of the credential, empty if unknown."""

    namespace: str
    name: str
    uid: str
    hash: str = field(default="", compare=True)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two secrets the same secret."""
        return self.namespace, self.name, self.uid


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class ServiceAccountCoordinates:
    """A service account that a credential belonged to."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PullCredentials:
    """With what an image was pulled: for all pods of the node, or for these."""

    node_wide: bool = False
    secrets: tuple[SecretCoordinates, ...] = ()
    service_accounts: tuple[ServiceAccountCoordinates, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it says nothing about anybody."""
        return not (self.node_wide or self.secrets or self.service_accounts)


@dataclass(frozen=True, kw_only=True, slots=True)
class PulledRecord:
    """What the kubelet remembers of an image: credentials by repository as written."""

    image_ref: str
    updated_us: int
    images: dict[str, PullCredentials]


@dataclass(frozen=True, kw_only=True, slots=True)
class Identities:
    """What a pod brings: its secrets in order, and its service account."""

    secrets: tuple[SecretCoordinates, ...] = ()
    service_account: ServiceAccountCoordinates | None = None


def merge_record(
    record: PulledRecord | None,
    image_ref: str,
    repository: str,
    credentials: PullCredentials | None,
    now_us: int,
) -> PulledRecord:
    """Return the record after a pull; the same object when nothing changes.

    ``credentials`` None is a pull that says nothing about them.
    """
    if record is None:
        images = {} if credentials is None else {repository: credentials}
        return PulledRecord(image_ref=image_ref, updated_us=now_us, images=images)
    if credentials is None:
        return record
    known = record.images.get(repository)
    if known is None:
        if credentials.empty:
            return record
        merged = credentials
    else:
        merged = merge_credentials(known, credentials)
    if merged == known:
        return record
    images = {**record.images, repository: merged}
    return replace(record, updated_us=now_us, images=images)


def merge_credentials(old: PullCredentials, new: PullCredentials) -> PullCredentials:
    """Unite two sets; node-wide absorbs everything, a new hash replaces an old one."""
    if old.node_wide or new.node_wide:
        return PullCredentials(node_wide=True)
    secrets = {secret.key: secret for secret in (*old.secrets, *new.secrets)}
    accounts = dict.fromkeys((*old.service_accounts, *new.service_accounts))
    return PullCredentials(
        secrets=_if_changed(old.secrets, tuple(secrets.values())),
        service_accounts=_if_changed(old.service_accounts, tuple(accounts)),
    )


def _if_changed(old: tuple[_T, ...], new: tuple[_T, ...]) -> tuple[_T, ...]:
    return old if new == old else tuple(sorted(new))


def fitting_secret(
    known: PullCredentials, secrets: Sequence[SecretCoordinates]
) -> SecretCoordinates | None:
    """Return the first of the pod's secrets that the record accepts, or None.

    It fits if its credential's hash is stored, or if the same secret is stored with
    another hash: a rotated secret is trusted, while there is room to note it.
    """
    hashes = {secret.hash for secret in known.secrets}
    keys = {secret.key for secret in known.secrets}
    room = len(known.secrets) < SECRETS_MAX
    for secret in secrets:
        if secret.hash and secret.hash in hashes:
            return secret
        if room and secret.key in keys:
            return secret
    return None
