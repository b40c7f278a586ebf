"""Credential provider plug-ins: when they are asked, what they are told and answer.

The cache on the clock and the plug-ins themselves live in ``sim/cluster``.

Source: pkg/credentialprovider/plugin/plugin.go; the types in
staging/src/k8s.io/kubelet/pkg/apis/credentialprovider.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sim.rules.credential_provider_config import (
    PLUGIN_VERSIONS,
    CacheType,
    ConfigError,
    TokenAttributes,
    parse_signed_duration,
)
from sim.rules.docker_config import Config, Entry
from sim.rules.go_text import compact_json, quote
from sim.rules.registry_url import fits
from sim.units import MINUTE

GLOBAL_KEY = "global"
SWEEP_US = 15 * MINUTE


class CacheKeyType(StrEnum):
    """For which images an answer holds."""

    IMAGE = "Image"
    REGISTRY = "Registry"
    GLOBAL = "Global"


class ProviderError(ValueError):
    """No credentials come of a call; the pull goes on without them."""


class NotCalledError(ValueError):
    """The plug-in is not called for this pod; the text says what the pod lacks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderResponse:
    """An answer; ``cache_us`` None = the configuration's default holds."""

    cache_key_type: str
    cache_us: int | None = None
    auth: Config = field(default_factory=list)


# --- whether and with what ---


def is_asked(match_images: Sequence[str], repository: str) -> bool:
    """Whether a plug-in is for a repository; its keys are used as written."""
    return any(fits(pattern, repository) for pattern in match_images)


def sent_annotations(
    attributes: TokenAttributes, annotations: Mapping[str, str]
) -> dict[str, str]:
    """Return the account's annotations for the request.

    Raises ``NotCalledError`` if a required one is missing. Source:
    getServiceAccountData.
    """
    for key in attributes.required_keys:
        if key not in annotations:
            raise NotCalledError(f"required annotation {key} not found")
    keys = (*attributes.required_keys, *attributes.optional_keys)
    return {key: annotations[key] for key in keys if key in annotations}


def request_text(
    api_version: str,
    repository: str,
    token: str = "",
    annotations: Mapping[str, str] | None = None,
) -> str:
    """Return what a plug-in reads on stdin; empty members are left out."""
    request: dict[str, Any] = {
        "kind": "CredentialProviderRequest",
        "apiVersion": api_version,
        "image": repository,
    }
    if token:
        request["serviceAccountToken"] = token
    if annotations:
        request["serviceAccountAnnotations"] = dict(sorted(annotations.items()))
    return compact_json(request) + "\n"


def merged_environment(system: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return a plug-in's environment: its own comes last, so that it wins."""
    return [*system, *own]


# --- what it answers ---

_RESPONSE = ("kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth")
_DECODING = "error decoding credential provider plugin response from stdout"


def parse_response(stdout: str, api_version: str | None) -> ProviderResponse:
    """Return an answer; raises ``ProviderError``.

    ``api_version`` is the configured one, which the answer must carry; None accepts
    all that the kubelet knows.
    """
    raw = _object(stdout)
    version = raw.get("apiVersion", "")
    if api_version is not None and version != api_version:
        raise ProviderError(
            "apiVersion from credential plugin response did not match expected "
            f"apiVersion:{api_version}, actual apiVersion:{version}"
        )
    known = version in PLUGIN_VERSIONS and all(key in _RESPONSE for key in raw)
    if not known or raw.get("kind") != "CredentialProviderResponse":
        raise ProviderError(_DECODING)
    duration = _member(raw, "cacheDuration", str)
    try:
        cache_us = None if duration is None else parse_signed_duration(duration)
    except ConfigError as error:
        raise ProviderError(_DECODING) from error
    return ProviderResponse(
        cache_key_type=_member(raw, "cacheKeyType", str) or "",
        cache_us=cache_us,
        auth=_auth(_member(raw, "auth", dict) or {}),
    )


def _object(text: str) -> dict[str, Any]:
    try:
        raw = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ProviderError(f"error reading GVK from response: {error.msg}") from error
    if not isinstance(raw, dict):
        raise ProviderError("error reading GVK from response: not an object")
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Strict decoding refuses a key that is there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ProviderError(_DECODING)
    return found


def _member(raw: Mapping[str, Any], key: str, kind: type) -> Any:
    value = raw.get(key)
    if value is not None and not isinstance(value, kind):
        raise ProviderError(_DECODING)
    return value


def _auth(raw: Mapping[str, Any]) -> Config:
    entries = []
    for key in raw:
        login = _member(raw, key, dict) or {}
        if any(name not in ("username", "password") for name in login):
            raise ProviderError(_DECODING)
        username = _member(login, "username", str) or ""
        password = _member(login, "password", str) or ""
        entries.append((key, Entry(username=username, password=password)))
    return entries


def response_text(api_version: str, response: ProviderResponse) -> str:
    """Return an answer as a plug-in prints it, its duration in whole seconds."""
    raw: dict[str, Any] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": api_version,
        "cacheKeyType": response.cache_key_type,
    }
    if response.cache_us is not None:
        raw["cacheDuration"] = f"{response.cache_us}us"
    raw["auth"] = {
        key: {"username": entry.username, "password": entry.password}
        for key, entry in response.auth
    }
    return compact_json(raw)


def check_passwords(
    response: ProviderResponse, token: str, cache_type: str
) -> ProviderResponse:
    """Return the answer; raises ``ProviderError`` if it hands a token back.

    A token is its pod's alone, so it may be kept for no other: only cacheType Token
    allows it as password.
    """
    handed_back = token and any(e.password == token for _, e in response.auth)
    if handed_back and cache_type != CacheType.TOKEN:
        raise ProviderError(
            "credential provider plugin returned the service account token as the "
            "password, which is not allowed when service account cache type is not "
            "set to 'Token'"
        )
    return response


# --- how long it is kept, and for whom ---


def cache_key(response: ProviderResponse, repository: str) -> str:
    """Return the key of an answer; raises ``ProviderError`` for an unknown type."""
    match response.cache_key_type:
        case CacheKeyType.IMAGE:
            return repository
        case CacheKeyType.REGISTRY:
            return registry_of(repository)
        case CacheKeyType.GLOBAL:
            return GLOBAL_KEY
    raise ProviderError(
        "credential provider plugin did not return a valid cacheKeyType: "
        f"{quote(response.cache_key_type)}"
    )


def lookup_keys(repository: str) -> tuple[str, str, str]:
    """Return the keys under which an answer may be kept, in order of looking."""
    return repository, registry_of(repository), GLOBAL_KEY


def registry_of(repository: str) -> str:
    """Return host and port of a repository: what stands before the first slash."""
    return repository.partition("/")[0]


def cached_for_us(response: ProviderResponse, default_us: int) -> int:
    """Return how long an answer is kept, 0 = not at all."""
    return max(0, default_us if response.cache_us is None else response.cache_us)
