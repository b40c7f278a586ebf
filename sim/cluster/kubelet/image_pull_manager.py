"""What a kubelet remembers of its pulls: intents, records, and who may use what.

Intents and records are files on the node's disk upstream, so they outlive the
kubelet: ``PullDirectory`` is that disk. The counts of running pulls are memory.

Source: pkg/kubelet/images/pullmanager/image_pull_manager.go.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sim.rules.image_name import trim_to_repository
from sim.rules.pull_records import (
    Identities,
    ImageFacts,
    PullCredentials,
    PulledRecord,
    is_prunable,
    known_credentials,
    merge_record,
    must_pull,
)
from sim.rules.reference import ImageReferenceError
from sim.rules.verification import Verification, VerificationPolicy


class CredentialError(Exception):
    """A pod's credentials cannot be looked up; the text becomes the reason.

    ``row`` is the record's row that wrote the secret at fault, -1 if none is known.
    """

    def __init__(self, text: str, row: int = -1) -> None:
        self.row = row
        super().__init__(text)


@dataclass(slots=True)
class PullDirectory:
    """The records on a node's disk: image strings, and records by image ref."""

    intents: dict[str, None] = field(default_factory=dict)
    pulled: dict[str, PulledRecord] = field(default_factory=dict)


class ImagePullManager:
    """The pull records of one kubelet, from its start on.

    After a restart a new manager takes over the same directory; ``recover`` then
    settles what the former one left. ``repository_of`` names an image's repository in
    the records, see ``profiles``; ``trim`` is explained in ``Allowlist.fits``. Raises
    ``PatternError`` for a bad policy.
    """

    __slots__ = (
        "_directory",
        "_in_flight",
        "_node_wide",
        "_repository_of",
        "_verification",
    )

    def __init__(
        self,
        policy: str = VerificationPolicy.NEVER_PRELOADED,
        allowlist: Sequence[str] = (),
        directory: PullDirectory | None = None,
        *,
        trim: bool = True,
        repository_of: Callable[[str], str] = trim_to_repository,
    ) -> None:
        self._repository_of = repository_of
        self._verification = Verification(policy, allowlist, trim=trim)
        self._directory = PullDirectory() if directory is None else directory
        self._in_flight: dict[str, int] = {}
        # image -> image ref of a record that lets everybody use it, while none changes
        self._node_wide: dict[str, str] = {}

    @property
    def intent_counts(self) -> dict[str, int]:
        """How many pulls of each image string run."""
        return self._in_flight

    def recover(self, images: Iterable[tuple[str, Sequence[str]]], now_us: int) -> None:
        """Settle the intents that a former kubelet left behind.

        ``images``: image ref and names (tags, digests) of what the runtime lists. An
        intent that is such a name, as text, ends; each image of that name has a
        record from then on, one that names no repository if there was none.

        Source: ``initialize``.
        """
        settled: dict[str, None] = {}
        for image_ref, names in images:
            for name in names:
                if name in self._directory.intents and self._note(
                    name, image_ref, None, now_us
                ):
                    settled[name] = None
        for intent in settled:
            del self._directory.intents[intent]

    def record_pull_intent(self, image: str) -> None:
        """Note that a pull of this image string begins."""
        self._in_flight[image] = self._in_flight.get(image, 0) + 1
        self._directory.intents[image] = None

    def record_image_pulled(
        self,
        image: str,
        image_ref: str,
        credentials: PullCredentials | None,
        now_us: int,
    ) -> None:
        """Note that a pull succeeded, and with what; its intent ends.

        ``credentials`` None says nothing about them: the next use must authenticate.
        The intent of a name that does not parse stays, and so does its count.
        """
        if self._note(image, image_ref, credentials, now_us):
            self._end(image)

    def record_image_pull_failed(self, image: str) -> None:
        """Note that a pull ended without an image."""
        self._end(image)

    def _note(
        self,
        image: str,
        image_ref: str,
        credentials: PullCredentials | None,
        now_us: int,
    ) -> bool:
        """Merge into the image's record; false if the name does not parse."""
        if self.is_node_wide(image, image_ref):
            return True  # nothing is merged into that
        repository = self._repository(image)
        if not repository:
            return False
        pulled = self._directory.pulled
        self._node_wide.clear()
        pulled[image_ref] = merge_record(
            pulled.get(image_ref), image_ref, repository, credentials, now_us
        )
        return True

    def _repository(self, image: str) -> str:
        """Return the records' name of an image's repository, empty if there is none."""
        try:
            return self._repository_of(image)
        except ImageReferenceError:
            return ""

    def _end(self, image: str) -> None:
        count = self._in_flight.get(image, 0)
        if count > 1:
            self._in_flight[image] = count - 1
            return
        self._in_flight.pop(image, None)
        self._directory.intents.pop(image, None)

    def is_node_wide(self, image: str, image_ref: str) -> bool:
        """Whether a record lets every pod of the node use an image by this name."""
        if self._node_wide.get(image) == image_ref:
            return True
        record = self._directory.pulled.get(image_ref)
        if not known_credentials(record, self._repository(image)).node_wide:
            return False
        self._node_wide[image] = image_ref
        return True

    def must_attempt_image_pull(
        self,
        image: str,
        image_ref: str,
        get_credentials: Callable[[], Identities],
        now_us: int,
    ) -> bool:
        """Decide whether a pod must pull an image although it may be on the node.

        ``get_credentials`` is asked only when the record is about particular secrets
        or accounts; the ``CredentialError`` that it may raise passes through: pull,
        with that error. A secret that was accepted is written into the record.
        """
        record = self._directory.pulled.get(image_ref)
        repository = self._repository(image)
        known_to_kubelet = record is not None or (
            image in self._in_flight or image in self._directory.intents
        )
        facts = ImageFacts(
            repository=repository,
            image_ref=image_ref,
            record=record,
            verification=self._verification.demanded(
                image, pulled_by_kubelet=known_to_kubelet
            ),
        )
        answer = must_pull(facts, get_credentials)
        if answer.secret is not None:
            accepted = PullCredentials(secrets=(answer.secret,))
            self._note(image, image_ref, accepted, now_us)
        return answer.must_pull

    def prune_unknown_records(self, image_refs: Iterable[str], until_us: int) -> None:
        """Drop the records of vanished images last changed before ``until_us``."""
        keep = frozenset(image_refs)
        self._node_wide.clear()
        pulled = self._directory.pulled
        for image_ref in [
            ref for ref, record in pulled.items() if is_prunable(record, keep, until_us)
        ]:
            del pulled[image_ref]
