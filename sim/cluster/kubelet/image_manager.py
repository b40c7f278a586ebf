"""Ensure that an image is on the node: decide, wait, pull, back off, and say so.

Source: pkg/kubelet/images/image_manager.go (EnsureImageExists, imagePullPrecheck,
pullImage) and puller.go.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from sim.cluster.clock import Clock
from sim.cluster.kubelet.credentials import Offer
from sim.cluster.kubelet.image_pull_manager import CredentialError, ImagePullManager
from sim.cluster.kubelet.image_request import Asked, Done, ImageRequest, ImageResult
from sim.cluster.kubelet.kuberuntime_image import (
    ImageInspectError,
    ImageService,
    KubeRuntimeImages,
)
from sim.cluster.kubelet.pull_secrets import PullSecrets, Secrets
from sim.cluster.kubelet.puller import Puller
from sim.cluster.objects import Pod
from sim.cluster.runtime.container_runtime import PullResult
from sim.cluster.runtime.image_store import ImageInfo
from sim.record.kinds import Kind
from sim.record.log import EventLog
from sim.record.rows import NONE
from sim.rules import event_messages
from sim.rules.backoff import BackOff
from sim.rules.image_metrics import EnsureImageRequest, EnsureImageRequests
from sim.rules.image_name import ImageNameError, apply_default_tag
from sim.rules.pull_policy import PullPolicy
from sim.rules.pull_records import Identities, PullCredentials
from sim.rules.reasons import WaitingReason
from sim.rules.runtime_errors import pull_failure
from sim.rules.throttle import TokenBucket

QPS_EXCEEDED = "pull QPS exceeded"

# Looking a member up takes longer than a call.
ALWAYS, IF_NOT_PRESENT = PullPolicy.ALWAYS, PullPolicy.IF_NOT_PRESENT
PRESENT_ROW, PULLING_ROW, PULLED_ROW = Kind.PRESENT, Kind.PULLING, Kind.PULLED


class CredentialSource(Secrets, Protocol):
    """Who knows which credentials a pod's pull may use."""

    def offers(self, pod: Pod, image: str) -> Sequence[Offer]:
        """Return what to try, in order, at least one; may raise ``CredentialError``."""

    def identities(self, offers: Sequence[Offer]) -> Identities:
        """Return what a pod brings with these offers."""

    def record_of(self, offer: Offer) -> PullCredentials:
        """Return what a successful pull says of who may use the image."""


def _unreadable(error: CredentialError) -> ImageResult:
    """The error text stands where a reason should: upstream has no word for it."""
    return ImageResult(reason=str(error), message=str(error), row=error.row)


