"""What a kubelet remembers of its pulls: intents, records, and who may use what.

Intents and records are files on the node's disk upstream, so they outlive the
kubelet: ``PullDirectory`` is that disk. The counts of running pulls are memory.

Source: pkg/kubelet/images/pullmanager/image_pull_manager.go.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sim.rules.image_name import trim_to_repository
from sim.rules.pull_records import (
    SECRETS_MAX,
    Identities,
    PullCredentials,
    PulledRecord,
    SecretCoordinates,
    fitting_secret,
    merge_credentials,
    merge_record,
)
from sim.rules.reference import ImageReferenceError
from sim.rules.verification import Verification, VerificationPolicy


class CredentialError(Exception):
    """A pull secret that is there cannot be decoded; the text becomes the reason."""


@dataclass(slots=True)
class PullDirectory:
    """The records on a node's disk."""

    intents: dict[str, None] = field(default_factory=dict)
    pulled: dict[str, PulledRecord] = field(default_factory=dict)


class ImagePullManager:
    """The pull records of one kubelet, from its start on."""

    __slots__ = ("_directory", "_in_flight", "_verification")

    def __init__(
        self,
        policy: str = VerificationPolicy.NEVER_PRELOADED,
        allowlist: Sequence[str] = (),
        directory: PullDirectory | None = None,
    ) -> None:
        self._verification = Verification(policy, allowlist)
        self._directory = PullDirectory() if directory is None else directory
        self._in_flight: dict[str, int] = {}

    @property
    def intent_counts(self) -> dict[str, int]:
        """How many pulls of each image string run."""
        return self._in_flight

    def recover(self, images: Iterable[tuple[str, Sequence[str]]], now_us: int) -> None:
        """Settle the intents that a former kubelet left behind.

        ``images``: (image ref, names) of what the runtime lists. An intent that is a
        name of such an image becomes a record that names no repository.
        """
        settled: dict[str, None] = {}
        for image_ref, names in images:
            for name in names:
                if name in self._directory.intents and _is_reference(name):
                    self._write(image_ref, "", None, now_us)
                    settled[name] = None
        for intent in settled:
            del self._directory.intents[intent]

    def record_pull_intent(self, image: str) -> None:
        """A pull of this image string begins."""
        self._in_flight[image] = self._in_flight.get(image, 0) + 1
        self._directory.intents[image] = None

    def record_image_pulled(
        self,
        image: str,
        image_ref: str,
        credentials: PullCredentials | None,
        now_us: int,
    ) -> None:
        """A pull succeeded; note with what, and end its intent."""
        try:
            repository = trim_to_repository(image)
        except ImageReferenceError:
            return
        self._write(image_ref, repository, credentials, now_us)
        self._end(image)

    def record_image_pull_failed(self, image: str) -> None:
        """A pull ended without an image."""
        self._end(image)

    def _write(
        self,
        image_ref: str,
        repository: str,
        credentials: PullCredentials | None,
        now_us: int,
    ) -> None:
        pulled = self._directory.pulled
        pulled[image_ref] = merge_record(
            pulled.get(image_ref), image_ref, repository, credentials, now_us
        )

    def _end(self, image: str) -> None:
        count = self._in_flight.get(image, 0)
        if count > 1:
            self._in_flight[image] = count - 1
            return
        self._in_flight.pop(image, None)
        self._directory.intents.pop(image, None)

    def must_attempt_image_pull(
        self,
        image: str,
        image_ref: str,
        identities: Callable[[], Identities],
        now_us: int = 0,
    ) -> bool:
        """Whether a pod must pull an image although it may be on the node.

        ``identities`` is asked only when the record is about particular secrets or
        accounts; it may raise ``CredentialError``, which passes through.
        """
        if not image_ref:
            return True
        record = self._directory.pulled.get(image_ref)
        known_to_kubelet = (
            record is not None
            or image in self._in_flight
            or image in self._directory.intents
        )
        if not self._verification.demanded(image, pulled_by_kubelet=known_to_kubelet):
            return False
        known = self._known(record, image)
        if known is None or known.node_wide:
            return known is None
        if known.empty:
            return True
        return not self._accepts(image, image_ref, known, identities(), now_us)

    @staticmethod
    def _known(record: PulledRecord | None, image: str) -> PullCredentials | None:
        if record is None:
            return None
        try:
            return record.images.get(trim_to_repository(image))
        except ImageReferenceError:
            return None

    def _accepts(
        self,
        image: str,
        image_ref: str,
        known: PullCredentials,
        identities: Identities,
        now_us: int,
    ) -> bool:
        secret = fitting_secret(known, identities.secrets)
        if secret is not None:
            self._note(image, image_ref, known, secret, now_us)
            return True
        return identities.service_account in known.service_accounts

    def _note(
        self,
        image: str,
        image_ref: str,
        known: PullCredentials,
        secret: SecretCoordinates,
        now_us: int,
    ) -> None:
        """Remember a secret that was accepted, while there is room."""
        if len(known.secrets) >= SECRETS_MAX:
            return
        merged = merge_credentials(known, PullCredentials(secrets=(secret,)))
        if merged == known:
            return
        record = self._directory.pulled[image_ref]
        images = {**record.images, trim_to_repository(image): merged}
        self._directory.pulled[image_ref] = replace(
            record, images=images, updated_us=now_us
        )

    def prune_unknown_records(self, image_refs: Iterable[str], until_us: int) -> None:
        """Drop the records of vanished images that are older than ``until_us``."""
        keep = set(image_refs)
        pulled = self._directory.pulled
        for ref in [
            ref
            for ref, record in pulled.items()
            if ref not in keep and record.updated_us < until_us
        ]:
            del pulled[ref]


def _is_reference(name: str) -> bool:
    try:
        trim_to_repository(name)
    except ImageReferenceError:
        return False
    return True
