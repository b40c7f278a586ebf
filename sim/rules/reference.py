"""Image references: the grammar, its normal form, and its errors.

A reference is a name, then optionally ``:tag``, then optionally ``@digest``. The raw
grammar (``parse``) knows no defaults; the normalising parser (``parse_normalized``)
adds Docker Hub's host and ``library/`` as docker, containerd and the kubelet do.

Source: github.com/distribution/reference v0.6.0 (reference.go, regexp.go,
normalize.go, helpers.go) and opencontainers/go-digest v1.0.0.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

NAME_TOTAL_LENGTH_MAX = 255
DEFAULT_TAG = "latest"
DEFAULT_DOMAIN = "docker.io"
LEGACY_DOMAIN = "index.docker.io"
OFFICIAL_PREFIX = "library/"
DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}

_COMPONENT = r"[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]"
_HOST = rf"(?:(?:{_COMPONENT})(?:\.(?:{_COMPONENT}))*|\[(?:[a-fA-F0-9:]+)\])"
DOMAIN = rf"{_HOST}(?::[0-9]+)?"
_PATH_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
DIGEST = (
    r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*"
    r"[:][0-9a-fA-F]{32,}"
)
IDENTIFIER = r"[a-f0-9]{64}"
NAME = rf"(?:{DOMAIN}/)?{_PATH}"

DOMAIN_PATTERN = re.compile(DOMAIN)
IDENTIFIER_PATTERN = re.compile(IDENTIFIER)
NAME_PATTERN = re.compile(rf"(?:({DOMAIN})/)?({_PATH})")
REFERENCE_PATTERN = re.compile(rf"({NAME})(?::({TAG}))?(?:@({DIGEST}))?")
TAG_PATTERN = re.compile(TAG)
DIGEST_PATTERN = re.compile(DIGEST)
_ANY_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")


class ReferenceErrorKind(StrEnum):
    """The ways in which a text is no reference."""

    NAME_EMPTY = "name_empty"
    INVALID_FORMAT = "reference_invalid_format"
    UPPERCASE = "name_contains_uppercase"
    TOO_LONG = "name_too_long"
    NOT_CANONICAL = "name_not_canonical"
    DIGEST_FORMAT = "digest_value_invalid_format"
    DIGEST_LENGTH = "digest_invalid_length"
    DIGEST_UNSUPPORTED = "digest_unsupported"
    TAG_FORMAT = "tag_invalid_format"
    DIGEST_INVALID = "digest_invalid_format"
    OTHER = "other"


_TEXTS = {
    ReferenceErrorKind.NAME_EMPTY: "repository name must have at least one component",
    ReferenceErrorKind.INVALID_FORMAT: "invalid reference format",
    ReferenceErrorKind.UPPERCASE: "repository name must be lowercase",
    ReferenceErrorKind.TOO_LONG: (
        f"repository name must not be more than {NAME_TOTAL_LENGTH_MAX} characters"
    ),
    ReferenceErrorKind.NOT_CANONICAL: "repository name must be canonical",
    ReferenceErrorKind.DIGEST_FORMAT: "invalid checksum digest format",
    ReferenceErrorKind.DIGEST_LENGTH: "invalid checksum digest length",
    ReferenceErrorKind.DIGEST_UNSUPPORTED: "unsupported digest algorithm",
    ReferenceErrorKind.TAG_FORMAT: "invalid tag format",
    ReferenceErrorKind.DIGEST_INVALID: "invalid digest format",
}


class ImageReferenceError(ValueError):
    """A text is no image reference; ``kind`` says how, the text is the library's."""

    def __init__(self, kind: ReferenceErrorKind, text: str | None = None) -> None:
        self.kind = kind
        super().__init__(_TEXTS[kind] if text is None else text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A parsed reference; ``domain`` is empty where the raw grammar found none."""

    domain: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Host and path, without tag and digest."""
        return f"{self.domain}/{self.path}" if self.domain else self.path

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


@lru_cache(maxsize=4096)
def parse(text: str) -> Reference:
    """Parse by the raw grammar; raises ``ImageReferenceError``."""
    match = REFERENCE_PATTERN.fullmatch(text)
    if match is None:
        if not text:
            raise ImageReferenceError(ReferenceErrorKind.NAME_EMPTY)
        if REFERENCE_PATTERN.fullmatch(text.lower()):
            raise ImageReferenceError(ReferenceErrorKind.UPPERCASE)
        raise ImageReferenceError(ReferenceErrorKind.INVALID_FORMAT)
    domain, path = split_name(match[1])
    if len(path) > NAME_TOTAL_LENGTH_MAX:
        raise ImageReferenceError(ReferenceErrorKind.TOO_LONG)
    if match[3]:
        check_digest(match[3])
    return Reference(domain=domain, path=path, tag=match[2], digest=match[3])


def split_name(name: str) -> tuple[str, str]:
    """Split a name that the grammar matched into host (may be empty) and path."""
    match = NAME_PATTERN.fullmatch(name)
    if match is None or match[1] is None:
        return "", name
    return match[1], match[2]


def check_digest(digest: str) -> None:
    """Check algorithm, length and case of a digest that fits the grammar.

    Source: opencontainers/go-digest, Digest.Validate and Algorithm.Validate.
    """
    if not _ANY_DIGEST.fullmatch(digest):
        raise ImageReferenceError(ReferenceErrorKind.DIGEST_FORMAT)
    algorithm, _, encoded = digest.partition(":")
    if algorithm not in DIGEST_LENGTHS:
        raise ImageReferenceError(ReferenceErrorKind.DIGEST_UNSUPPORTED)
    if len(encoded) != DIGEST_LENGTHS[algorithm]:
        raise ImageReferenceError(ReferenceErrorKind.DIGEST_LENGTH)
    if not re.fullmatch(r"[a-f0-9]+", encoded):
        raise ImageReferenceError(ReferenceErrorKind.DIGEST_FORMAT)


def with_name(name: str) -> Reference:
    """Parse a bare name; a tag or digest in it is an error."""
    match = NAME_PATTERN.fullmatch(name)
    if match is None:
        raise ImageReferenceError(ReferenceErrorKind.INVALID_FORMAT)
    if len(match[2]) > NAME_TOTAL_LENGTH_MAX:
        raise ImageReferenceError(ReferenceErrorKind.TOO_LONG)
    return Reference(domain=match[1] or "", path=match[2])


def compose(name: str, *, tag: str = "", digest: str = "") -> Reference:
    """Put a name, a tag and a digest together; each must fit its pattern."""
    reference = with_name(name)
    if tag and not TAG_PATTERN.fullmatch(tag):
        raise ImageReferenceError(ReferenceErrorKind.TAG_FORMAT)
    if digest and not DIGEST_PATTERN.fullmatch(digest):
        raise ImageReferenceError(ReferenceErrorKind.DIGEST_INVALID)
    return Reference(
        domain=reference.domain,
        path=reference.path,
        tag=tag or None,
        digest=digest or None,
    )


def split_docker_domain(text: str) -> tuple[str, str]:
    """Split as docker does: what counts as a host, and the rest with its prefix."""
    first, slash, rest = text.partition("/")
    if not slash:
        domain, remainder = DEFAULT_DOMAIN, text
    elif first == "localhost":
        domain, remainder = first, rest
    elif first == LEGACY_DOMAIN:
        domain, remainder = DEFAULT_DOMAIN, rest
    elif any(mark in first for mark in ".:") or first.lower() != first:
        domain, remainder = first, rest
    else:
        domain, remainder = DEFAULT_DOMAIN, text
    if domain == DEFAULT_DOMAIN and "/" not in remainder:
        remainder = OFFICIAL_PREFIX + remainder
    return domain, remainder


@lru_cache(maxsize=4096)
def parse_normalized(text: str) -> Reference:
    """Parse a familiar name (``nginx``) into its canonical form; no tag is added."""
    if IDENTIFIER_PATTERN.fullmatch(text):
        raise ImageReferenceError(
            ReferenceErrorKind.OTHER,
            f"invalid repository name ({text}), "
            "cannot specify 64-byte hexadecimal strings",
        )
    domain, remainder = split_docker_domain(text)
    path = remainder.partition(":")[0]
    if path.lower() != path:
        raise ImageReferenceError(
            ReferenceErrorKind.UPPERCASE,
            f"invalid reference format: repository name ({path}) must be lowercase",
        )
    return parse(f"{domain}/{remainder}")


def parse_canonical(text: str) -> Reference:
    """Parse a text that must already be in canonical form."""
    reference = parse_normalized(text)
    if str(reference) != text:
        raise ImageReferenceError(ReferenceErrorKind.NOT_CANONICAL)
    return reference


def parse_any(text: str) -> Reference | str:
    """Parse a reference, or return a bare digest or identifier as a digest."""
    if IDENTIFIER_PATTERN.fullmatch(text):
        return f"sha256:{text}"
    try:
        if DIGEST_PATTERN.fullmatch(text):
            check_digest(text)
            return text
    except ImageReferenceError:
        pass
    return parse_normalized(text)


def familiar_name(reference: Reference) -> str:
    """The name without what everybody leaves out: docker.io and library."""
    if reference.domain != DEFAULT_DOMAIN:
        return reference.name
    head, _, rest = reference.path.partition("/")
    official = head + "/" == OFFICIAL_PREFIX and rest and "/" not in rest
    return rest if official else reference.path


def familiar(reference: Reference) -> str:
    """The familiar name with tag and digest."""
    tag = f":{reference.tag}" if reference.tag else ""
    digest = f"@{reference.digest}" if reference.digest else ""
    return f"{familiar_name(reference)}{tag}{digest}"


def familiar_match(pattern: str, reference: Reference) -> bool:
    """Whether a shell pattern fits the familiar form, with tag or without.

    Neither ``*`` nor ``?`` crosses a ``/``. Source: helpers.go, FamiliarMatch.
    """
    parts = pattern.split("/")
    return any(
        len(parts) == form.count("/") + 1
        and all(
            fnmatchcase(piece, part)
            for piece, part in zip(form.split("/"), parts, strict=True)
        )
        for form in (familiar(reference), familiar_name(reference))
    )


def with_default_tag(reference: Reference) -> Reference:
    """Add ``latest`` if there is neither tag nor digest."""
    if reference.tag or reference.digest:
        return reference
    return compose(reference.name, tag=DEFAULT_TAG)


@lru_cache(maxsize=4096)
def docker_reference(text: str) -> Reference:
    """What containerd resolves: canonical, default tag, no tag beside a digest.

    Source: distribution/reference, ParseDockerRef.
    """
    reference = parse_normalized(text)
    if reference.tag and reference.digest:
        return compose(reference.name, digest=reference.digest)
    return with_default_tag(reference)


@lru_cache(maxsize=4096)
def pull_form(text: str) -> str:
    """``docker_reference`` as text."""
    return str(docker_reference(text))


def recorded_names(text: str, digest: str) -> list[str]:
    """The names that containerd's CRI records after pulling ``text`` as ``digest``.

    Source: containerd internal/cri/server/images/image_pull.go.
    """
    reference = docker_reference(text)
    by_digest = f"{reference.name}@{digest}"
    return [str(reference), by_digest] if reference.tag else [by_digest]
