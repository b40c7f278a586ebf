"""Ensure that an image is on the node: decide, wait, pull, back off, and say so.

Source: pkg/kubelet/images/image_manager.go (EnsureImageExists, imagePullPrecheck,
pullImage), puller.go, and kuberuntime/kuberuntime_image.go (PullImage).
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from sim.cluster.clock import Clock
from sim.cluster.credentials import Offer
from sim.cluster.image_pull_manager import CredentialError, ImagePullManager
from sim.cluster.image_store import ImageInfo
from sim.cluster.objects import Pod
from sim.cluster.puller import Puller
from sim.cluster.runtime import PullResult
from sim.record.kinds import Kind
from sim.record.log import NONE, EventLog
from sim.rules import event_messages
from sim.rules.backoff import BackOff
from sim.rules.image_metrics import EnsureImageRequest, EnsureImageRequests
from sim.rules.image_name import ImageNameError, apply_default_tag
from sim.rules.keyring import Credential, aggregate_errors
from sim.rules.pull_policy import PullPolicy
from sim.rules.pull_records import Identities, PullCredentials
from sim.rules.reasons import WaitingReason
from sim.rules.runtime_errors import pull_failure
from sim.rules.throttle import TokenBucket

QPS_EXCEEDED = "pull QPS exceeded"


class ImageInspectError(Exception):
    """The runtime could not say whether an image is there; the text is its own."""


class ImageService(Protocol):
    """The CRI's image service of one node."""

    def image_status(self, image: str) -> ImageInfo | None:
        """Return the image of a name, or None; may raise ``ImageInspectError``."""

    def removed_row(self, image: str) -> int:
        """Return the row that removed the image of a name, -1 if none did."""

    def pull_image(
        self,
        image: str,
        credential: Credential | None,
        *,
        pod_id: int,
        cause: int,
        source: int,
        label: int,
    ) -> Generator[simpy.Event, Any, PullResult]:
        """Pull once, with one credential or anonymously."""


class CredentialSource(Protocol):
    """Who knows which credentials a pod's pull may use."""

    def missing(self, pod: Pod) -> Sequence[str]:
        """Return the pull secrets that a pod names and nobody has."""

    def row_of_missing(self, pod: Pod) -> int:
        """Return the row that explains why a pod's pull secrets are missing."""

    def offers(self, pod: Pod, image: str) -> Sequence[Offer]:
        """Return what to try, in order, at least one; may raise ``CredentialError``."""

    def identities(self, offers: Sequence[Offer]) -> Identities:
        """Return what a pod brings with these offers."""

    def record_of(self, offer: Offer) -> PullCredentials:
        """Return what a successful pull says of who may use the image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageResult:
    """An image that may be used (``row`` = Pulled event), or why it may not."""

    image_ref: str = ""
    row: int = NONE
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    """One image for one container: the record's numbers and the back-off key."""

    pod: Pod
    image: str
    reference: str
    columns: dict[str, int]
    cause: int

    @property
    def key(self) -> str:
        # The literal text of the spec: nginx and nginx:latest back off apart.
        return back_off_key(self.pod, self.image)


def back_off_key(pod: Pod, image: str) -> str:
    """Return what a pod's failures to pull an image are counted under."""
    return f"{pod.uid}_{image}"


Ensure = Generator[simpy.Event, Any, ImageResult]
GetOffers = Callable[[], Sequence[Offer]]


class _Offers:
    """Credentials for one pull: looked up when first needed, and then once for all."""

    __slots__ = ("_found", "_image", "_pod", "_source")

    def __init__(self, source: CredentialSource, pod: Pod, image: str) -> None:
        self._source = source
        self._pod = pod
        self._image = image
        self._found: Sequence[Offer] | None = None

    def __call__(self) -> Sequence[Offer]:
        if self._found is None:
            self._found = self._source.offers(self._pod, self._image)
        return self._found


def _unreadable(error: CredentialError) -> ImageResult:
    """The error text stands where a reason should: upstream has no word for it."""
    return ImageResult(reason=str(error), message=str(error), row=error.row)


