"""What builds hold, where nobody declares it."""

from sim.scenario import model
from sim.scenario.content import ASSUMED_BASE, MEGABYTE, with_assumed
from sim.scenario.schema.registries import RegistryPart

DIGEST = "sha256:" + "ab" * 32
BUILD = model.Build(name="one", layers=())
DECLARED = {
    "r.example/a": model.Image(
        name="r.example/a", builds={"one": BUILD}, tags={"v1": "one"}
    )
}
OPEN = RegistryPart(holds="anything")


def test_described_registries_hold_only_what_is_declared() -> None:
    """A host with a declared image, or described itself, is left alone."""
    references = ["r.example/b:v1", "s.example/c:v1", "a//b", "t.example/d"]

    found = with_assumed(DECLARED, references, {"s.example": RegistryPart()})

    assert [image.name for image in found] == ["r.example/a", "t.example/d"]
    assert found[1].tags == {"latest": "latest"}


def test_a_registry_that_holds_anything_has_the_tags_that_nobody_declares() -> None:
    """Declared tags stay what they are; others get an assumed build."""
    references = ["r.example/a:v1", "r.example/a:v2"]

    (image,) = with_assumed(DECLARED, references, {"r.example": OPEN})

    assert image.tags == {"v1": "one", "v2": "v2"}
    assert image.builds["v2"].assumed
    assert not image.builds["one"].assumed


def test_what_runs_already_was_there_whatever_is_declared() -> None:
    """It has a digest that no declared build has: it stays content of that name."""
    running = {"r.example/a:v1": DIGEST}

    (image,) = with_assumed(DECLARED, [f"r.example/a@{DIGEST}"], {}, running)

    assert image.tags == {"v1": "one"}
    assert [build.digest for build in image.builds.values()] == [DIGEST, BUILD.digest]


def test_an_image_without_builds_does_not_exist() -> None:
    """It is declared to be missing, also where anything else is there."""
    missing = {"r.example/a": model.Image(name="r.example/a", builds={}, tags={})}

    (image,) = with_assumed(missing, ["r.example/a:v1"], {"r.example": OPEN})

    assert image.tags == {}


def test_tags_of_one_image_share_their_base() -> None:
    """Each tag is one build of a stated size; nothing is drawn."""
    (image,) = with_assumed({}, ["nginx:1", "nginx:2", "nginx:1"], {})

    first, second = image.builds.values()
    assert image.name == "docker.io/library/nginx"
    assert first.layers[0].digest == second.layers[0].digest
    assert first.layers[1].digest != second.layers[1].digest
    for build in (first, second):
        assert build.assumed
        assert build.layers[0].size_bytes == ASSUMED_BASE
        assert 20 * MEGABYTE <= build.layers[1].size_bytes < 140 * MEGABYTE
        assert build.layers[1].size_bytes % MEGABYTE == 0


def test_a_digest_is_the_digest_of_what_is_assumed() -> None:
    """Content that exists outside keeps its name; a tag beside it does not count."""
    (image,) = with_assumed({}, [f"nginx:1@{DIGEST}"], {})

    (build,) = image.builds.values()
    assert build.digest == DIGEST
    assert build.name == "abababababab"
    assert image.tags == {}