class ImageManager:
    """One node's image manager. ``pull_manager`` None = the gate is off (<= 1.34).

    ``image_status`` asks the runtime for an image by the text of the spec;
    ``pull_secrets`` are those of the node's pods.
    """

    __slots__ = (
        "_asked",
        "_backoff",
        "_credentials",
        "_env",
        "_last_error_in_back_off",
        "_last_failures",
        "_log",
        "_node",
        "_puller",
        "_pulls",
        "_runtime",
        "_service",
        "_stopped",
        "_throttle",
        "_used_as_it_is",
        "image_status",
        "pull_secrets",
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
        self.image_status = service.image_status
        self.pull_secrets = secrets = PullSecrets(log, node, credentials)
        self._runtime = KubeRuntimeImages(log, service, secrets, self._pulled)
        self._credentials = credentials
        self._backoff = backoff
        self._puller = puller
        self._throttle = throttle
        self._pulls = pull_manager
        self._last_error_in_back_off = last_error_in_back_off
        self._stopped = False
        # (policy, present, pull required) -> times. What most ask is counted apart,
        # for every look into a dict of a node costs: IfNotPresent, there, no pull.
        self._asked: Counter[tuple[PullPolicy, bool | None, bool | None]] = Counter()
        self._used_as_it_is = 0
        # key -> (text of the last failure, its row)
        self._last_failures: dict[str, tuple[str, int]] = {}

    @property
    def requests(self) -> EnsureImageRequests:
        """The metric of what was asked so far."""
        requests = EnsureImageRequests()
        most = Counter({(IF_NOT_PRESENT, True, False): self._used_as_it_is})
        for (policy, present, required), count in (self._asked + most).items():
            request = EnsureImageRequest(
                pull_policy=policy, present_locally=present, pull_required=required
            )
            requests.counts[request] = count
        return requests

    def forget(self, key: str) -> None:
        """Have seen no pull fail under this key of a back-off."""
        self._last_failures.pop(key, None)

    def remember(self, key: str, failure: str, row: int) -> None:
        """Have seen a pull fail; ``key`` is that of its back-off."""
        self._last_failures[key] = (failure, row)

    def stop(self) -> None:
        """The machine is off: break off the pulls that run, and answer nobody."""
        self._runtime.stop()
        self._stopped = True

    def ensure_image_exists(
        self, asked: Asked, image: str, policy: PullPolicy, done: Done
    ) -> ImageResult | None:
        """Get one image onto this node, or say why it is not there.

        A failed pull is an answer too. Return the answer, or None if a slot or the
        runtime has to be awaited: then ``done`` gets it.
        """
        try:
            reference = apply_default_tag(image)
        except ImageNameError as error:
            self._asked[policy, None, None] += 1
            message = event_messages.default_tag_failed(image, str(error))
            reason = WaitingReason.INVALID_IMAGE_NAME
            return self._inspect_failed(asked, reason, message)
        if policy is ALWAYS:
            self._asked[policy, None, True] += 1
            return self._pull(ImageRequest(asked, image, reference, done))
        try:
            info = self.image_status(reference)
        except ImageInspectError as error:
            self._asked[policy, None, None] += 1
            # The name is empty in this text since the precheck was split off.
            message = event_messages.inspect_failed("", str(error))
            reason = WaitingReason.IMAGE_INSPECT_ERROR
            return self._inspect_failed(asked, reason, message)
        # Whether all pods may use it, whatever they bring.
        pulls = self._pulls
        if info is not None and (pulls is None or pulls.is_node_wide(image, info.id)):
            if policy is IF_NOT_PRESENT:
                self._used_as_it_is += 1
            else:
                self._asked[policy, True, False] += 1
            return self._present(asked, info)
        return self._decide(ImageRequest(asked, image, reference, done), policy, info)

    def _decide(
        self, request: ImageRequest, policy: PullPolicy, info: ImageInfo | None
    ) -> ImageResult | None:
        """IfNotPresent or Never: use what is there, pull, or refuse."""
        if info is not None:
            try:
                must_pull = self._must_pull(request, info)
            except CredentialError as error:
                self._asked[policy, True, None] += 1
                return _unreadable(error)
            self._asked[policy, True, must_pull] += 1
            if not must_pull:
                return self._present(request.asked, info)
        refused = policy is PullPolicy.NEVER
        if info is None:
            self._asked[policy, False, None if refused else True] += 1
        if refused:
            return self._never_pull(request)
        return self._pull(request, self._service.removed_row(request.reference))

    def _never_pull(self, request: ImageRequest) -> ImageResult:
        # The same words for an image that is there but not for this pod.
        message = event_messages.never_pull(request.image)
        row = self._append(Kind.NEVER_PULL, request.asked)
        reason = WaitingReason.ERR_IMAGE_NEVER_PULL
        return ImageResult(reason=reason, message=message, row=row)

    def count(self, policy: PullPolicy, present: bool | None, times: int) -> None:
        """Count that an image was asked for so often, and had to be pulled."""
        self._asked[policy, present, True] += times

    def _offers(self, request: ImageRequest) -> Sequence[Offer]:
        """Look the credentials up when they are first needed, and then once for all."""
        if not request.offers:
            request.offers = self._credentials.offers(request.pod, request.image)
        return request.offers

    def _must_pull(self, request: ImageRequest, info: ImageInfo) -> bool:
        assert self._pulls is not None  # noqa: S101 - else it is everybody's
        return self._pulls.must_attempt_image_pull(
            request.image,
            info.id,
            lambda: self._credentials.identities(self._offers(request)),
            self._env.now,
        )

    def _present(self, asked: Asked, info: ImageInfo) -> ImageResult:
        pod, container, image, cause = asked
        row = self._log.append(
            PRESENT_ROW,
            node=self._node,
            pod=pod.id,
            container=container,
            image=image,
            digest=self._log.names.id(info.digest),
            amount=int(self._pulls is not None),
            cause=cause,
            source=info.row,
        )
        return ImageResult(image_ref=info.id, row=row)

    def _inspect_failed(self, asked: Asked, reason: str, message: str) -> ImageResult:
        text = self._log.names.id(message)
        row = self._append(Kind.INSPECT_FAILED, asked, text=text)
        return ImageResult(reason=reason, message=message, row=row)

    def _append(
        self,
        kind: Kind,
        asked: Asked,
        *,
        cause: int = NONE,
        source: int = NONE,
        text: int = NONE,
    ) -> int:
        """Write a row that is due to who asked, or to the row given."""
        pod, container, image, row = asked
        return self._log.append(
            kind,
            node=self._node,
            pod=pod.id,
            container=container,
            image=image,
            text=text,
            cause=row if cause == NONE else cause,
            source=source,
        )

    # --- pulling ---

    def _pull(self, request: ImageRequest, gone: int = NONE) -> ImageResult | None:
        """Pull unless backing off; ``gone`` is the row that removed the image."""
        try:
            self._offers(request)
        except CredentialError as error:
            return _unreadable(error)
        if self._pulls is not None:
            self._pulls.record_pull_intent(request.image)
        if self._is_in_back_off(request):
            if self._pulls is not None:
                self._pulls.record_image_pull_failed(request.image)
            return self._back_off(request)
        if self._last_failures:
            self._last_failures.pop(request.key, None)
        # Recorded before the slot is won: upstream counts the wait as pulling.
        request.pulling = self._append(PULLING_ROW, request.asked, source=gone)
        self._puller.request(self._turn, request)
        return None

    def _is_in_back_off(self, request: ImageRequest) -> bool:
        table = self._backoff  # most are empty: then nobody needs the pod's UID
        return not table.is_empty and table.is_in_backoff_since_update(
            request.key, self._env.now
        )

    def _back_off(self, request: ImageRequest) -> ImageResult:
        failure, cause = self._last_failures[request.key]
        row = self._append(Kind.BACK_OFF, request.asked, cause=cause)
        message = event_messages.back_off_pulling(request.image)
        if self._last_error_in_back_off:
            message = f"{message}: {failure}"
        reason = WaitingReason.IMAGE_PULL_BACK_OFF
        return ImageResult(reason=reason, message=message, row=row)

    def _turn(self, request: ImageRequest) -> None:
        """Pull, now that there is a slot, unless that is too often."""
        if self._stopped:
            return
        request.began_us = self._env.now
        if self._throttle.try_accept(self._env.now):
            self._runtime.pull_image(request)
        else:
            self._pulled(request, PullResult(error=QPS_EXCEEDED))

    def _pulled(self, request: ImageRequest, result: PullResult) -> None:
        request.done(self._ended(request, result))

    def _ended(self, request: ImageRequest, result: PullResult) -> ImageResult:
        info = None if result.error else self._pulled_info(request.reference)
        runtime_us = self._env.now - request.began_us
        self._puller.release()
        if result.error:
            return self._failed(request, result)
        self._backoff.gc(self._env.now)
        self._record(request, result)
        pod, container, image, _ = request.asked
        row = self._log.append(
            PULLED_ROW,
            node=self._node,
            pod=pod.id,
            container=container,
            image=image,
            digest=self._log.names.id(result.digest),
            amount=info.size_bytes if info else 0,
            span=runtime_us,
            cause=request.pulling,
            source=result.row,
        )
        return ImageResult(image_ref=result.image_ref, row=row)

    def _pulled_info(self, reference: str) -> ImageInfo | None:
        """Ask for the size of what was pulled; an error is not looked at."""
        try:
            return self.image_status(reference)
        except ImageInspectError:
            return None

    def _failed(self, request: ImageRequest, result: PullResult) -> ImageResult:
        row = self._append(
            Kind.PULL_FAILED,
            request.asked,
            text=self._log.names.id(result.error),
            cause=request.pulling,
            source=result.row,
        )
        self._backoff.next(request.key, self._env.now)
        failure = pull_failure(request.image, result.error)
        text = f"{failure.reason}: {failure.message}"
        self._last_failures[request.key] = (text, row)
        if self._pulls is not None:
            self._pulls.record_image_pull_failed(request.image)
        return ImageResult(reason=failure.reason, message=failure.message, row=row)

    def _record(self, request: ImageRequest, result: PullResult) -> None:
        if self._pulls is not None:
            self._pulls.record_image_pulled(
                request.image,
                result.image_ref,
                self._credentials.record_of(request.offer),
                self._env.now,
            )
