"""One credential provider plug-in of one kubelet: asked, answering, remembered.

Source: pkg/credentialprovider/plugin/plugin.go (pluginProvider).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sim.cluster.clock import Clock
from sim.record.rows import NONE
from sim.rules.credential_provider import (
    SWEEP_US,
    NotCalledError,
    ProviderError,
    ProviderResponse,
    cache_key,
    cached_for_us,
    check_passwords,
    is_asked,
    lookup_keys,
    parse_response,
    request_text,
    sent_annotations,
)
from sim.rules.credential_provider_config import CredentialProvider
from sim.rules.docker_config import Config
from sim.rules.pull_records import ServiceAccountCoordinates

# A plug-in run: what it reads on stdin to what it writes on stdout.
Execute = Callable[[str], str]


class CacheKey(NamedTuple):
    """A key of an answer, and for which account (and token) it holds."""

    key: str
    account: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Requester:
    """Whose pull it is: a service account, with a token bound to the pod."""

    coordinates: ServiceAccountCoordinates
    annotations: Mapping[str, str]
    token: str
    row: int = NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Provided:
    """What a plug-in gave: entries, for which account, told by which row."""

    entries: Config = field(default_factory=list)
    account: ServiceAccountCoordinates | None = None
    row: int = NONE


class Witness(Protocol):
    """Who writes down what a plug-in did, and returns the row."""

    def answered(self, provider: str) -> int:
        """It was run and answered."""

    def failed(self, provider: str, error: str) -> int:
        """It was run, and nothing came of it."""

    def not_called(self, provider: str, reason: str, source: int) -> int:
        """The pod lacks what it needs; ``source`` is the row at fault, or -1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    """With what a plug-in would be called."""

    token: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    account: ServiceAccountCoordinates | None = None
    kept_for: tuple[str, ...] = ()


class ProviderCache:
    """Answers of one plug-in until they expire."""

    __slots__ = ("_env", "_swept_us", "entries")

    def __init__(self, env: Clock) -> None:
        self._env = env
        self._swept_us = env.now
        self.entries: dict[CacheKey, tuple[Provided, int]] = {}

    def add(self, key: CacheKey, provided: Provided, lasts_us: int) -> None:
        """Keep an answer for so long."""
        self.entries[key] = (provided, self._env.now + lasts_us)

    def find(self, keys: Sequence[CacheKey]) -> Provided | None:
        """Return the first answer that is kept under one of these keys.

        An expired one goes when it is read; all go at the first look more than 15
        minutes after the last sweep.
        """
        if self._env.now > self._swept_us + SWEEP_US:
            for key in list(self.entries):
                self._drop_expired(key)
            self._swept_us = self._env.now
        for key in keys:
            self._drop_expired(key)
            if key in self.entries:
                return self.entries[key][0]
        return None

    def _drop_expired(self, key: CacheKey) -> None:
        if key in self.entries and self._env.now > self.entries[key][1]:
            del self.entries[key]


class CredentialPlugin:
    """A plug-in with its cache; ``provider`` is its valid configuration.

    A run takes no time. Whatever goes wrong gives no credentials and no error.
    """

    __slots__ = ("_execute", "_provider", "cache")

    def __init__(
        self, env: Clock, provider: CredentialProvider, execute: Execute
    ) -> None:
        self._provider = provider
        self._execute = execute
        self.cache = ProviderCache(env)

    @property
    def name(self) -> str:
        """The name of its file."""
        return self._provider.name

    def provide(
        self, repository: str, requester: Requester | None, witness: Witness
    ) -> Provided:
        """Return credentials for a repository, from the cache or by a run.

        ``requester`` None = the pod has no service account.
        """
        if not is_asked(self._provider.match_images, repository):
            return Provided()
        try:
            call = self._call(requester)
        except NotCalledError as error:
            at_fault = NONE if requester is None else requester.row
            return Provided(row=witness.not_called(self.name, str(error), at_fault))
        kept = self.cache.find(
            [CacheKey(key, call.kept_for) for key in lookup_keys(repository)]
        )
        return self._run(repository, call, witness) if kept is None else kept

    def _call(self, requester: Requester | None) -> _Call:
        attributes = self._provider.token_attributes
        if attributes is None:
            return _Call()
        if requester is None:
            if attributes.require_service_account:
                raise NotCalledError("the pod has no service account")
            return _Call()
        annotations = sent_annotations(attributes, requester.annotations)
        account = requester.coordinates
        whose = (account.namespace, account.name, account.uid)
        sent = tuple(part for pair in sorted(annotations.items()) for part in pair)
        per_token = (requester.token,) if attributes.cache_type == "Token" else ()
        return _Call(
            token=requester.token,
            annotations=annotations,
            account=account,
            kept_for=(*whose, *sent, *per_token),
        )

    def _run(self, repository: str, call: _Call, witness: Witness) -> Provided:
        try:
            response = self._response(repository, call)
            key = CacheKey(cache_key(response, repository), call.kept_for)
        except ProviderError as error:
            return Provided(row=witness.failed(self.name, str(error)))
        provided = Provided(
            entries=response.auth,
            account=call.account,
            row=witness.answered(self.name),
        )
        lasts_us = cached_for_us(response, self._provider.default_cache_us or 0)
        if lasts_us:
            self.cache.add(key, provided, lasts_us)
        return provided

    def _response(self, repository: str, call: _Call) -> ProviderResponse:
        provider = self._provider
        request = request_text(
            provider.api_version, repository, call.token, call.annotations
        )
        response = parse_response(self._execute(request), provider.api_version)
        attributes = provider.token_attributes
        if attributes is None:
            return response
        return check_passwords(response, call.token, attributes.cache_type)
