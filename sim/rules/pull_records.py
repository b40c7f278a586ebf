"""Who may use an image that is already on the node: pull records and their rules.

Source: pkg/kubelet/images/pullmanager/image_pull_manager.go (MustAttemptImagePull,
writePulledRecordIfChanged, pulledRecordMergeNewCreds).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sim.value import value

NOTED_SECRETS_MAX = 100


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class SecretCoordinates:
    """A pull secret; ``hash`` is that of the credential, empty if unknown."""

    namespace: str
    name: str
    uid: str
    hash: str = ""

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


@value
class PullCredentials:
    """With what an image was pulled: for all pods of the node, or for these."""

    node_wide: bool = False
    secrets: tuple[SecretCoordinates, ...] = ()
    service_accounts: tuple[ServiceAccountCoordinates, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it says nothing about anybody."""
        return not (self.node_wide or self.secrets or self.service_accounts)


_NOTHING = PullCredentials()


@value
class PulledRecord:
    """What the kubelet remembers of an image: credentials by repository as written."""

    image_ref: str
    updated_us: int
    images: dict[str, PullCredentials]


@value
class Identities:
    """What a pod brings: its secrets in order, and its service account."""

    secrets: tuple[SecretCoordinates, ...] = ()
    service_account: ServiceAccountCoordinates | None = None


def record_file_name(text: str) -> str:
    """Return the name of the file for an image string (intent) or ref (record).

    Source: fs_pullrecords.go, ``cacheFilename``.
    """
    return f"sha256-{hashlib.sha256(text.encode()).hexdigest()}"


# --- after a pull ---


def merge_record(
    record: PulledRecord | None,
    image_ref: str,
    repository: str,
    credentials: PullCredentials | None,
    now_us: int,
) -> PulledRecord:
    """Return the record after a pull; the same object when nothing changes.

    ``credentials`` None is a pull that says nothing about them.

    Source: ``writePulledRecordIfChanged`` and ``pulledRecordMergeNewCreds``.
    """
    if record is None:
        images = {} if credentials is None else {repository: credentials}
        return PulledRecord(image_ref=image_ref, updated_us=now_us, images=images)
    if credentials is None or credentials.empty:
        return record
    known = record.images.get(repository)
    merged = credentials if known is None else merge_credentials(known, credentials)
    if merged is known:
        return record
    images = {**record.images, repository: merged}
    return replace(record, updated_us=now_us, images=images)


def merge_credentials(old: PullCredentials, new: PullCredentials) -> PullCredentials:
    """Unite two sets; the same object as ``old`` when nothing changes.

    Node-wide absorbs everything, and a new hash replaces an old one. Of a set with
    secrets only these count, as upstream: one pull has one kind of credential.
    """
    if old.node_wide or new.empty:
        return old
    if new.node_wide:
        return PullCredentials(node_wide=True)
    if new.secrets:
        hashes = {secret.key: secret.hash for secret in old.secrets}
        if all(hashes.get(secret.key) == secret.hash for secret in new.secrets):
            return old
        united = {secret.key: secret for secret in (*old.secrets, *new.secrets)}
        return replace(old, secrets=tuple(sorted(united.values())))
    if all(account in old.service_accounts for account in new.service_accounts):
        return old
    accounts = {*old.service_accounts, *new.service_accounts}
    return replace(old, service_accounts=tuple(sorted(accounts)))


def is_prunable(record: PulledRecord, image_refs: Iterable[str], until_us: int) -> bool:
    """Tell whether a record's image has vanished and nothing touched it since.

    Source: ``PruneUnknownRecords``.
    """
    return record.updated_us < until_us and record.image_ref not in image_refs


# --- before a start ---


@value
class MustPull:
    """Whether a pull is needed; if not, the secret to be written into the record."""

    must_pull: bool
    secret: SecretCoordinates | None = None


_YES = MustPull(must_pull=True)
_NO = MustPull(must_pull=False)


@value
class ImageFacts:
    """What is known of an image when a pod wants it without a pull.

    ``repository`` is the record's name for the image's repository, empty if the text
    of the pod does not parse; ``image_ref`` is the runtime's id (empty = absent);
    ``verification`` is what the policy demands of this image.
    """

    repository: str
    image_ref: str
    record: PulledRecord | None
    verification: bool


def must_pull(facts: ImageFacts, get_credentials: Callable[[], Identities]) -> MustPull:
    """Decide whether a pod must pull an image although it may be on the node.

    ``get_credentials`` is asked only when the record is about particular secrets or
    accounts; what it raises passes through.

    Source: ``MustAttemptImagePull``.
    """
    if not facts.image_ref:
        return _YES
    if not facts.verification:
        return _NO
    known = known_credentials(facts.record, facts.repository)
    if known.node_wide:
        return _NO
    if known.empty:
        return _YES
    return judge_identities(known, get_credentials())


def known_credentials(record: PulledRecord | None, repository: str) -> PullCredentials:
    """Return what a record says of a repository; it has none without a name."""
    return _NOTHING if record is None else record.images.get(repository, _NOTHING)


def judge_identities(known: PullCredentials, identities: Identities) -> MustPull:
    """Decide by the pod's secrets, one after the other, then by its account."""
    secret = fitting_secret(known, identities.secrets)
    if secret is not None:
        room = len(known.secrets) < NOTED_SECRETS_MAX
        return MustPull(must_pull=False, secret=secret if room else None)
    return _NO if identities.service_account in known.service_accounts else _YES


def fitting_secret(
    known: PullCredentials, secrets: Sequence[SecretCoordinates]
) -> SecretCoordinates | None:
    """Return the first of the pod's secrets that the record accepts, or None.

    It fits if its credential's hash is stored, or if the same secret is stored with
    another hash: a rotated secret is trusted, while there is room to note it.
    """
    hashes = {secret.hash for secret in known.secrets if secret.hash}
    room = len(known.secrets) < NOTED_SECRETS_MAX
    keys = {secret.key for secret in known.secrets} if room else set()
    return next((s for s in secrets if s.hash in hashes or s.key in keys), None)
