"""The claims under ``expect``: one form each, checked against what is declared."""

from collections.abc import Iterable, Sequence

from sim.scenario import model
from sim.scenario.declared import Declared
from sim.scenario.faults import Step, place_of
from sim.scenario.reader import Mapping, Scalar, Tree
from sim.scenario.reader import Sequence as TreeSequence
from sim.scenario.schema.expectations import (
    DurationRangePart,
    ExpectPart,
    RangePart,
    SizeRangePart,
)
from sim.scenario.schema.scenario import ScenarioPart

FORMS = (
    "builds",
    "waiting",
    "event",
    "ready_by",
    "registry",
    "image",
    "mixed_for",
)
_NAMES = {"ready_by": "readyBy", "mixed_for": "mixedFor"}


def expectations(
    part: ScenarioPart,
    tree: Mapping,
    declared: Declared,
    variants: Sequence[str],
    variant: str,
) -> Iterable[model.Expectation]:
    """Yield what is claimed of one variant; mistakes go to ``declared``."""
    for number, claim in enumerate(part.expect):
        path: tuple[Step, ...] = ("expect", number)
        if claim.variant is not None:
            declared.mistakes.known(
                claim.variant, variants, "variant", *path, "variant"
            )
        forms = [form for form in FORMS if getattr(claim, form) is not None]
        if len(forms) != 1:
            known = ", ".join(_NAMES.get(form, form) for form in FORMS)
            declared.mistakes.fault(f"a claim has exactly one of: {known}", *path)
            continue
        made = _Claim(claim, part.until, declared, path).make(forms[0])
        if made is not None and claim.variant in (None, variant):
            place = place_of(tree, path)
            yield model.Expectation(
                claim=made,
                variant=claim.variant,
                text=_as_written(_at(tree, number)),
                place=f"{place.file}:{place.line}:{place.column}",
            )


def _at(tree: Mapping, number: int) -> Tree:
    listed = tree.items["expect"]
    assert isinstance(listed, TreeSequence)  # noqa: S101 - the schema has checked it
    return listed.items[number]


def _as_written(tree: Tree) -> str:
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, TreeSequence):
        return f"[{', '.join(_as_written(item) for item in tree.items)}]"
    return ", ".join(f"{k}: {_nested(v)}" for k, v in tree.items.items())


def _nested(tree: Tree) -> str:
    text = _as_written(tree)
    return f"{{{text}}}" if isinstance(tree, Mapping) else text


class _Claim:
    """One claim on its way from the file's words to the model's."""

    def __init__(
        self,
        part: ExpectPart,
        until_us: int,
        declared: Declared,
        path: tuple[Step, ...],
    ) -> None:
        self._part = part
        self._declared = declared
        self._path = path
        self._at_us = until_us if part.at == "end" else int(part.at)
        if self._at_us > until_us:
            declared.mistakes.fault(
                "this is after the end of the run (until)", *path, "at"
            )

    def make(self, form: str) -> model.Claim | None:
        part, at_us = self._part, self._at_us
        match form:
            case "builds":
                builds = part.builds or {}
                self._known_builds(builds)
                return model.BuildsInService(
                    at_us=at_us, workload=self._workload(), builds=builds
                )
            case "waiting":
                return model.Waiting(
                    at_us=at_us, workload=self._workload(), reasons=part.waiting or {}
                )
            case "event":
                return self._event()
            case "ready_by":
                return model.ReadyBy(
                    workload=self._workload(), by_us=part.ready_by or 0
                )
            case "registry":
                return self._registry()
            case "image":
                return self._image()
        return model.MixedFor(
            workload=self._workload(), length_us=_bounds(part.mixed_for)
        )

    def _workload(self) -> str:
        part = self._part
        if part.workload is None:
            self._fault("this claim needs the key 'workload'")
            return ""
        name = f"{part.namespace}/{part.workload}"
        self._declared.objects.known_workload(name, *self._path, "workload")
        return name

    def _known_builds(self, builds: dict[str, int]) -> None:
        images = self._declared.images.by_name.values()
        known = {build for image in images for build in image.builds}
        for build in builds:
            self._declared.mistakes.known(
                build, sorted(known), "build", *self._path, "builds"
            )

    def _event(self) -> model.EventCount | None:
        part = self._part
        if part.count is None:
            self._fault("this claim needs the key 'count'")
            return None
        return model.EventCount(
            event=part.event or "",
            count=_bounds(part.count),
            at_us=self._at_us,
            workload=self._workload() if part.workload else None,
            node=part.node,
        )

    def _registry(self) -> model.RegistryTraffic | None:
        part = self._part
        if part.requests is None and part.size is None:
            self._fault("this claim needs the key 'requests' or 'bytes'")
            return None
        return model.RegistryTraffic(
            registry=part.registry or "",
            at_us=self._at_us,
            requests=None if part.requests is None else _bounds(part.requests),
            size_bytes=None if part.size is None else _bounds(part.size),
        )

    def _image(self) -> model.ImageOnNode | None:
        part = self._part
        if part.node is None or (part.build is None) != part.absent:
            self._fault("this claim needs a node, and either a build or absent: true")
            return None
        self._declared.nodes.known(part.node, *self._path, "node")
        if part.build is not None:
            self._known_builds({part.build: 1})
        return model.ImageOnNode(
            at_us=self._at_us, node=part.node, image=part.image or "", build=part.build
        )

    def _fault(self, message: str) -> None:
        self._declared.mistakes.fault(message, *self._path)


def _bounds(
    value: int | RangePart | SizeRangePart | DurationRangePart | None,
) -> model.Bounds:
    if isinstance(value, int) or value is None:
        return model.Bounds(at_least=value, at_most=value)
    return model.Bounds(at_least=value.min, at_most=value.max)
