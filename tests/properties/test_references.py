"""Laws of image references, tried on random ones of every shape."""

import string
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.rules.image_name import ImageNameError, apply_default_tag, parse_image_name
from sim.rules.reference import (
    ImageReferenceError,
    docker_reference,
    familiar,
    parse,
    parse_canonical,
    parse_normalized,
    pull_form,
)

LOWER = string.ascii_lowercase + string.digits
names = st.just("library") | st.from_regex(
    r"[a-z0-9]{1,5}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True
)
KNOWN = ("docker.io", "index.docker.io", "localhost", "library")
hosts = st.sampled_from(KNOWN) | st.from_regex(
    r"(?:[a-zA-Z0-9](?:-?[a-zA-Z0-9]){0,4}\.){0,2}[a-zA-Z0-9]{1,4}(?::[0-9]{1,5})?",
    fullmatch=True,
)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True)
digests = st.tuples(
    st.sampled_from([("sha256", 64), ("sha384", 96), ("sha512", 128)]),
    st.integers(0, 2**256 - 1),
).map(lambda drawn: f"{drawn[0][0]}:{drawn[1]:0{drawn[0][1]}x}")


@st.composite
def references(draw: st.DrawFn) -> str:
    """A host or none, one to three parts of a path, a tag or none, a digest or none."""
    parts = [
        *draw(st.lists(hosts, max_size=1)),
        *draw(st.lists(names, min_size=1, max_size=3)),
    ]
    tag = draw(st.none() | tags)
    digest = draw(st.none() | digests)
    return (
        "/".join(parts) + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    )


@given(references())
def test_printing_what_was_read_gives_it_back(text: str) -> None:
    """The raw grammar loses nothing and adds nothing."""
    assert str(parse(text)) == text


@given(references())
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    """Read, printed and read again, a canonical reference is the same one."""
    reference = parse_normalized(text)

    assert parse_canonical(str(reference)) == reference
    assert parse_normalized(str(reference)) == reference


@given(references())
def test_what_people_write_means_the_same(text: str) -> None:
    """The familiar form is read back as the canonical reference it stands for.

    But for a path of Docker Hub that begins like a host: upstream's form loses it.
    """
    reference = parse_normalized(text)
    first = reference.path.partition("/")[0]
    assume(reference.domain != "docker.io" or not ({".", ":"} & {*first}))
    assume(first != "localhost")

    assert parse_normalized(familiar(reference)) == reference


@given(references())
def test_the_pull_form_is_final(text: str) -> None:
    """It has a tag or a digest, never both, and resolving it changes nothing."""
    form = pull_form(text)
    reference = docker_reference(form)

    assert str(reference) == form
    assert bool(reference.tag) is not bool(reference.digest)


@given(references())
def test_the_kubelet_changes_no_meaning(text: str) -> None:
    """With the missing tag added a pod's image is the same image, and stays so."""
    sent = apply_default_tag(text)

    assert sent.startswith(text)
    assert parse_image_name(sent) == parse_image_name(text)
    assert apply_default_tag(sent) == sent
    assert pull_form(sent) == pull_form(text)


@given(st.text(alphabet=LOWER + "AZ:@/._-[ ", max_size=40))
def test_any_text_is_read_whole_or_refused(text: str) -> None:
    """What parses prints as it was; nothing but the library's error is raised."""
    with suppress(ImageReferenceError):
        assert str(parse(text)) == text


@given(st.text(max_size=20))
def test_the_kubelet_reads_what_the_library_reads(text: str) -> None:
    """A name is refused by both, and only with the error of each, or by none."""
    try:
        expected = parse_normalized(text).name
    except ImageReferenceError:
        with pytest.raises(ImageNameError, match="couldn't parse image name"):
            parse_image_name(text)
    else:
        assert parse_image_name(text).repository == expected


@given(references(), st.sampled_from([":", "@", "/", " ", "@sha256:", ":a b"]))
def test_a_tail_that_means_nothing_is_refused(text: str, tail: str) -> None:
    """No prefix of a text is taken for the whole."""
    with pytest.raises(ImageReferenceError):
        parse(text + tail)
