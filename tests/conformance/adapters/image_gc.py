"""The image collector: thresholds, and whole lives of a node's images."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.cluster.kubelet.image_gc_manager import ImageGCError, ImageGCManager
from sim.rules.image_gc import (
    FsStats,
    ImageGCPolicy,
    ImageGCPolicyError,
    ListedImage,
)
from sim.units import MILLISECOND, SECOND
from tests.conformance.harness import Adapter, Step

Raw = dict[str, Any]


@dataclass
class _Node:
    """A runtime with images and containers, and a file system, all as told."""

    images: dict[str, ListedImage] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    remove_errors: dict[str, str] = field(default_factory=dict)
    stats: FsStats | None = None
    removals: list[Raw] = field(default_factory=list)

    def list_images(self) -> list[ListedImage]:
        return list(self.images.values())

    def images_in_use(self) -> list[str]:
        return self.used

    def remove_image(self, image_id: str, reason: str) -> str:
        error = self.remove_errors.get(image_id, "")
        self.removals.append({"id": image_id, "result": "error" if error else "ok"})
        if not error:
            del self.images[image_id]
        return error

    def image_fs_stats(self) -> FsStats:
        if self.stats is None:
            raise ImageGCError("no statistics")
        return self.stats


class _Life:
    """One collector through the steps of a case."""

    def __init__(self, config: Raw) -> None:
        self.node = _Node()
        self.now_us = 0
        self.events: list[Raw] = []
        self.hooks: list[Raw] = []
        self.manager = ImageGCManager(
            _policy(config),
            service=self.node,
            stats=self.node,
            recorder=self._note_event,
            hooks=[self._note_hook],
        )

    def _note_event(self, reason: str, message: str) -> None:
        event = {"type": "Warning", "reason": reason, "message": message}
        self.events.append(event | {"t_ms": self.now_us // MILLISECOND})

    def _note_hook(self, remaining: object, gc_start_us: int) -> None:
        call = {"gc_start_s": gc_start_us / SECOND, "remaining": remaining}
        self.hooks.append(call)

    def do(self, step: Raw) -> str:
        """Carry out one step; return its error."""
        self.now_us = round(step["t_ms"] * MILLISECOND)
        self.node.removals, self.events, self.hooks = [], [], []
        match step["op"]:
            case "add_and_detect":
                for raw in step.get("images", ()):
                    self._add(raw)
                self.manager.detect_images(self.now_us)
            case "detect":
                self.manager.detect_images(self.now_us)
            case "gc":
                self._measure(step)
                return self.manager.garbage_collect(self.now_us)
            case "delete_unused":
                return self.manager.delete_unused_images(self.now_us)
            case _:
                self._change(step)
        return ""

    def _change(self, step: Raw) -> None:
        """Let something happen outside the collector."""
        match step["op"]:
            case "remove_outside":
                self.node.images.pop(step.get("id", ""), None)
            case "set_pods":
                containers = [
                    c for pod in step.get("pods", ()) for c in pod.get("containers", ())
                ]
                names = ("image_id", "image_volume")
                self.node.used = [c[n] for c in containers for n in names if n in c]
            case "set_remove_error":
                self.node.remove_errors[step["id"]] = step.get("remove_error", "")
            case _:
                assert step["op"] == "noop"

    def _add(self, raw: Raw) -> None:
        self.node.images[raw["id"]] = ListedImage(
            id=raw["id"],
            size_bytes=raw.get("size", 0),
            pinned=raw.get("pinned", False),
        )

    def _measure(self, step: Raw) -> None:
        self.node.stats = None
        if not step.get("stats_error"):
            self.node.stats = FsStats(
                capacity_bytes=step.get("capacity", 0),
                available_bytes=step.get("available", 0),
            )

    def records(self) -> dict[str, list[object]]:
        return {
            record.id: [
                record.first_detected_us // MILLISECOND,
                None
                if record.last_used_us is None
                else record.last_used_us // MILLISECOND,
                record.size_bytes,
                record.pinned,
            ]
            for record in self.manager.records.values()
        }


def _policy(config: Raw) -> ImageGCPolicy:
    return ImageGCPolicy(
        high_threshold_percent=config["high"],
        low_threshold_percent=config["low"],
        min_age_us=config.get("min_age_s", 0) * SECOND,
        max_age_us=config.get("max_age_s", 0) * SECOND,
    )


def _config_error(config: Raw) -> str | None:
    try:
        _policy(config)
    except ImageGCPolicyError as error:
        return str(error)
    return None


def gc_policy_validation(data: Raw) -> Iterator[Step]:
    """Check thresholds that the manager accepts or refuses."""
    ours = _config_error(data["input"])
    yield Step("config error", ours, data["expect"]["config_error"])


def image_gc(data: Raw) -> Iterator[Step]:
    """Play a vector, a trace, or several traces of which one must fit."""
    if "input" in data:
        yield from _vector(data)
    elif "alternatives" not in data:
        yield from _trace(data)
    else:
        wrong = [_first_difference(trace) for trace in data["alternatives"]]
        if None in wrong:
            yield Step("one of the alternatives", ours=True, theirs=True)
        else:
            yield from (step for step in wrong if step is not None)


def _first_difference(trace: Raw) -> Step | None:
    return next((step for step in _trace(trace) if step.ours != step.theirs), None)


def _vector(data: Raw) -> Iterator[Step]:
    life = _Life(data["input"]["config"])
    pairs = zip(data["input"]["steps"], data["expect"]["steps"], strict=True)
    for number, (step, expected) in enumerate(pairs):
        error = life.do(step)
        ours = {
            "removed": sorted(
                r["id"] for r in life.node.removals if r["result"] == "ok"
            ),
            "failed": bool(error),
            "records": life.records(),
        }
        theirs = expected | {"removed": sorted(expected["removed"])}
        yield Step(f"step {number} {step['op']}", ours, theirs)


def _trace(trace: Raw) -> Iterator[Step]:
    error = _config_error(trace["config"])
    yield Step("config error", error, trace.get("config_error"))
    if error is not None:
        return
    life = _Life(trace["config"])
    records: Raw = {}
    for number, step in enumerate(trace.get("steps", ())):
        error = life.do(step)
        records = step.get("records", records)
        ours = {
            "error": error,
            "removals": life.node.removals,
            "events": life.events,
            "hooks": life.hooks,
        }
        theirs = {name: step.get(name, type(ours[name])()) for name in ours}
        theirs["hooks"] = [{"remaining": []} | hook for hook in theirs["hooks"]]
        yield Step(f"step {number} {step['op']}", ours, theirs)
        yield Step(f"step {number} {step['op']} records", life.records(), records)


ADAPTERS: dict[str, Adapter] = {
    "image_gc": image_gc,
    "gc_policy_validation": gc_policy_validation,
}
