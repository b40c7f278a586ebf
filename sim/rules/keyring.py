"""Which credentials fit which image, and in which order they are tried.

Source: pkg/credentialprovider/keyring.go (Add, Lookup) and
pkg/credentialprovider/secrets/secrets.go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.rules.docker_config import Config, Entry
from sim.rules.pull_records import ServiceAccountCoordinates
from sim.rules.registry_url import fits, prepare_key

DEFAULT_REGISTRY_KEY = "index.docker.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretSource:
    """Where a credential came from: a pull secret of the pod's namespace."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderSource:
    """Where a credential came from: a credential provider plug-in.

    ``account`` is the service account whose token it was given for, None = none.
    """

    name: str
    account: ServiceAccountCoordinates | None = None


Source = SecretSource | ProviderSource


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """User name and password to try; ``source`` None = the node's docker config."""

    username: str
    password: str
    email: str = ""
    source: Source | None = None

    @property
    def hash(self) -> str:
        """The hash that pull records keep."""
        return Entry(
            username=self.username, password=self.password, email=self.email
        ).hash


class Keyring:
    """Credentials by prepared key, tried in descending order of the keys' bytes."""

    __slots__ = ("_by_key", "_keys")

    def __init__(self, configs: Iterable[tuple[Config, Source | None]] = ()) -> None:
        self._by_key: dict[str, list[Credential]] = {}
        for config, source in configs:
            for key, entry in config:
                self._add(key, entry, source)
        self._keys = sorted(self._by_key, key=str.encode, reverse=True)

    def _add(self, key: str, entry: Entry, source: Source | None) -> None:
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
            if fits(key, repository):
                found += self._by_key[key]
        if not found and is_default_registry(repository):
            found = self._by_key.get(DEFAULT_REGISTRY_KEY, [])
        return list(found)


def is_default_registry(image: str) -> bool:
    """Whether an image is Docker Hub's, for the key ``index.docker.io``.

    Source: keyring.go, isDefaultRegistryMatch.
    """
    first, slash, _ = image.partition("/")
    if not first:
        return False
    if not slash or first in ("docker.io", "index.docker.io"):
        return True
    return not any(mark in first for mark in ".:")


def aggregate_errors(texts: Sequence[str]) -> str:
    """One distinct text as it is; several in brackets, repeated ones dropped.

    Source: k8s.io/apimachinery pkg/util/errors, Aggregate.Error.
    """
    distinct = list(dict.fromkeys(texts))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"
