"""The scheduler's ImageLocality: its cache, its snapshots, its scores."""

from collections.abc import Iterator
from typing import Any

from sim.rules.image_locality import ImageStates, NodeImage, PodImages
from tests.conformance.harness import Adapter, Step


def image_locality(data: dict[str, Any]) -> Iterator[Step]:
    """Follow the nodes' lists of images and score pods against them."""
    states = ImageStates()
    for number, step in enumerate(data["steps"]):
        match step["op"]:
            case "add_node":
                states.add_node(step["node"], _images(step))
            case "update_node":
                states.update_node(step["node"], _images(step))
            case "remove_node":
                states.remove_node(step["node"])
            case _:
                assert step["op"] == "score"
                states.snapshot()
                pod = _pod(step)
                ours = {node: states.score(node, pod) for node in states.nodes}
                yield Step(f"step {number} nodes", len(ours), step["num_nodes"])
                yield Step(f"step {number} scores", ours, step["scores"])


def _images(step: dict[str, Any]) -> list[NodeImage]:
    return [
        NodeImage(names=tuple(names), size_bytes=size)
        for names, size in step.get("images", ())
    ]


def _pod(step: dict[str, Any]) -> PodImages:
    return PodImages(
        containers=tuple(step.get("containers", ())),
        init_containers=tuple(step.get("init_containers", ())),
        image_volumes=tuple(step.get("image_volumes", ())),
    )


ADAPTERS: dict[str, Adapter] = {"image_locality": image_locality}
