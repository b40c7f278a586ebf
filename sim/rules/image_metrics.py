"""What the kubelet counts about the images it was asked to ensure.

Source: pkg/kubelet/metrics/metrics.go, ImageManagerEnsureImageRequests (v1.35).
"""

from collections import Counter

from sim.rules.pull_policy import PullPolicy
from sim.value import value


@value
class EnsureImageRequest:
    """What was known of one image when it was decided; None = not found out."""

    pull_policy: PullPolicy
    present_locally: bool | None = None
    pull_required: bool | None = None

    @property
    def labels(self) -> dict[str, str]:
        """The labels as the metric spells them."""
        return {
            "pull_policy": self.pull_policy.lower(),
            "present_locally": _word(self.present_locally),
            "pull_required": _word(self.pull_required),
        }


class EnsureImageRequests:
    """The counter kubelet_image_manager_ensure_image_requests_total."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Counter[EnsureImageRequest] = Counter()

    def add(self, request: EnsureImageRequest) -> None:
        """Count one call, whatever comes of it."""
        self.counts[request] += 1


def _word(known: bool | None) -> str:
    return "unknown" if known is None else str(known).lower()
