"""What builds hold, where nobody declares it."""

from sim.scenario import model
from sim.scenario.content import ASSUMED_BASE, MEGABYTE, assumed_images

DIGEST = "sha256:" + "ab" * 32
DECLARED = {"r.example/a": model.Image(name="r.example/a", builds={}, tags={})}


def test_described_registries_hold_only_what_is_declared() -> None:
    """A host with a declared image, or described itself, is left alone."""
    references = ["r.example/b:v1", "s.example/c:v1", "a//b", "t.example/d"]

    found = assumed_images(references, DECLARED, ["s.example"])

    assert [image.name for image in found] == ["t.example/d"]
    assert found[0].tags == {"latest": "latest"}


def test_tags_of_one_image_share_their_base() -> None:
    """Each tag is one build of a stated size; nothing is drawn."""
    (image,) = assumed_images(["nginx:1", "nginx:2", "nginx:1"], {}, [])

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
    (image,) = assumed_images([f"nginx:1@{DIGEST}"], {}, [])

    (build,) = image.builds.values()
    assert build.digest == DIGEST
    assert build.name == "abababababab"
    assert image.tags == {}