class ImageManager:
    """One node's image manager. ``pull_manager`` None = the gate is off (<= 1.34)."""

    __slots__ = (
        "_backoff",
        "_credentials",
        "_env",
        "_last_error_in_back_off",
        "_last_failures",
        "_log",
        "_missing_rows",
        "_node",
        "_puller",
        "_pulls",
        "_service",
        "_throttle",
        "requests",
    )

    def __init__(
        self,
        env: Clock,
        log: EventLog,
        node: int,
        *,
        service: ImageService,
        credentials: CredentialSource,
        backoff: BackOff,
        puller: Puller,
        throttle: TokenBucket,
        pull_manager: ImagePullManager | None,
        last_error_in_back_off: bool = True,
    ) -> None:
        self._env = env
        self._log = log
        self._node = node
        self._service = service
        self._credentials = credentials
        self._backoff = backoff
        self._puller = puller
        self._throttle = throttle
        self._pulls = pull_manager
        self._last_error_in_back_off = last_error_in_back_off
        self.requests = EnsureImageRequests()
        # key -> (text of the last failure, its row)
        self._last_failures: dict[str, tuple[str, int]] = {}
        # pod UID -> row that said that its pull secrets are missing
        self._missing_rows: dict[str, int] = {}

    def check_pull_secrets(self, pod: Pod, cause: int) -> None:
        """Say, at every sync, which pull secrets a pod names and nobody has."""
        missing = self._credentials.missing(pod)
        self._missing_rows.pop(pod.uid, None)
        if missing:
            self._missing_rows[pod.uid] = self._log.append(
                Kind.SECRETS_MISSING,
                node=self._node,
                pod=pod.id,
                text=self._log.names.id(", ".join(missing)),
                cause=cause,
                source=self._credentials.row_of_missing(pod),
            )

    def forget(self, key: str) -> None:
        """Have seen no pull fail under this key of a back-off."""
        self._last_failures.pop(key, None)

    def remember(self, key: str, failure: str, row: int) -> None:
        """Have seen a pull fail; ``key`` is that of its back-off."""
        self._last_failures[key] = (failure, row)

    def image_status(self, image: str) -> ImageInfo | None:
        """Ask the runtime for an image by the text of the spec."""
        return self._service.image_status(image)

    def ensure_image_exists(
        self, pod: Pod, container: str, image: str, policy: PullPolicy, cause: int
    ) -> Ensure:
        """Get one image onto this node, or say why it is not there.

        ``container`` is empty for an image volume. Never raises for a failed pull:
        that is an outcome. Yields only while a slot or the runtime is awaited.
        """
        names = self._log.names
        columns = {
            "node": self._node,
            "pod": pod.id,
            "container": names.id(container),
            "image": names.id(image),
        }
        try:
            reference = apply_default_tag(image)
        except ImageNameError as error:
            self._count(policy, present=None, required=None)
            message = event_messages.default_tag_failed(image, str(error))
            return self._inspect_failed(
                columns, cause, WaitingReason.INVALID_IMAGE_NAME, message
            )
        target = _Target(
            pod=pod, image=image, reference=reference, columns=columns, cause=cause
        )
        offers = _Offers(self._credentials, pod, image)
        if policy is PullPolicy.ALWAYS:
            self._count(policy, present=None, required=True)
            return (yield from self._pull(target, offers))
        try:
            info = self._service.image_status(reference)
        except ImageInspectError as error:
            self._count(policy, present=None, required=None)
            # The name is empty in this text since the precheck was split off.
            message = event_messages.inspect_failed("", str(error))
            return self._inspect_failed(
                columns, cause, WaitingReason.IMAGE_INSPECT_ERROR, message
            )
        return (yield from self._decide(target, policy, info, offers))

    def _decide(
        self,
        target: _Target,
        policy: PullPolicy,
        info: ImageInfo | None,
        offers: GetOffers,
    ) -> Ensure:
        """IfNotPresent or Never: use what is there, pull, or refuse."""
        refused = policy is PullPolicy.NEVER
        if info is None:
            self._count(policy, present=False, required=None if refused else True)
        else:
            try:
                must_pull = self._must_pull(target, info, offers)
            except CredentialError as error:
                self._count(policy, present=True, required=None)
                return _unreadable(error)
            self._count(policy, present=True, required=must_pull)
            if not must_pull:
                return self._present(target, info)
        if refused:
            # The same words for an image that is there but not for this pod.
            message = event_messages.never_pull(target.image)
            row = self._append(Kind.NEVER_PULL, target)
            reason = WaitingReason.ERR_IMAGE_NEVER_PULL
            return ImageResult(reason=reason, message=message, row=row)
        gone = NONE if info else self._service.removed_row(target.reference)
        return (yield from self._pull(target, offers, gone))

    def _count(
        self, policy: PullPolicy, *, present: bool | None, required: bool | None
    ) -> None:
        request = EnsureImageRequest(
            pull_policy=policy, present_locally=present, pull_required=required
        )
        self.requests.add(request)

    def _must_pull(self, target: _Target, info: ImageInfo, offers: GetOffers) -> bool:
        if self._pulls is None:
            return False
        return self._pulls.must_attempt_image_pull(
            target.image,
            info.id,
            lambda: self._credentials.identities(offers()),
            self._env.now,
        )

    def _present(self, target: _Target, info: ImageInfo) -> ImageResult:
        row = self._append(
            Kind.PRESENT,
            target,
            digest=self._log.names.id(info.digest),
            amount=int(self._pulls is not None),
            source=info.row,
        )
        return ImageResult(image_ref=info.id, row=row)

    def _inspect_failed(
        self, columns: dict[str, int], cause: int, reason: str, message: str
    ) -> ImageResult:
        text = self._log.names.id(message)
        row = self._log.append(Kind.INSPECT_FAILED, **columns, text=text, cause=cause)
        return ImageResult(reason=reason, message=message, row=row)

    def _append(self, kind: Kind, target: _Target, **extra: int) -> int:
        return self._log.append(
            kind, **target.columns, **{"cause": target.cause} | extra
        )

    # --- pulling ---

    def _pull(self, target: _Target, get_offers: GetOffers, gone: int = NONE) -> Ensure:
        """Pull unless backing off; ``gone`` is the row that removed the image."""
        try:
            offers = get_offers()
        except CredentialError as error:
            return _unreadable(error)
        if self._pulls is not None:
            self._pulls.record_pull_intent(target.image)
        if self._backoff.is_in_backoff_since_update(target.key, self._env.now):
            if self._pulls is not None:
                self._pulls.record_image_pull_failed(target.image)
            return self._back_off(target)
        return (yield from self._pull_now(target, offers, gone))

    def _back_off(self, target: _Target) -> ImageResult:
        failure, cause = self._last_failures.get(target.key, ("", target.cause))
        row = self._append(Kind.BACK_OFF, target, cause=cause)
        message = event_messages.back_off_pulling(target.image)
        if failure and self._last_error_in_back_off:
            message = f"{message}: {failure}"
        reason = WaitingReason.IMAGE_PULL_BACK_OFF
        return ImageResult(reason=reason, message=message, row=row)

    def _pull_now(self, target: _Target, offers: Sequence[Offer], gone: int) -> Ensure:
        self._last_failures.pop(target.key, None)
        # Recorded before the slot is won: upstream counts the wait as pulling.
        pulling = self._append(Kind.PULLING, target, source=gone)
        turn = self._puller.request()
        if turn is not None:
            yield turn
        began_us = self._env.now
        result, offer = yield from self._try(target, offers, pulling)
        info = None if result.error else self._pulled_info(target.reference)
        runtime_us = self._env.now - began_us
        self._puller.release()
        if result.error:
            return self._failed(target, result, pulling)
        self._backoff.gc(self._env.now)
        self._record(target, result, offer)
        row = self._append(
            Kind.PULLED,
            target,
            digest=self._log.names.id(result.digest),
            amount=info.size_bytes if info else 0,
            span=runtime_us,
            cause=pulling,
            source=result.row,
        )
        return ImageResult(image_ref=result.image_ref, row=row)

    def _pulled_info(self, reference: str) -> ImageInfo | None:
        """Ask for the size of what was pulled; an error is not looked at."""
        try:
            return self._service.image_status(reference)
        except ImageInspectError:
            return None

    def _try(
        self, target: _Target, offers: Sequence[Offer], pulling: int
    ) -> Generator[simpy.Event, Any, tuple[PullResult, Offer]]:
        """Try one credential after another until one works; any error moves on."""
        if not self._throttle.try_accept(self._env.now):
            return PullResult(error=QPS_EXCEEDED), offers[0]
        failures: list[PullResult] = []
        for offer in offers:
            result = yield from self._service.pull_image(
                target.reference,
                offer.credential,
                pod_id=target.pod.id,
                cause=pulling,
                source=self._explained_by(target.pod, offer),
                label=self._log.names.id(offer.label),
            )
            if not result.error:
                return result, offer
            failures.append(result)
        # What the registry does not have is not the fault of any credential.
        missing = [failure for failure in failures if failure.missing]
        told = (missing or failures)[-1]
        text = aggregate_errors([failure.error for failure in failures])
        return PullResult(error=text, row=told.row, missing=told.missing), offer

    def _explained_by(self, pod: Pod, offer: Offer) -> int:
        """Return the row that says why this is what is offered."""
        if offer.credential is None:
            return self._missing_rows.get(pod.uid, offer.row)
        return offer.row

    def _failed(self, target: _Target, result: PullResult, pulling: int) -> ImageResult:
        row = self._append(
            Kind.PULL_FAILED,
            target,
            text=self._log.names.id(result.error),
            cause=pulling,
            source=result.row,
        )
        self._backoff.next(target.key, self._env.now)
        failure = pull_failure(target.image, result.error)
        text = f"{failure.reason}: {failure.message}"
        self._last_failures[target.key] = (text, row)
        if self._pulls is not None:
            self._pulls.record_image_pull_failed(target.image)
        return ImageResult(reason=failure.reason, message=failure.message, row=row)

    def _record(self, target: _Target, result: PullResult, offer: Offer) -> None:
        if self._pulls is not None:
            self._pulls.record_image_pulled(
                target.image,
                result.image_ref,
                self._credentials.record_of(offer),
                self._env.now,
            )
