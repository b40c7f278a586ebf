"""The images of one node's runtime, as the kubelet asks for them.

A pull is tried with one credential after another, whatever the error was.

Source: pkg/kubelet/kuberuntime/kuberuntime_image.go (PullImage).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from sim.cluster.kubelet.credentials import Offer
from sim.cluster.kubelet.image_request import ImageRequest
from sim.cluster.kubelet.pull_secrets import PullSecrets
from sim.cluster.objects import Pod
from sim.cluster.runtime.container_runtime import PullResult
from sim.cluster.runtime.first_answer import Running
from sim.cluster.runtime.image_store import ImageInfo
from sim.cluster.runtime.pull_request import PullImageRequest
from sim.record.log import EventLog
from sim.rules.keyring import aggregate_errors


class ImageInspectError(Exception):
    """The runtime could not say whether an image is there; the text is its own."""


class ImageService(Protocol):
    """The CRI's image service of one node."""

    def image_status(self, image: str, /) -> ImageInfo | None:
        """Return the image of a name, or None; may raise ``ImageInspectError``."""

    def removed_row(self, image: str) -> int:
        """Return the row that removed the image of a name, -1 if none did."""

    def pull(
        self, asked: PullImageRequest, done: Callable[[PullResult], object], /
    ) -> Running | None:
        """Pull once, with one credential or anonymously; ``done`` gets the result.

        Return what can be broken off, None if it is over.
        """


Pulled = Callable[[ImageRequest, PullResult], object]


class KubeRuntimeImages:
    """Pulls for the image manager; ``pulled`` is called with what each comes to."""

    __slots__ = ("_log", "_pull_secrets", "_pulled", "_running", "_service")

    def __init__(
        self,
        log: EventLog,
        service: ImageService,
        pull_secrets: PullSecrets,
        pulled: Pulled,
    ) -> None:
        self._log = log
        self._service = service
        self._pull_secrets = pull_secrets
        self._pulled = pulled
        self._running: dict[ImageRequest, None] = {}

    def stop(self) -> None:
        """The machine is off: break off the pulls that run, and answer nobody."""
        for request in self._running:
            if request.running is not None:
                request.running.interrupt()
        self._running = {}

    def pull_image(self, request: ImageRequest) -> None:
        """Pull with the first of the credentials that are offered, then the next."""
        request.tried, request.failures = 0, ()
        self._running[request] = None
        self._try(request)

    def _try(self, request: ImageRequest) -> None:
        offer = request.offer = request.offers[request.tried]
        pod = request.pod
        asked = PullImageRequest(
            image=request.reference,
            credential=offer.credential,
            pod_id=pod.id,
            cause=request.pulling,
            source=self._explained_by(pod, offer),
            label=self._log.names.id(offer.label),
        )
        running = self._service.pull(asked, partial(self._tried, request))
        if running is not None:
            request.running = running

    def _explained_by(self, pod: Pod, offer: Offer) -> int:
        """Return the row that says why this is what is offered."""
        missing = None
        if offer.credential is None:
            missing = self._pull_secrets.row_of(pod)
        return offer.row if missing is None else missing

    def _tried(self, request: ImageRequest, result: PullResult) -> None:
        """Go on with the next credential after any error."""
        if result.error:
            request.failures = (*request.failures, result)
            if request.tried + 1 < len(request.offers):
                request.tried += 1
                self._try(request)
                return
            result = _told(request.failures)
        del self._running[request]
        request.running = None  # which holds the request
        self._pulled(request, result)


def _told(failures: Sequence[PullResult]) -> PullResult:
    """Add the failures of all credentials up.

    What the registry does not have is not the fault of any credential.
    """
    missing = [failure for failure in failures if failure.missing]
    told = (missing or failures)[-1]
    text = aggregate_errors([failure.error for failure in failures])
    return PullResult(error=text, row=told.row, missing=told.missing)
