"""Which credentials fit which image, and in which order they are tried.

Source: pkg/credentialprovider/keyring.go (Add, Lookup, URLsMatch) and
pkg/credentialprovider/secrets/secrets.go.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate

from sim.rules.docker_config import Config, Entry

DEFAULT_REGISTRY_KEY = "index.docker.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretSource:
    """Where a credential came from: a pull secret of the pod's namespace."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """User name and password to try; ``source`` None = the node's own."""

    username: str
    password: str
    email: str = ""
    source: SecretSource | None = None

    @property
    def hash(self) -> str:
        """The hash that pull records keep."""
        return Entry(
            username=self.username, password=self.password, email=self.email
        ).hash


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryURL:
    """A key or image as the matcher sees it: host without port, port, path."""

    host: str
    port: str
    path: str


class RegistryURLError(ValueError):
    """A text is no URL once ``https://`` stands in front; the text is Go's."""


def parse_url(text: str) -> RegistryURL:
    """Parse what stands after ``https://``; raises ``RegistryURLError``."""
    url = f"https://{text}"
    authority, slash, path = text.partition("/")
    for mark in "?#":
        authority, _, _ = authority.partition(mark)
    host = authority.rpartition("@")[2]
    name, port = _split_port(host, url)
    bad = re.search(r"[\s\"<>\\^`{|}]", name)
    if bad:
        raise RegistryURLError(
            f'parse "{url}": invalid character "{bad[0]}" in host name'
        )
    path = re.split(r"[?#]", path)[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", path):
        escape = re.search(r"%.{0,2}", path)
        found = escape[0] if escape else "%"
        raise RegistryURLError(f'parse "{url}": invalid URL escape "{found}"')
    return RegistryURL(host=name, port=port, path=slash + path)


def _split_port(host: str, url: str) -> tuple[str, str]:
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise RegistryURLError(f"parse \"{url}\": missing ']' in host")
        name, rest = host[: end + 1], host[end + 1 :]
    else:
        colon = host.rfind(":")
        name, rest = (host, "") if colon < 0 else (host[:colon], host[colon:])
    if rest and not re.fullmatch(r":[0-9]*", rest):
        raise RegistryURLError(f'parse "{url}": invalid port "{rest}" after host')
    return name, rest.removeprefix(":")


def prepare_key(key: str) -> str | None:
    """Bring a docker config key to the form that is matched; None = left out."""
    text = re.sub(r"^https?://", "", key)
    try:
        url = parse_url(text)
    except RegistryURLError:
        return None
    path = url.path
    if path.startswith(("/v1/", "/v2/")):
        path = path[3:]
    host = f"{url.host}:{url.port}" if url.port else url.host
    return host if path in ("", "/") else host + path


def url_match(glob: str, target: str) -> bool:
    """Whether a key fits an image: ports equal, host parts by pattern, path prefix.

    Raises ``RegistryURLError``. Source: keyring.go, URLsMatch.
    """
    pattern, image = parse_url(glob), parse_url(target)
    parts, image_parts = pattern.host.split("."), image.host.split(".")
    if pattern.port != image.port or len(parts) != len(image_parts):
        return False
    if not image.path.startswith(pattern.path):
        return False
    return all(
        re.fullmatch(translate(part), image_part) is not None
        for part, image_part in zip(parts, image_parts, strict=True)
    )


class Keyring:
    """Credentials by prepared key, tried in descending order of the keys' bytes."""

    __slots__ = ("_by_key", "_keys")

    def __init__(
        self, configs: Iterable[tuple[Config, SecretSource | None]] = ()
    ) -> None:
        self._by_key: dict[str, list[Credential]] = {}
        for config, source in configs:
            for key, entry in config:
                self._add(key, entry, source)
        self._keys = sorted(self._by_key, key=str.encode, reverse=True)

    def _add(self, key: str, entry: Entry, source: SecretSource | None) -> None:
        prepared = prepare_key(key)
        if prepared is None:
            return
        credential = Credential(
            username=entry.username,
            password=entry.password,
            email=entry.email,
            source=source,
        )
        # Equal credentials are all kept, and all tried.
        self._by_key.setdefault(prepared, []).append(credential)

    def lookup(self, repository: str) -> list[Credential]:
        """Return what fits a repository (no tag, no digest), in order of trying."""
        found: list[Credential] = []
        for key in self._keys:
            if _fits(key, repository):
                found += self._by_key[key]
        if not found and is_default_registry(repository):
            found = self._by_key.get(DEFAULT_REGISTRY_KEY, [])
        return list(found)


def _fits(key: str, repository: str) -> bool:
    try:
        return url_match(key, repository)
    except RegistryURLError:
        return False


def is_default_registry(image: str) -> bool:
    """Whether an image is Docker Hub's, for the key ``index.docker.io``.

    Source: keyring.go, isDefaultRegistryMatch.
    """
    first, slash, _ = image.partition("/")
    if not slash:
        return True
    if first in ("docker.io", "index.docker.io"):
        return True
    return not any(mark in first for mark in ".:")


def aggregate_errors(texts: Sequence[str]) -> str:
    """One distinct text as it is; several in brackets, repeated ones dropped.

    Source: k8s.io/apimachinery pkg/util/errors, Aggregate.Error.
    """
    distinct = list(dict.fromkeys(texts))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"
