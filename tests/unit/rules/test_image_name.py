"""Image names before anything reaches the runtime."""

import pytest

from sim.rules.image_name import (
    ImageName,
    ImageNameError,
    apply_default_tag,
    parse_image_name,
    trim_to_repository,
)
from sim.rules.reference import ImageReferenceError

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("image", "repository", "tag", "digest"),
    [
        ("web", "docker.io/library/web", "latest", ""),
        ("shop/web:1", "docker.io/shop/web", "1", ""),
        (f"host:5000/web@{DIGEST}", "host:5000/web", "", DIGEST),
        (f"web:1@{DIGEST}", "docker.io/library/web", "1", DIGEST),
    ],
)
def test_a_name_has_a_repository_and_what_was_written(
    image: str, repository: str, tag: str, digest: str
) -> None:
    """Latest stands in only where neither tag nor digest was written."""
    expected = ImageName(repository=repository, tag=tag, digest=digest)

    assert parse_image_name(image) == expected


def test_a_name_that_cannot_be_read_is_quoted() -> None:
    """The kubelet's words come first, then the library's."""
    with pytest.raises(ImageNameError) as caught:
        parse_image_name('web"1')

    text = r"""couldn't parse image name "web\"1": invalid reference format"""
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("image", "sent"),
    [
        ("web", "web:latest"),
        ("host:5000/web", "host:5000/web:latest"),
        ("web:1", "web:1"),
        (f"web@{DIGEST}", f"web@{DIGEST}"),
        (f"web:1@{DIGEST}", f"web:1@{DIGEST}"),
    ],
)
def test_the_runtime_gets_what_was_written_and_a_tag(image: str, sent: str) -> None:
    """Neither host nor ``library`` is added on this way."""
    assert apply_default_tag(image) == sent


def test_trimming_adds_nothing() -> None:
    """A repository as written has no default host; what is no name is refused."""
    assert trim_to_repository(f"web:1@{DIGEST}") == "web"
    assert trim_to_repository("host:5000/web") == "host:5000/web"
    with pytest.raises(ImageReferenceError, match="must be lowercase"):
        trim_to_repository("Web")
