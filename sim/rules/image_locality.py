"""The scheduler's ImageLocality score, and what its cache knows of nodes' images.

Source: pkg/scheduler/framework/plugins/imagelocality and pkg/scheduler/backend/cache
(v1.36).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.rules.reference import DEFAULT_TAG

MEBIBYTE = 1024 * 1024
MIN_THRESHOLD_BYTES = 23 * MEBIBYTE
MAX_CONTAINER_THRESHOLD_BYTES = 1000 * MEBIBYTE
MAX_NODE_SCORE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeImage:
    """One image as a node's status lists it."""

    names: tuple[str, ...]
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageStateSummary:
    """An image name in one node's snapshot: its size, and how many nodes have it."""

    size_bytes: int
    num_nodes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PodImages:
    """The images of a pod to be placed, as written in its spec.

    Image volumes add to the sum of sizes, but not to the number of containers.
    """

    containers: tuple[str, ...]
    init_containers: tuple[str, ...] = ()
    image_volumes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every image, as often as it is named."""
        return self.init_containers + self.containers + self.image_volumes


def normalized_image_name(name: str) -> str:
    """Return a name with ``:latest`` if it has neither tag nor digest.

    Nothing else is added: ``nginx`` is never found as ``docker.io/library/nginx``.

    Source: image_locality.go, ``normalizedImageName``.
    """
    if name.rfind(":") <= name.rfind("/"):
        return f"{name}:{DEFAULT_TAG}"
    return name


def image_locality_score(
    pod: PodImages, images: Mapping[str, ImageStateSummary], total_nodes: int
) -> int:
    """Return 0..100 for a node that holds ``images``; weight 1, not normalised.

    A size counts in proportion to the nodes that have the image, so that one node
    with a big image does not draw everything.

    Source: image_locality.go, ``Score``.
    """
    total = 0
    for name in pod.all:
        state = images.get(normalized_image_name(name))
        if state is not None:
            # Upstream's arithmetic: a float is cut to whole bytes, name by name.
            total += int(float(state.size_bytes) * (state.num_nodes / total_nodes))
    count = len(pod.containers) + len(pod.init_containers)
    return _scaled(total, MAX_CONTAINER_THRESHOLD_BYTES * count)


def _scaled(total_bytes: int, most_bytes: int) -> int:
    clamped = max(MIN_THRESHOLD_BYTES, min(total_bytes, most_bytes))
    span = most_bytes - MIN_THRESHOLD_BYTES
    return MAX_NODE_SCORE * (clamped - MIN_THRESHOLD_BYTES) // span


class _ImageState:
    """One image name in the cache, shared by all nodes that hold it."""

    __slots__ = ("nodes", "size_bytes")

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.nodes: set[str] = set()


class ImageStates:
    """The images of all nodes, and the snapshot that pods are scored against.

    The size of a name is what the first node holding it said, until no node holds it
    any more. A snapshot copies only nodes that changed since the last one: the others
    keep the old number of nodes that have an image.

    Source: cache.go (``addNodeImageStates``, ``removeNodeImageStates``,
    ``UpdateSnapshot``).
    """

    __slots__ = ("_changed", "_held", "_snapshot", "_states")

    def __init__(self) -> None:
        self._states: dict[str, _ImageState] = {}
        self._held: dict[str, dict[str, _ImageState]] = {}  # node -> name -> state
        self._changed: dict[str, None] = {}  # an ordered set of nodes
        self._snapshot: dict[str, dict[str, ImageStateSummary]] = {}

    def add_node(self, node: str, images: Sequence[NodeImage]) -> None:
        """Take over a node's list of images; a known node's old list goes first."""
        self._drop(node)
        held: dict[str, _ImageState] = {}
        for image in images:
            for name in image.names:
                state = self._states.get(name)
                if state is None:
                    state = self._states[name] = _ImageState(image.size_bytes)
                state.nodes.add(node)
                held[name] = state
        self._held[node] = held
        self._changed[node] = None

    def update_node(self, node: str, images: Sequence[NodeImage]) -> None:
        """Take over a node's new list of images, as ``add_node`` does."""
        self.add_node(node, images)

    def remove_node(self, node: str) -> None:
        """Forget a node. Raises ``KeyError`` if it is unknown."""
        if node not in self._held:
            raise KeyError(node)
        self._drop(node)
        del self._held[node]
        self._changed[node] = None

    def _drop(self, node: str) -> None:
        for name, state in self._held.get(node, {}).items():
            state.nodes.discard(node)
            if not state.nodes:
                del self._states[name]

    def snapshot(self) -> None:
        """Bring the snapshot up to date, as the scheduler does before each pod."""
        for node in self._changed:
            held = self._held.get(node)
            if held is None:
                self._snapshot.pop(node, None)
                continue
            self._snapshot[node] = {
                name: ImageStateSummary(
                    size_bytes=state.size_bytes, num_nodes=len(state.nodes)
                )
                for name, state in held.items()
            }
        self._changed.clear()

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes of the snapshot."""
        return tuple(self._snapshot)

    def score(self, node: str, pod: PodImages) -> int:
        """Return 0..100 for a node of the last snapshot.

        Raises ``KeyError`` if the snapshot does not have the node.
        """
        return image_locality_score(pod, self._snapshot[node], len(self._snapshot))
