"""Image references: their parts, their forms, and how each fault is told."""

import pytest

from sim.rules.reference import (
    ImageReferenceError,
    Reference,
    compose,
    docker_reference,
    familiar,
    familiar_match,
    parse,
    parse_any,
    parse_canonical,
    parse_normalized,
    recorded_names,
    with_default_tag,
    with_name,
)

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"
LONG = "a" * 255


@pytest.mark.parametrize(
    ("text", "domain", "path", "tag", "digest"),
    [
        ("web", "", "web", None, None),
        ("shop/web", "shop", "web", None, None),
        ("shop/deep/web:1", "shop", "deep/web", "1", None),
        ("host:5000/web:1", "host:5000", "web", "1", None),
        ("host:5000", "", "host", "5000", None),
        ("[::1]:5000/web", "[::1]:5000", "web", None, None),
        (f"web@{DIGEST}", "", "web", None, DIGEST),
        (f"web:1.0-a_B@{DIGEST}", "", "web", "1.0-a_B", DIGEST),
        (f"web@sha512:{HEX}{HEX}", "", "web", None, f"sha512:{HEX}{HEX}"),
        ("a__b/c--d.e", "", "a__b/c--d.e", None, None),
        (f"h/{LONG}", "h", LONG, None, None),
        (f"web:{'t' * 128}", "", "web", "t" * 128, None),
    ],
)
def test_the_raw_grammar_adds_nothing(
    text: str, domain: str, path: str, tag: str | None, digest: str | None
) -> None:
    """The first part is a host if it may be one; nothing is defaulted."""
    reference = parse(text)

    assert reference == Reference(domain=domain, path=path, tag=tag, digest=digest)
    assert str(reference) == text


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("", "name_empty", "repository name must have at least one component"),
        (":1", "reference_invalid_format", "invalid reference format"),
        ("web:", "reference_invalid_format", "invalid reference format"),
        ("Web", "name_contains_uppercase", "repository name must be lowercase"),
        ("a/b-.c", "reference_invalid_format", "invalid reference format"),
        ("Web:", "reference_invalid_format", "invalid reference format"),
        (
            f"h/{LONG}a",
            "name_too_long",
            "repository name must not be more than 255 characters",
        ),
        (f"web:{'t' * 129}", "reference_invalid_format", "invalid reference format"),
        (
            f"web@md5:{HEX}",
            "digest_unsupported",
            "unsupported digest algorithm",
        ),
        (
            f"web@sha256:{HEX}0",
            "digest_invalid_length",
            "invalid checksum digest length",
        ),
        (
            f"web@sha384:{HEX}",
            "digest_invalid_length",
            "invalid checksum digest length",
        ),
        (
            f"web@sha256:{HEX.upper()}",
            "digest_value_invalid_format",
            "invalid checksum digest format",
        ),
        (
            f"web@SHA256:{HEX}",
            "digest_value_invalid_format",
            "invalid checksum digest format",
        ),
    ],
)
def test_each_fault_has_its_text(text: str, kind: str, told: str) -> None:
    """The kind names the fault, the text is the library's."""
    with pytest.raises(ImageReferenceError) as caught:
        parse(text)

    assert (caught.value.kind, str(caught.value)) == (kind, told)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("web", "docker.io/library/web"),
        ("docker.io/web", "docker.io/library/web"),
        ("index.docker.io/web:1", "docker.io/library/web:1"),
        ("shop/web", "docker.io/shop/web"),
        ("localhost/web", "localhost/web"),
        ("localhost:5000/web", "localhost:5000/web"),
        ("shop.io/web", "shop.io/web"),
        ("Shop/web", "Shop/web"),
        (f"web@{DIGEST}", f"docker.io/library/web@{DIGEST}"),
    ],
)
def test_a_familiar_name_becomes_canonical(text: str, canonical: str) -> None:
    """A first part is a host if it has a dot, a colon, a capital, or is localhost."""
    reference = parse_normalized(text)

    assert str(reference) == canonical
    assert parse_canonical(canonical) == reference


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        (
            HEX,
            "other",
            (
                f"invalid repository name ({HEX}), "
                "cannot specify 64-byte hexadecimal strings"
            ),
        ),
        (
            "shop/Web:Tag",
            "name_contains_uppercase",
            ("invalid reference format: repository name (shop/Web) must be lowercase"),
        ),
    ],
)
def test_normalising_tells_two_faults_in_its_own_words(
    text: str, kind: str, told: str
) -> None:
    """A bare identifier, and a capital outside the tag."""
    with pytest.raises(ImageReferenceError) as caught:
        parse_normalized(text)

    assert (caught.value.kind, str(caught.value)) == (kind, told)


def test_a_capital_in_the_tag_is_no_fault() -> None:
    """Only the name must be lower-case."""
    assert parse_normalized("web:V1").tag == "V1"


