"""One image for one container: who asks the image manager, and what it answers."""

from collections.abc import Callable, Sequence

from sim.cluster.kubelet.credentials import Offer
from sim.cluster.objects import Pod
from sim.cluster.runtime.container_runtime import PullResult
from sim.cluster.runtime.first_answer import Running
from sim.record.rows import NONE
from sim.value import value


@value
class ImageResult:
    """An image that may be used (``row`` = Pulled event), or why it may not."""

    image_ref: str = ""
    row: int = NONE
    reason: str = ""
    message: str = ""


Done = Callable[[ImageResult], object]

Asked = tuple[Pod, int, int, int]
"""A pod, the record's numbers of container and image, and the row that asks.

The container is NONE for an image volume.
"""


def back_off_key(pod: Pod, image: str) -> str:
    """Return what a pod's failures to pull an image are counted under.

    It has the literal text of the spec: nginx and nginx:latest back off apart.
    """
    return f"{pod.uid}_{image}"


class ImageRequest:
    """One image for one container, from the question to the answer.

    ``done`` gets the answer. ``offers`` are empty until they are looked up; what only
    a pull needs is set when it begins.
    """

    __slots__ = (
        "asked",
        "began_us",
        "done",
        "failures",
        "image",
        "offer",
        "offers",
        "pulling",
        "reference",
        "running",
        "tried",
    )

    began_us: int
    failures: tuple[PullResult, ...]
    offer: Offer
    pulling: int
    tried: int

    def __init__(self, asked: Asked, image: str, reference: str, done: Done) -> None:
        self.asked = asked
        self.image = image
        self.reference = reference
        self.done = done
        self.offers: Sequence[Offer] = ()
        self.running: Running | None = None

    @property
    def pod(self) -> Pod:
        """Whose container it is."""
        return self.asked[0]

    @property
    def key(self) -> str:
        """What its failures are counted under."""
        return back_off_key(self.pod, self.image)
