"""What happens to registries: pushes, deletions, outages, slowness."""

from collections.abc import Iterator

from sim.errors import did_you_mean
from sim.scenario import model
from sim.scenario.acts.act import Act
from sim.scenario.declared import Declared


def push(act: Act, declared: Declared) -> Iterator[model.Push]:
    """Yield a push of a declared build."""
    found = declared.images.find(act.text, *act.here)
    build = act.part.build
    if build is None:
        declared.mistakes.fault("a push needs the key 'build'", *act.path)
    elif found is not None:
        image, tag = found
        if build not in image.builds:
            _unknown_build(image, build, act, declared)
        yield model.Push(at_us=act.part.at, image=image.name, tag=tag, build=build)


def delete_tag(act: Act, declared: Declared) -> Iterator[model.DeleteTag]:
    """Yield the deletion of a tag that is there at the start or is pushed."""
    found = declared.images.find(act.text, *act.here)
    if found is None:
        return
    image, tag = found
    pushed = (declared.images.find(a.push, *act.here) for a in act.timeline if a.push)
    later = [one[1] for one in pushed if one is not None and one[0] is image]
    known = list(dict.fromkeys([*image.tags, *later]))
    if tag not in known:
        declared.mistakes.fault(
            f"{image.name} never has a tag {tag!r}{did_you_mean(tag, known)}; "
            f"tags are: {', '.join(known) or 'none'}",
            *act.here,
            about_a_name=True,
        )
    yield model.DeleteTag(at_us=act.part.at, image=image.name, tag=tag)


def delete_manifest(act: Act, declared: Declared) -> Iterator[model.DeleteManifest]:
    """Yield the deletion of a build's manifest, named by digest or by build."""
    found = declared.images.find(act.text, *act.here)
    if found is None:
        return
    image, tag = found
    text, _, digest = act.text.partition("@")
    build = act.part.build
    has_tag = tag and ":" in text.rpartition("/")[2]
    known = {name: one.digest for name, one in image.builds.items()}
    if (build is None) == (not digest) or has_tag:
        declared.mistakes.fault(
            "a manifest is deleted by image@digest, or by image and 'build'", *act.here
        )
    elif build is not None and build not in known:
        _unknown_build(image, build, act, declared)
    elif digest and digest not in known.values():
        declared.mistakes.fault(
            f"{image.name} has no build with this digest", *act.here
        )
    else:
        yield model.DeleteManifest(
            at_us=act.part.at, image=image.name, digest=digest or known[build or ""]
        )


def down(act: Act, _: Declared) -> Iterator[model.RegistryDown]:
    """Yield an outage."""
    yield model.RegistryDown(
        at_us=act.part.at,
        host=act.text,
        up_at_us=act.end_us,
        silent=bool(act.part.silent),
    )


def up(act: Act, _: Declared) -> Iterator[model.RegistryUp]:
    """Yield the end of an outage."""
    yield model.RegistryUp(at_us=act.part.at, host=act.text)


def slow(act: Act, declared: Declared) -> Iterator[model.RegistrySlow]:
    """Yield a time in which a registry is slow."""
    part = act.part
    if part.latency is None and part.bandwidth is None:
        declared.mistakes.fault(
            "a slow registry has a latency or a bandwidth", *act.here
        )
    yield model.RegistrySlow(
        at_us=part.at,
        host=act.text,
        latency_us=part.latency,
        bandwidth=part.bandwidth,
        until_us=act.end_us,
    )


def _unknown_build(
    image: model.Image, build: str, act: Act, declared: Declared
) -> None:
    known = list(image.builds)
    declared.mistakes.fault(
        f"{image.name} has no build {build!r}{did_you_mean(build, known)}; "
        f"builds are: {', '.join(known)}",
        *act.path,
        "build",
    )