def test_canonical_means_canonical() -> None:
    """A text that normalising would change is refused."""
    with pytest.raises(ImageReferenceError, match="must be canonical"):
        parse_canonical("web")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HEX, DIGEST),
        (DIGEST, DIGEST),
        ("web", "docker.io/library/web"),
        (f"{HEX[:-1]}g", f"docker.io/library/{HEX[:-1]}g"),
        (f"sha256:{HEX[:40]}", f"docker.io/library/sha256:{HEX[:40]}"),
    ],
)
def test_anything_that_names_an_image_is_read(text: str, shown: str) -> None:
    """A bare digest or identifier is a digest; a digest cut short is a name."""
    assert str(parse_any(text)) == shown


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("docker.io/library/web:1", "web:1"),
        ("docker.io/shop/web", "shop/web"),
        ("docker.io/library/shop/web", "library/shop/web"),
        ("docker.io/librarian/web", "librarian/web"),
        ("host/library/web", "host/library/web"),
        ("host.io/library/web", "host.io/library/web"),
        (f"web@{DIGEST}", f"web@{DIGEST}"),
    ],
)
def test_people_leave_out_docker_hub(text: str, short: str) -> None:
    """Its host goes, and ``library`` if a single name follows."""
    assert familiar(parse_normalized(text)) == short


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("web", True),
        ("web:1", True),
        ("w*", True),
        ("we?:[0-9]", True),
        ("*", True),
        ("web:2", False),
        ("*/*", False),
        ("docker.io/library/web", False),
    ],
)
def test_patterns_fit_the_familiar_form(pattern: str, fits: bool) -> None:
    """With the tag or without; no star crosses a slash."""
    assert familiar_match(pattern, parse_normalized("web:1")) is fits


def test_no_question_mark_crosses_a_slash() -> None:
    """Each part of a path is matched on its own."""
    reference = parse_normalized("shop/web")

    assert familiar_match("s*/w*", reference)
    assert not familiar_match("shop?web", reference)
    assert not familiar_match("shop*", reference)
    assert not familiar_match("*/shop/web", reference)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("web:1", "reference_invalid_format"),
        ("Web", "reference_invalid_format"),
        ("", "reference_invalid_format"),
        (f"h/{LONG}a", "name_too_long"),
    ],
)
def test_a_bare_name_is_nothing_else(name: str, kind: str) -> None:
    """A tag, a capital or nothing is no name; the path has its limit."""
    with pytest.raises(ImageReferenceError) as caught:
        with_name(name)

    assert caught.value.kind == kind


def test_a_reference_is_put_together_from_sound_parts() -> None:
    """Whatever is empty is left out."""
    whole = compose("host:5000/shop/web", tag="1", digest=DIGEST)

    assert str(whole) == f"host:5000/shop/web:1@{DIGEST}"
    assert compose("web") == with_name("web") == Reference(domain="", path="web")
    assert with_name(f"h/{LONG}").path == LONG


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"tag": "-1"}, "invalid tag format"),
        ({"tag": "1 "}, "invalid tag format"),
        ({"digest": "sha256:abc"}, "invalid digest format"),
        ({"digest": HEX}, "invalid digest format"),
    ],
)
def test_bad_parts_are_refused(parts: dict[str, str], told: str) -> None:
    """Tag and digest must fit their patterns from end to end."""
    with pytest.raises(ImageReferenceError) as caught:
        compose("web", **parts)

    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("web", "docker.io/library/web:latest"),
        ("web:1", "docker.io/library/web:1"),
        (f"web@{DIGEST}", f"docker.io/library/web@{DIGEST}"),
        (f"web:1@{DIGEST}", f"docker.io/library/web@{DIGEST}"),
    ],
)
def test_the_runtime_resolves_a_tag_or_a_digest(text: str, resolved: str) -> None:
    """Latest stands in for both; beside a digest the tag is dropped."""
    assert str(docker_reference(text)) == resolved


def test_latest_is_added_only_where_nothing_stands() -> None:
    """What has a tag or a digest is handed back as it is."""
    tagged, pinned = parse("web:1"), parse(f"web@{DIGEST}")

    assert with_default_tag(tagged) is tagged
    assert with_default_tag(pinned) is pinned
    assert str(with_default_tag(parse("web"))) == "web:latest"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("web", ":latest"),
        ("web:1", ":1"),
        (f"web@{DIGEST}", ""),
        (f"web:1@{DIGEST}", ""),
    ],
)
def test_a_pull_records_the_tag_and_the_digest(text: str, tag: str) -> None:
    """A pull by digest leaves no tag, also where one was written."""
    name = "docker.io/library/web"
    names = recorded_names(text, DIGEST)

    assert names == ([f"{name}{tag}"] if tag else []) + [f"{name}@{DIGEST}"]
